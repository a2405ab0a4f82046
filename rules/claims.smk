# What the papers state, measured from the tables: verdicts, and a figure of all of them.
from fisher_spectra.claims.ledger import files_of_ledger
from fisher_spectra.workflow.judged_tables import judged_tables

try:
    JUDGED = judged_tables(ROOT / "claims", config["scale"])
except UserError as error:
    sys.exit(f"error: {error}")

CLAIMS = f"{RESULTS}/claims"


rule claims_table:
    input:
        code=code("claims/evaluate_claims.py"),
        ledger=[
            local(os.path.relpath(file)) for file in files_of_ledger(ROOT / "claims")
        ],
        parts=[table(name) for name in JUDGED],
        predictions=[],
    output:
        table=f"{CLAIMS}.csv",
        provenance=f"{CLAIMS}.json",
    log:
        logs("claims/table"),
    benchmark:
        costs("claims/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(FIGURE_MB),
        runtime=10,
    params:
        script="scripts/claims/evaluate_claims.py",
        settings=settings(
            "claims/evaluate_claims.py", ledger=os.path.relpath(ROOT / "claims")
        ),
    message:
        "Claims: verdicts"
    shell:
        TABULATE


rule claims_figure:
    input:
        code=code("figures/draw_figure.py", "fisher_spectra.plotting.claims.claims"),
        table=f"{CLAIMS}.csv",
    output:
        png=report(
            drawn("claims", "png"),
            caption=caption("claims"),
            category="Claims",
            labels={
                "figure": "Claims",
                "panels": "every claim",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("claims", "pdf"),
        provenance=drawn("claims", "json"),
    log:
        logs("claims/figure"),
    benchmark:
        costs("claims/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(FIGURE_MB),
        runtime=10,
    params:
        script="scripts/figures/draw_figure.py",
        plot="claims.claims",
    message:
        "Claims: figure"
    shell:
        DRAW


rule claims:
    input:
        rules.claims_table.output,
        rules.claims_figure.output,
    message:
        "The verdicts of all claims are there"
