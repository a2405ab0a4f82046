# Formulas that the papers misprint: printed, corrected and sampled value of each. Errata that show in a figure's table
# are measured there. The table of Karakida et al. also has theorems of networks that no figure has.
E = config["karakida"]["errata"]


rule karakida_errata_table:
    input:
        code=code("scripts/karakida/measure_errata.py"),
    output:
        table=table("karakida_errata"),
        provenance=sidecar("karakida_errata"),
    log:
        logs("karakida_errata/table"),
    benchmark:
        costs("karakida_errata/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(E),
        errata=E,
        root_seed=config["root_seed"],
    message:
        "Karakida, misprinted formulas: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --experiment karakida_errata --root-seed {params.root_seed}"
        " --activation smooth --function {params.errata[smooth][function]:q}"
        " --sigma-w2 {params.errata[smooth][sigma_w2]} --sigma-b2 {params.errata[smooth][sigma_b2]}"
        " --relu-sigma-w2 {params.errata[relu][sigma_w2]} --relu-sigma-b2 {params.errata[relu][sigma_b2]}"
        " --depth {params.errata[depth]} --width {params.errata[width]}"
        " --samples {params.errata[samples]} --outputs {params.errata[outputs]}"
        " --networks {params.errata[networks]} --draws {params.errata[draws]}"


rule karakida_errata_figure:
    input:
        code=code("scripts/claims/plot_errata.py"),
        table=table("karakida_errata"),
    output:
        png=report(
            drawn("karakida_errata", "png"),
            caption=caption("karakida_errata"),
            category=K_CATEGORY,
            labels={
                "figure": "Errata",
                "panels": "misprinted formulas, sampled",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_errata", "pdf"),
    log:
        logs("karakida_errata/figure"),
    benchmark:
        costs("karakida_errata/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida, misprinted formulas: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_errata:
    input:
        rules.karakida_errata_table.output,
        rules.karakida_errata_figure.output,
    message:
        "Karakida, misprinted formulas are there"
