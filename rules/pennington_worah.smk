# Pennington, Worah 2018: the Fisher information of one hidden layer, its limiting spectrum against networks.


include: "pennington_worah_options.smk"


# less than a minute at paper scale: not worth a place in a queue
localrules:
    pennington_sample_small_eigenvalues,
    pennington_sample_linear_eigenvalues,


rule pennington_sample_eigenvalues:
    input:
        code=code("scripts/pennington_worah/sample_eigenvalues.py"),
    output:
        table=cells("pennington_{experiment}/{nonlinearity}/all/{blocks}.csv"),
        provenance=cells("pennington_{experiment}/{nonlinearity}/all/{blocks}.json"),
    log:
        logs("pennington_{experiment}/{nonlinearity}/all/{blocks}"),
    benchmark:
        costs("pennington_{experiment}/{nonlinearity}/all/{blocks}")
    wildcard_constraints:
        experiment="fig1|singularities",
        nonlinearity="erf_1|all",
        blocks=PW_BLOCKS,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(pw_dense_mb),
        runtime=time_limit(pw_dense_seconds),
        estimated_seconds=seconds(pw_dense_seconds),
    params:
        nonlinearity=lambda wildcards: pw_nonlinearities(wildcards.nonlinearity),
        blocks=pw_block_options,
        device=pw_dense_device,
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: all eigenvalues of {wildcards.nonlinearity} networks, {wildcards.blocks}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --root-seed {params.root_seed}"
        " --experiment pennington_{wildcards.experiment} {params.nonlinearity} --blocks {params.blocks} {params.device}"


use rule pennington_sample_eigenvalues as pennington_sample_small_eigenvalues with:
    wildcard_constraints:
        experiment="fig2",
        nonlinearity="erf_1",
        blocks=PW_BLOCKS,


use rule pennington_sample_eigenvalues as pennington_sample_linear_eigenvalues with:
    wildcard_constraints:
        experiment="fig1",
        nonlinearity="linear",
        blocks=PW_BLOCKS,


rule pennington_sample_quadratures:
    input:
        code=code("scripts/pennington_worah/sample_quadratures.py"),
    output:
        table=cells("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}.csv"),
        provenance=cells("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}.json"),
    log:
        logs("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}"),
    benchmark:
        costs("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}")
    wildcard_constraints:
        experiment="fig1|fig2|edges",
        nonlinearity="[a-z][a-z0-9_]*",
        blocks=PW_BLOCKS,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(pw_lanczos_mb),
        runtime=time_limit(pw_lanczos_seconds),
        estimated_seconds=seconds(pw_lanczos_seconds),
    params:
        nonlinearity=lambda wildcards: pw_nonlinearities(wildcards.nonlinearity),
        blocks=pw_block_options,
        lanczos=pw_lanczos,
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: matrix-free spectra of {wildcards.nonlinearity} networks, {wildcards.blocks}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --root-seed {params.root_seed}"
        " --experiment pennington_{wildcards.experiment}_lanczos {params.nonlinearity} --blocks {params.blocks}"
        " {params.lanczos}"


rule pennington_sample_moments:
    input:
        code=code("scripts/pennington_worah/sample_moments.py"),
    output:
        table=cells("pennington_moments/networks_{first}-{stop}.csv"),
        provenance=cells("pennington_moments/networks_{first}-{stop}.json"),
    log:
        logs("pennington_moments/networks_{first}-{stop}"),
    benchmark:
        costs("pennington_moments/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(pw_moments_mb),
        runtime=time_limit(pw_moments_seconds),
        estimated_seconds=seconds(pw_moments_seconds),
    params:
        nonlinearities=pw_nonlinearities(),
        widths=PW["moments"]["widths"],
        root_seed=config["root_seed"],
    message:
        "moments of networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --root-seed {params.root_seed}"
        " --experiment pennington_moments {params.nonlinearities} --widths {params.widths}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule pennington_measure_descent:
    input:
        code=code("scripts/pennington_worah/measure_descent.py"),
    output:
        table=cells("pennington_fig3/{family}/networks_{first}-{stop}.csv"),
        provenance=cells("pennington_fig3/{family}/networks_{first}-{stop}.json"),
    log:
        logs("pennington_fig3/{family}/networks_{first}-{stop}"),
    benchmark:
        costs("pennington_fig3/{family}/networks_{first}-{stop}")
    wildcard_constraints:
        family="[a-z][a-z0-9_]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(pw_descent_mb),
        runtime=time_limit(pw_descent_seconds),
        estimated_seconds=seconds(pw_descent_seconds),
    params:
        options=pw_fig3_options,
        root_seed=config["root_seed"],
    message:
        "fig3: one gradient step of the family {wildcards.family}, networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --root-seed {params.root_seed}"
        " --experiment pennington_fig3 --family {wildcards.family} {params.options}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule pennington_table1_table:
    input:
        code=code("scripts/pennington_worah/tabulate_table1.py"),
    output:
        table=table("pennington_table1"),
        provenance=sidecar("pennington_table1"),
    log:
        logs("pennington_table1/table"),
    benchmark:
        costs("pennington_table1/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(pw_functions()),
        nonlinearities=pw_nonlinearities(),
    message:
        "Pennington, Worah Table 1: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " {params.nonlinearities}"


rule pennington_table1_figure:
    input:
        code=code("scripts/pennington_worah/plot_table1.py"),
        table=table("pennington_table1"),
    output:
        png=report(
            drawn("pennington_table1", "png"),
            caption=caption("pennington_table1"),
            category=PW_CATEGORY,
            labels={
                "figure": "Table 1",
                "panels": "constants and features",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_table1", "pdf"),
    log:
        logs("pennington_table1/figure"),
    benchmark:
        costs("pennington_table1/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah Table 1: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_table1:
    input:
        rules.pennington_table1_table.output,
        rules.pennington_table1_figure.output,
    message:
        "Pennington, Worah Table 1 is there"


rule pennington_fig1_table:
    input:
        code=code("scripts/pennington_worah/tabulate_fig1.py"),
        parts=pw_fig1_parts(),
        sidecars=sidecars_of(pw_fig1_parts()),
    output:
        table=table("pennington_fig1"),
        provenance=sidecar("pennington_fig1"),
    log:
        logs("pennington_fig1/table"),
    benchmark:
        costs("pennington_fig1/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=pw_table_mb("fig1"),
        runtime=10,
    params:
        settings=settings(pw_functions("linear", "erf_1"), PW["fig1"]),
        nonlinearities=pw_nonlinearities("linear", "erf_1"),
        bins=PW["fig1"]["bins"],
    message:
        "Pennington, Worah Figure 1: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --parts {input.parts}"
        " {params.nonlinearities}"
        " --bins {params.bins[number]} --largest {params.bins[largest]} --points-per-bin {params.bins[points]}"


rule pennington_fig1_figure:
    input:
        code=code("scripts/pennington_worah/plot_fig1.py"),
        table=table("pennington_fig1"),
    output:
        png=report(
            drawn("pennington_fig1", "png"),
            caption=caption("pennington_fig1"),
            category=PW_CATEGORY,
            labels={
                "figure": "Figure 1",
                "panels": "spectra of linear and erf networks",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_fig1", "pdf"),
    log:
        logs("pennington_fig1/figure"),
    benchmark:
        costs("pennington_fig1/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah Figure 1: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_fig1:
    input:
        rules.pennington_fig1_table.output,
        rules.pennington_fig1_figure.output,
    message:
        "Pennington, Worah Figure 1 is there"


rule pennington_fig2_table:
    input:
        code=code("scripts/pennington_worah/tabulate_fig2.py"),
        parts=pw_fig2_parts(),
        sidecars=sidecars_of(pw_fig2_parts()),
    output:
        table=table("pennington_fig2"),
        provenance=sidecar("pennington_fig2"),
    log:
        logs("pennington_fig2/table"),
    benchmark:
        costs("pennington_fig2/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=pw_table_mb("fig2"),
        runtime=10,
    params:
        settings=settings(pw_functions(), PW["fig2"]),
        nonlinearities=pw_nonlinearities(),
        bins=PW["fig2"]["bins"],
        points=PW["fig2"]["points"],
    message:
        "Pennington, Worah Figure 2: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --parts {input.parts}"
        " {params.nonlinearities} --points {params.points}"
        " --bins {params.bins[number]} --smallest {params.bins[smallest]} --largest {params.bins[largest]}"
        " --points-per-bin {params.bins[points]}"


rule pennington_fig2_figure:
    input:
        code=code("scripts/pennington_worah/plot_fig2.py"),
        table=table("pennington_fig2"),
    output:
        png=report(
            drawn("pennington_fig2", "png"),
            caption=caption("pennington_fig2"),
            category=PW_CATEGORY,
            labels={
                "figure": "Figure 2",
                "panels": "limiting densities, convergence with n",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_fig2", "pdf"),
    log:
        logs("pennington_fig2/figure"),
    benchmark:
        costs("pennington_fig2/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah Figure 2: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_fig2:
    input:
        rules.pennington_fig2_table.output,
        rules.pennington_fig2_figure.output,
    message:
        "Pennington, Worah Figure 2 is there"


rule pennington_fig3_table:
    input:
        code=code("scripts/pennington_worah/tabulate_fig3.py"),
        parts=pw_fig3_parts(),
        sidecars=sidecars_of(pw_fig3_parts()),
    output:
        table=table("pennington_fig3"),
        provenance=sidecar("pennington_fig3"),
    log:
        logs("pennington_fig3/table"),
    benchmark:
        costs("pennington_fig3/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(PW["fig3"]),
    message:
        "Pennington, Worah Figure 3: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --parts {input.parts}"


rule pennington_fig3_figure:
    input:
        code=code("scripts/pennington_worah/plot_fig3.py"),
        table=table("pennington_fig3"),
    output:
        png=report(
            drawn("pennington_fig3", "png"),
            caption=caption("pennington_fig3"),
            category=PW_CATEGORY,
            labels={
                "figure": "Figure 3",
                "panels": "conditioning and loss reduction against alpha",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_fig3", "pdf"),
    log:
        logs("pennington_fig3/figure"),
    benchmark:
        costs("pennington_fig3/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah Figure 3: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_fig3:
    input:
        rules.pennington_fig3_table.output,
        rules.pennington_fig3_figure.output,
    message:
        "Pennington, Worah Figure 3 is there"


rule pennington_singularities_table:
    input:
        code=code("scripts/pennington_worah/tabulate_singularities.py"),
        parts=pw_singularities_parts(),
        sidecars=sidecars_of(pw_singularities_parts()),
    output:
        table=table("pennington_singularities"),
        provenance=sidecar("pennington_singularities"),
    log:
        logs("pennington_singularities/table"),
    benchmark:
        costs("pennington_singularities/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=pw_table_mb("singularities"),
        runtime=10,
    params:
        settings=settings(pw_functions(), PW["singularities"]),
        nonlinearities=pw_nonlinearities(),
        epsilons=PW["singularities"]["epsilons"],
    message:
        "Pennington, Worah equation 26: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --parts {input.parts}"
        " {params.nonlinearities} --smallest {params.epsilons[smallest]} --largest {params.epsilons[largest]}"
        " --number {params.epsilons[number]} --fit {params.epsilons[fit]}"


rule pennington_singularities_figure:
    input:
        code=code("scripts/pennington_worah/plot_singularities.py"),
        table=table("pennington_singularities"),
    output:
        png=report(
            drawn("pennington_singularities", "png"),
            caption=caption("pennington_singularities"),
            category=PW_CATEGORY,
            labels={
                "figure": "Equation 26",
                "panels": "scaling of eps Im G at the peaks",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_singularities", "pdf"),
    log:
        logs("pennington_singularities/figure"),
    benchmark:
        costs("pennington_singularities/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah equation 26: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_singularities:
    input:
        rules.pennington_singularities_table.output,
        rules.pennington_singularities_figure.output,
    message:
        "Pennington, Worah equation 26 is there"


rule pennington_slopes_table:
    input:
        code=code("scripts/pennington_worah/tabulate_slopes.py"),
    output:
        table=table("pennington_slopes"),
        provenance=sidecar("pennington_slopes"),
    log:
        logs("pennington_slopes/table"),
    benchmark:
        costs("pennington_slopes/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(pw_functions(), PW["slopes"]),
        nonlinearities=pw_nonlinearities(),
        distances=PW["slopes"],
    message:
        "Pennington, Worah derivative of the density: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " {params.nonlinearities} --smallest {params.distances[smallest]} --largest {params.distances[largest]}"
        " --number {params.distances[number]}"


rule pennington_slopes_figure:
    input:
        code=code("scripts/pennington_worah/plot_slopes.py"),
        table=table("pennington_slopes"),
    output:
        png=report(
            drawn("pennington_slopes", "png"),
            caption=caption("pennington_slopes"),
            category=PW_CATEGORY,
            labels={
                "figure": "Section 3.2",
                "panels": "derivative of the density at z_2, z_3, z_5",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_slopes", "pdf"),
    log:
        logs("pennington_slopes/figure"),
    benchmark:
        costs("pennington_slopes/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah derivative of the density: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_slopes:
    input:
        rules.pennington_slopes_table.output,
        rules.pennington_slopes_figure.output,
    message:
        "Pennington, Worah derivative of the density is there"


rule pennington_moments_table:
    input:
        code=code("scripts/pennington_worah/tabulate_moments.py"),
        parts=[*pw_moments_parts(), *pw_edges_parts()],
        sidecars=sidecars_of([*pw_moments_parts(), *pw_edges_parts()]),
    output:
        table=table("pennington_moments"),
        provenance=sidecar("pennington_moments"),
    log:
        logs("pennington_moments/table"),
    benchmark:
        costs("pennington_moments/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(pw_functions(), PW["moments"], PW["edges"]),
        nonlinearities=pw_nonlinearities(),
    message:
        "Pennington, Worah equations 25 and 27: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --parts {input.parts}"
        " {params.nonlinearities}"


rule pennington_moments_figure:
    input:
        code=code("scripts/pennington_worah/plot_moments.py"),
        table=table("pennington_moments"),
    output:
        png=report(
            drawn("pennington_moments", "png"),
            caption=caption("pennington_moments"),
            category=PW_CATEGORY,
            labels={
                "figure": "Equations 25, 27",
                "panels": "moments and extreme eigenvalues against n",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_moments", "pdf"),
    log:
        logs("pennington_moments/figure"),
    benchmark:
        costs("pennington_moments/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah equations 25 and 27: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_moments:
    input:
        rules.pennington_moments_table.output,
        rules.pennington_moments_figure.output,
    message:
        "Pennington, Worah equations 25 and 27 is there"


rule pennington_optimal_table:
    input:
        code=code("scripts/pennington_worah/tabulate_optimal.py"),
    output:
        table=table("pennington_optimal"),
        provenance=sidecar("pennington_optimal"),
    log:
        logs("pennington_optimal/table"),
    benchmark:
        costs("pennington_optimal/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(pw_functions(), PW["optimal"]),
        nonlinearities=pw_nonlinearities(),
        search=PW["optimal"],
        root_seed=config["root_seed"],
    message:
        "Pennington, Worah equations 28 and 29: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q}"
        " --root-seed {params.root_seed} {params.nonlinearities}"
        " --degree {params.search[degree]} --starts {params.search[starts]}"
        " --reach {params.search[reach]} --points {params.search[points]}"


rule pennington_optimal_figure:
    input:
        code=code("scripts/pennington_worah/plot_optimal.py"),
        table=table("pennington_optimal"),
    output:
        png=report(
            drawn("pennington_optimal", "png"),
            caption=caption("pennington_optimal"),
            category=PW_CATEGORY,
            labels={
                "figure": "Equations 28, 29",
                "panels": "activations with the best conditioning",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("pennington_optimal", "pdf"),
    log:
        logs("pennington_optimal/figure"),
    benchmark:
        costs("pennington_optimal/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Pennington, Worah equations 28 and 29: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule pennington_optimal:
    input:
        rules.pennington_optimal_table.output,
        rules.pennington_optimal_figure.output,
    message:
        "Pennington, Worah equations 28 and 29 is there"


rule pennington_worah:
    input:
        rules.pennington_table1.input,
        rules.pennington_fig1.input,
        rules.pennington_fig2.input,
        rules.pennington_fig3.input,
        rules.pennington_singularities.input,
        rules.pennington_slopes.input,
        rules.pennington_moments.input,
        rules.pennington_optimal.input,
    message:
        "Every figure and table of Pennington, Worah is there"
