# Pages of the report besides the figures: all figures at a glance, the claims, and what each table cost. `make report`
# asks for them.
from fisher_spectra.checks.captions import texts_of_figures

PAGES = f"{RESULTS}/pages"
# What every figure is called, and under which heading it stands.
HEADINGS = {
    name: (figure.title, CATEGORIES[name]) for name, figure in FIGURES.items()
} | {"claims": ("Claims", "Claims")}


rule figures_page:
    input:
        code=code("report/figures_page.py"),
        parts=[drawn(name, "png") for name in HEADINGS],
        sidecars=[drawn(name, "json") for name in HEADINGS],
        predictions=[*map(table, FIGURES), f"{CLAIMS}.csv"],
    output:
        page=report(
            f"{PAGES}/figures.html",
            caption=caption("figures_page"),
            category="All figures",
            labels={
                "figure": "All figures",
                "panels": "what each shows",
                "scale": config["scale"],
            },
        ),
        provenance=f"{PAGES}/figures.json",
    log:
        logs("pages/figures"),
    benchmark:
        costs("pages/figures")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(FIGURE_MB),
        runtime=10,
    params:
        script="scripts/report/figures_page.py",
        settings=settings(
            "report/figures_page.py",
            figures=lambda wildcards: texts_of_figures(
                HEADINGS, ROOT / "report", config
            ),
        ),
    message:
        "Report: all figures"
    shell:
        f"{PAGE} --predictions {{input.predictions}}"


rule claims_page:
    input:
        code=code("report/claims_page.py"),
        parts=f"{CLAIMS}.csv",
    output:
        page=report(
            f"{PAGES}/claims.html",
            caption=caption("claims_page"),
            category="Claims",
            labels={
                "figure": "Table of claims",
                "panels": "every claim",
                "scale": config["scale"],
            },
        ),
        provenance=f"{PAGES}/claims.json",
    log:
        logs("pages/claims"),
    benchmark:
        costs("pages/claims")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(TABLE_MB),
        runtime=10,
    params:
        script="scripts/report/claims_page.py",
        settings=settings("report/claims_page.py"),
    message:
        "Report: table of claims"
    shell:
        PAGE


rule run_times_page:
    input:
        code=code("report/run_times_page.py"),
        parts=[sidecar(name) for name in sorted(FIGURES)],
    output:
        page=report(
            f"{PAGES}/run_times.html",
            caption=caption("run_times_page"),
            category="Run times",
            labels={
                "figure": "Run times",
                "panels": "time and memory of each table",
                "scale": config["scale"],
            },
        ),
        table=f"{PAGES}/run_times.csv",
        provenance=f"{PAGES}/run_times.json",
    log:
        logs("pages/run_times"),
    benchmark:
        costs("pages/run_times")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(TABLE_MB),
        runtime=10,
    params:
        script="scripts/report/run_times_page.py",
        settings=settings("report/run_times_page.py"),
    message:
        "Report: run times"
    shell:
        PAGE


rule pages:
    input:
        rules.figures_page.output,
        rules.claims_page.output,
        rules.run_times_page.output,
    message:
        "The pages of the report are there"
