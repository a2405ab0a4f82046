# What the papers state, measured from the tables: verdicts, and a figure of all of them.
from fisher_spectra.claims.ledger import decided_at, read_ledger, tables_of

try:
    LEDGER = read_ledger(ROOT / "claims")
except UserError as error:
    sys.exit(f"error: {error}")

CLAIMS = f"{RESULTS}/claims"


rule claims_table:
    input:
        code=code("scripts/claims/evaluate_claims.py"),
        ledger=[
            os.path.relpath(file) for file in sorted((ROOT / "claims").glob("*.yaml"))
        ],
        tables=[table(name) for name in tables_of(decided_at(LEDGER, config["scale"]))],
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
        mem_mb=FIGURE_MB,
        runtime=10,
    params:
        ledger=lambda wildcards, input: os.path.dirname(input.ledger[0]),
        settings=settings("claims"),
        scale=config["scale"],
    message:
        "Claims: verdicts"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --ledger {params.ledger:q} --scale {params.scale} --tables {input.tables}"


rule claims_figure:
    input:
        code=code("scripts/claims/plot_claims.py"),
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
    log:
        logs("claims/figure"),
    benchmark:
        costs("claims/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Claims: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule claims:
    input:
        rules.claims_table.output,
        rules.claims_figure.output,
    message:
        "The verdicts of all claims are there"
