# Pages of the report besides the figures: the claims, and what each table cost. `make report` asks for them.
PAGES = f"{RESULTS}/pages"
TABLES = sorted(
    file
    for file in map(str, rules.all.input)
    if file.startswith(f"{RESULTS}/tables/") and file.endswith(".csv")
)


rule claims_page:
    input:
        code=code("scripts/report/claims_page.py"),
        table=f"{RESULTS}/claims.csv",
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
    log:
        logs("pages/claims"),
    benchmark:
        costs("pages/claims")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        scale=config["scale"],
    message:
        "Report: table of claims"
    shell:
        "python {input.code[0]} --output {output.page} --table {input.table} --scale {params.scale} --log {log}"


rule run_times_page:
    input:
        code=code("scripts/report/run_times_page.py"),
        sidecars=sidecars_of(TABLES),
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
    log:
        logs("pages/run_times"),
    benchmark:
        costs("pages/run_times")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        scale=config["scale"],
    message:
        "Report: run times"
    shell:
        "python {input.code[0]} --output {output.page} --table {output.table} --scale {params.scale} --log {log}"
        " --sidecars {input.sidecars}"


rule pages:
    input:
        rules.claims_page.output,
        rules.run_times_page.output,
    message:
        "The pages of the report are there"
