# Hayase, Karakida 2020 and 2021: spectra of the conditional Fisher information near dynamical isometry.


include: "hayase_karakida_options.smk"


rule hayase_sample_spectra:
    input:
        code=code("scripts/hayase_karakida/sample_spectra.py"),
    output:
        table=cells("hayase_{experiment}/{panel}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_{experiment}/{panel}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_{experiment}/{panel}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_{experiment}/{panel}/networks_{first}-{stop}")
    wildcard_constraints:
        experiment="fig1|laws|gaussian",
        panel="[a-z]+",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=hk_spectra_mb,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        options=hk_spectra_options,
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: spectra of {wildcards.panel} networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_{wildcards.experiment} --panel {wildcards.panel} --root-seed {params.root_seed}"
        " {params.options} --first {wildcards.first} --stop {wildcards.stop}"


rule hayase_sample_theta:
    input:
        code=code("scripts/hayase_karakida/sample_theta.py"),
    output:
        table=cells("hayase_fig2/{varied}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_fig2/{varied}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_fig2/{varied}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_fig2/{varied}/networks_{first}-{stop}")
    wildcard_constraints:
        varied="L|N",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=hk_theta_mb,
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        function=hk_function("isometry"),
        width=HK["fig2"]["width"],
        grid=hk_theta_grid,
        root_seed=config["root_seed"],
    message:
        "fig2: eigenvalues of Theta against {wildcards.varied}, networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_fig2 --root-seed {params.root_seed} --varied {wildcards.varied}"
        " --function {params.function} --width {params.width} {params.grid}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule hayase_sample_theta_spectra:
    input:
        code=code("scripts/hayase_karakida/sample_theta_spectra.py"),
    output:
        table=cells("hayase_fig3/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_fig3/networks_{first}-{stop}.json"),
    log:
        logs("hayase_fig3/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_fig3/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        # the dense matrix, a copy in another order of rows, and the workspace of its eigenvalues
        mem_mb=lambda wildcards, attempt: attempt
        * round(
            BASE_MB
            + OVERHEAD_MB
            + 3 * 8e-6 * (HK["fig3"]["samples"] * HK["fig3"]["width"]) ** 2
        ),
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        function=hk_function("isometry"),
        depth=HK["fig3"]["depth"],
        samples=HK["fig3"]["samples"],
        width=HK["fig3"]["width"],
        root_seed=config["root_seed"],
    message:
        "fig3: all eigenvalues of Theta, networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_fig3 --root-seed {params.root_seed} --function {params.function}"
        " --depth {params.depth} --samples {params.samples} --width {params.width}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule hayase_sample_depths:
    input:
        code=code("scripts/hayase_karakida/sample_depths.py"),
    output:
        table=cells("hayase_depth_limits/{setting}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_depth_limits/{setting}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_depth_limits/{setting}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_depth_limits/{setting}/networks_{first}-{stop}")
    wildcard_constraints:
        setting="[a-z]+",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt
        * round(
            BASE_MB + OVERHEAD_MB + 100 + 10 * 8e-6 * HK["depth_limits"]["width"] ** 2
        ),
        runtime=lambda wildcards, attempt: 120 * attempt,
    params:
        options=hk_depths_options,
        root_seed=config["root_seed"],
    message:
        "depth_limits: {wildcards.setting} networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_depth_limits --setting {wildcards.setting} --root-seed {params.root_seed}"
        " {params.options} --first {wildcards.first} --stop {wildcards.stop}"


rule hayase_train_online:
    input:
        code=code("scripts/hayase_karakida/train_online.py"),
        data=lambda wildcards: dataset_file(HK[wildcards.experiment]["dataset"]),
    output:
        table=cells("hayase_{experiment}/L{depths}/rates_{first}-{stop}.csv"),
        provenance=cells("hayase_{experiment}/L{depths}/rates_{first}-{stop}.json"),
    log:
        logs("hayase_{experiment}/L{depths}/rates_{first}-{stop}"),
    benchmark:
        costs("hayase_{experiment}/L{depths}/rates_{first}-{stop}")
    wildcard_constraints:
        experiment="fig4_left|fig4_right",
        depths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: hk_training_mb(
            wildcards.experiment, wildcards.depths, attempt
        ),
        runtime=lambda wildcards, attempt: 180 * attempt,
    params:
        dataset=lambda wildcards: dataset_file(HK[wildcards.experiment]["dataset"])
        or "digits",
        epochs=lambda wildcards: HK[wildcards.experiment]["epochs"],
        trials=lambda wildcards: HK[wildcards.experiment]["trials"],
        depths=lambda wildcards: wildcards.depths.split("-"),
        rates=hk_rates,
        options=hk_training_options,
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: online training, L = {wildcards.depths}, learning rates {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_{wildcards.experiment} --root-seed {params.root_seed}"
        " --dataset {params.dataset:q} --epochs {params.epochs} --trials {params.trials} --depths {params.depths}"
        " {params.rates} --first-rate {wildcards.first} --stop-rate {wildcards.stop} {params.options}"


rule hayase_train_spectra:
    input:
        code=code("scripts/hayase_karakida/train_spectra.py"),
        data=dataset_file(HK["fig5"]["dataset"]),
    output:
        table=cells("hayase_fig5/L{depths}.csv"),
        provenance=cells("hayase_fig5/L{depths}.json"),
    log:
        logs("hayase_fig5/L{depths}"),
    benchmark:
        costs("hayase_fig5/L{depths}")
    wildcard_constraints:
        depths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: hk_training_mb(
            "fig5", wildcards.depths, attempt
        ),
        runtime=lambda wildcards, attempt: 180 * attempt,
    params:
        dataset=dataset_file(HK["fig5"]["dataset"]) or "digits",
        epochs=HK["fig5"]["epochs"],
        rates=HK["fig5"]["rates"],
        inputs=HK["fig5"]["inputs"],
        depths=lambda wildcards: wildcards.depths.split("-"),
        options=hk_training_options,
        root_seed=config["root_seed"],
    message:
        "fig5: eigenvalues of H_L after online training, L = {wildcards.depths}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment hayase_fig5 --root-seed {params.root_seed}"
        " --dataset {params.dataset:q} --epochs {params.epochs} --depths {params.depths}"
        " --learning-rates {params.rates} --inputs {params.inputs} {params.options}"


rule hayase_fig1_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_histograms.py"),
        parts=hk_spectra_parts("fig1"),
        sidecars=sidecars_of(hk_spectra_parts("fig1")),
    output:
        table=table("hayase_fig1"),
        provenance=sidecar("hayase_fig1"),
    log:
        logs("hayase_fig1/table"),
    benchmark:
        costs("hayase_fig1/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["fig1"]),
        options=f"--bin-widths {HK['fig1']['bin_width']} {HK['fig1']['fine_bin_width']}",
    message:
        "Hayase and Karakida, Figure 1: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " {params.options}"


rule hayase_fig1_figure:
    input:
        code=code("scripts/hayase_karakida/plot_fig1.py"),
        table=table("hayase_fig1"),
    output:
        png=report(
            drawn("hayase_fig1", "png"),
            caption=caption("hayase_fig1"),
            category=HK_CATEGORY,
            labels={
                "figure": "Figure 1",
                "panels": "histograms of H_3 and Theorem 3.2",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_fig1", "pdf"),
    log:
        logs("hayase_fig1/figure"),
    benchmark:
        costs("hayase_fig1/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Figure 1: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_fig1:
    input:
        rules.hayase_fig1_table.output,
        rules.hayase_fig1_figure.output,
    message:
        "Hayase and Karakida, Figure 1: table and figure are there"


rule hayase_fig2_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_theta.py"),
        parts=hk_blocks("fig2", "L", "N"),
        sidecars=sidecars_of(hk_blocks("fig2", "L", "N")),
    output:
        table=table("hayase_fig2"),
        provenance=sidecar("hayase_fig2"),
    log:
        logs("hayase_fig2/table"),
    benchmark:
        costs("hayase_fig2/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["fig2"]),
    message:
        "Hayase and Karakida, Figure 2: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule hayase_fig2_figure:
    input:
        code=code("scripts/hayase_karakida/plot_fig2.py"),
        table=table("hayase_fig2"),
    output:
        png=report(
            drawn("hayase_fig2", "png"),
            caption=caption("hayase_fig2"),
            category=HK_CATEGORY,
            labels={
                "figure": "Figure 2",
                "panels": "maximum and mean against L and N",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_fig2", "pdf"),
    log:
        logs("hayase_fig2/figure"),
    benchmark:
        costs("hayase_fig2/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Figure 2: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_fig2:
    input:
        rules.hayase_fig2_table.output,
        rules.hayase_fig2_figure.output,
    message:
        "Hayase and Karakida, Figure 2: table and figure are there"


rule hayase_fig3_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_theta_spectra.py"),
        parts=hk_blocks("fig3"),
        sidecars=sidecars_of(hk_blocks("fig3")),
    output:
        table=table("hayase_fig3"),
        provenance=sidecar("hayase_fig3"),
    log:
        logs("hayase_fig3/table"),
    benchmark:
        costs("hayase_fig3/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["fig3"]),
        bins=HK["fig3"]["bins"],
    message:
        "Hayase and Karakida, Figure 3: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --bins {params.bins}"


rule hayase_fig3_figure:
    input:
        code=code("scripts/hayase_karakida/plot_fig3.py"),
        table=table("hayase_fig3"),
    output:
        png=report(
            drawn("hayase_fig3", "png"),
            caption=caption("hayase_fig3"),
            category=HK_CATEGORY,
            labels={
                "figure": "Figure 3",
                "panels": "histograms of Theta and its block diagonal",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_fig3", "pdf"),
    log:
        logs("hayase_fig3/figure"),
    benchmark:
        costs("hayase_fig3/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Figure 3: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_fig3:
    input:
        rules.hayase_fig3_table.output,
        rules.hayase_fig3_figure.output,
    message:
        "Hayase and Karakida, Figure 3: table and figure are there"


rule hayase_fig4_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_online.py"),
        parts=hk_columns("fig4_left") + hk_columns("fig4_right"),
        sidecars=sidecars_of(hk_columns("fig4_left") + hk_columns("fig4_right")),
    output:
        table=table("hayase_fig4"),
        provenance=sidecar("hayase_fig4"),
    log:
        logs("hayase_fig4/table"),
    benchmark:
        costs("hayase_fig4/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(
            HK["activations"], HK["training"], HK["fig4_left"], HK["fig4_right"]
        ),
        loss_limit=HK["training"]["loss_limit"],
    message:
        "Hayase and Karakida, Figure 4: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --loss-limit {params.loss_limit}"


rule hayase_fig4_figure:
    input:
        code=code("scripts/hayase_karakida/plot_fig4.py"),
        table=table("hayase_fig4"),
    output:
        png=report(
            drawn("hayase_fig4", "png"),
            caption=caption("hayase_fig4"),
            category=HK_CATEGORY,
            labels={
                "figure": "Figure 4",
                "panels": "accuracy and loss over L and eta",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_fig4", "pdf"),
    log:
        logs("hayase_fig4/figure"),
    benchmark:
        costs("hayase_fig4/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Figure 4: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_fig4:
    input:
        rules.hayase_fig4_table.output,
        rules.hayase_fig4_figure.output,
    message:
        "Hayase and Karakida, Figure 4: table and figure are there"


rule hayase_fig5_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_spectra.py"),
        parts=hk_fig5_parts(),
        sidecars=sidecars_of(hk_fig5_parts()),
    output:
        table=table("hayase_fig5"),
        provenance=sidecar("hayase_fig5"),
    log:
        logs("hayase_fig5/table"),
    benchmark:
        costs("hayase_fig5/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["training"], HK["fig5"]),
        bins=HK["fig5"]["bins"],
        largest=HK["fig5"]["largest"],
    message:
        "Hayase and Karakida, Figure 5 of the preprint: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --bins {params.bins} --largest {params.largest}"


rule hayase_fig5_figure:
    input:
        code=code("scripts/hayase_karakida/plot_fig5.py"),
        table=table("hayase_fig5"),
    output:
        png=report(
            drawn("hayase_fig5", "png"),
            caption=caption("hayase_fig5"),
            category=HK_CATEGORY,
            labels={
                "figure": "Figure 5 (preprint)",
                "panels": "eigenvalues of H_L after training",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_fig5", "pdf"),
    log:
        logs("hayase_fig5/figure"),
    benchmark:
        costs("hayase_fig5/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Figure 5 of the preprint: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_fig5:
    input:
        rules.hayase_fig5_table.output,
        rules.hayase_fig5_figure.output,
    message:
        "Hayase and Karakida, Figure 5 of the preprint: table and figure are there"


rule hayase_depth_limits_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_depth_limits.py"),
        parts=hk_blocks("depth_limits", *HK["depth_limits"]["depths"]),
        sidecars=sidecars_of(hk_blocks("depth_limits", *HK["depth_limits"]["depths"])),
    output:
        table=table("hayase_depth_limits"),
        provenance=sidecar("hayase_depth_limits"),
    log:
        logs("hayase_depth_limits/table"),
    benchmark:
        costs("hayase_depth_limits/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["depth_limits"]),
    message:
        "Hayase and Karakida, Theorem 4.3: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule hayase_depth_limits_figure:
    input:
        code=code("scripts/hayase_karakida/plot_depth_limits.py"),
        table=table("hayase_depth_limits"),
    output:
        png=report(
            drawn("hayase_depth_limits", "png"),
            caption=caption("hayase_depth_limits"),
            category=HK_CATEGORY,
            labels={
                "figure": "Theorem 4.3, Proposition 4.4, Corollary 4.5",
                "panels": "maximum, mean and top atom against depth",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_depth_limits", "pdf"),
    log:
        logs("hayase_depth_limits/figure"),
    benchmark:
        costs("hayase_depth_limits/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, Theorem 4.3: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_depth_limits:
    input:
        rules.hayase_depth_limits_table.output,
        rules.hayase_depth_limits_figure.output,
    message:
        "Hayase and Karakida, Theorem 4.3: table and figure are there"


rule hayase_laws_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_laws.py"),
        parts=hk_spectra_parts("laws"),
        sidecars=sidecars_of(hk_spectra_parts("laws")),
    output:
        table=table("hayase_laws"),
        provenance=sidecar("hayase_laws"),
    log:
        logs("hayase_laws/table"),
    benchmark:
        costs("hayase_laws/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["laws"]),
        scatters=HK["laws"]["scatters"],
    message:
        "Hayase and Karakida, laws at any depth: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --scatters {params.scatters}"


rule hayase_laws_figure:
    input:
        code=code("scripts/hayase_karakida/plot_laws.py"),
        table=table("hayase_laws"),
    output:
        png=report(
            drawn("hayase_laws", "png"),
            caption=caption("hayase_laws"),
            category=HK_CATEGORY,
            labels={
                "figure": "laws at any depth",
                "panels": "Kolmogorov distance and maximum against M",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_laws", "pdf"),
    log:
        logs("hayase_laws/figure"),
    benchmark:
        costs("hayase_laws/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, laws at any depth: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_laws:
    input:
        rules.hayase_laws_table.output,
        rules.hayase_laws_figure.output,
    message:
        "Hayase and Karakida, laws at any depth: table and figure are there"


rule hayase_gaussian_table:
    input:
        code=code("scripts/hayase_karakida/tabulate_histograms.py"),
        parts=hk_spectra_parts("gaussian"),
        sidecars=sidecars_of(hk_spectra_parts("gaussian")),
    output:
        table=table("hayase_gaussian"),
        provenance=sidecar("hayase_gaussian"),
    log:
        logs("hayase_gaussian/table"),
    benchmark:
        costs("hayase_gaussian/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings(HK["activations"], HK["gaussian"]),
        bins=HK["gaussian"]["bins"],
    message:
        "Hayase and Karakida, orthogonal and Gaussian weights: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --bins {params.bins}"


rule hayase_gaussian_figure:
    input:
        code=code("scripts/hayase_karakida/plot_gaussian.py"),
        table=table("hayase_gaussian"),
    output:
        png=report(
            drawn("hayase_gaussian", "png"),
            caption=caption("hayase_gaussian"),
            category=HK_CATEGORY,
            labels={
                "figure": "orthogonal and Gaussian weights",
                "panels": "laws side by side",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("hayase_gaussian", "pdf"),
    log:
        logs("hayase_gaussian/figure"),
    benchmark:
        costs("hayase_gaussian/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Hayase and Karakida, orthogonal and Gaussian weights: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule hayase_gaussian:
    input:
        rules.hayase_gaussian_table.output,
        rules.hayase_gaussian_figure.output,
    message:
        "Hayase and Karakida, orthogonal and Gaussian weights: table and figure are there"


rule hayase_karakida:
    input:
        rules.hayase_fig1.input,
        rules.hayase_fig2.input,
        rules.hayase_fig3.input,
        rules.hayase_fig4.input,
        rules.hayase_fig5.input,
        rules.hayase_depth_limits.input,
        rules.hayase_laws.input,
        rules.hayase_gaussian.input,
    message:
        "Every figure and table of Hayase, Karakida is there"
