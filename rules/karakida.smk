# Karakida, Akaho, Amari 2019: mean field theory of the Fisher information, against sampled networks and training.


include: "karakida_options.smk"


wildcard_constraints:
    activation="[a-z][a-z0-9]*",


# a minute or two at paper scale: not worth a place in a queue
localrules:
    karakida_sample_few_networks,
    karakida_predict_learning_rates,


rule karakida_sample_networks:
    input:
        code=code("scripts/karakida/sample_networks.py"),
    output:
        table=cells("karakida_{experiment}/{activation}/networks_{first}-{stop}.csv"),
        provenance=cells(
            "karakida_{experiment}/{activation}/networks_{first}-{stop}.json"
        ),
    log:
        logs("karakida_{experiment}/{activation}/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/networks_{first}-{stop}")
    wildcard_constraints:
        experiment="fig1|figC1",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(k_network_mb),
        runtime=time_limit(k_network_seconds),
        estimated_seconds=seconds(k_network_seconds),
    params:
        activation=k_activation_options,
        grid=k_grid_options,
        thresholds=lambda wildcards: K[wildcards.experiment].get("thresholds", []),
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: eigenvalues of {wildcards.activation} networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_{wildcards.experiment} --root-seed {params.root_seed}"
        " --activation {wildcards.activation} {params.activation}"
        " {params.grid}"
        " --first {wildcards.first} --stop {wildcards.stop}"
        " --thresholds {params.thresholds}"


use rule karakida_sample_networks as karakida_sample_few_networks with:
    wildcard_constraints:
        experiment="many_outputs|corollary2",


rule karakida_sample_fisher_rao:
    input:
        code=code("scripts/karakida/sample_fisher_rao.py"),
    output:
        table=cells("karakida_theorem5/{activation}/networks_{first}-{stop}.csv"),
        provenance=cells("karakida_theorem5/{activation}/networks_{first}-{stop}.json"),
    log:
        logs("karakida_theorem5/{activation}/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_theorem5/{activation}/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(k_network_mb),
        runtime=time_limit(k_network_seconds),
        estimated_seconds=seconds(k_network_seconds),
    params:
        activation=k_activation_options,
        grid=k_grid_options(None, "theorem5"),
        root_seed=config["root_seed"],
    message:
        "theorem5: Fisher-Rao norms of {wildcards.activation} networks {wildcards.first} to {wildcards.stop}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_theorem5 --root-seed {params.root_seed}"
        " --activation {wildcards.activation} {params.activation}"
        " {params.grid}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule karakida_fig1_table:
    input:
        code=code("scripts/karakida/tabulate_statistics.py"),
        parts=k_blocks("fig1"),
        sidecars=sidecars_of(k_blocks("fig1")),
    output:
        table=table("karakida_fig1"),
        provenance=sidecar("karakida_fig1"),
    log:
        logs("karakida_fig1/table"),
    benchmark:
        costs("karakida_fig1/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(K["activations"], K["fig1"]),
    message:
        "Karakida Figure 1: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_fig1_figure:
    input:
        code=code("scripts/karakida/plot_statistics.py"),
        table=table("karakida_fig1"),
    output:
        png=report(
            drawn("karakida_fig1", "png"),
            caption=caption("karakida_fig1"),
            category=K_CATEGORY,
            labels={
                "figure": "Figure 1",
                "panels": "mean, second moment, maximum against M",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_fig1", "pdf"),
    log:
        logs("karakida_fig1/figure"),
    benchmark:
        costs("karakida_fig1/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Figure 1: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_fig1:
    input:
        rules.karakida_fig1_table.output,
        rules.karakida_fig1_figure.output,
    message:
        "Karakida Figure 1 is there"


rule karakida_figC1_table:
    input:
        code=code("scripts/karakida/tabulate_statistics.py"),
        parts=k_blocks("figC1"),
        sidecars=sidecars_of(k_blocks("figC1")),
    output:
        table=table("karakida_figC1"),
        provenance=sidecar("karakida_figC1"),
    log:
        logs("karakida_figC1/table"),
    benchmark:
        costs("karakida_figC1/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(K["activations"], K["figC1"]),
    message:
        "Karakida Figure C.1: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_figC1_figure:
    input:
        code=code("scripts/karakida/plot_statistics.py"),
        table=table("karakida_figC1"),
    output:
        png=report(
            drawn("karakida_figC1", "png"),
            caption=caption("karakida_figC1"),
            category=K_CATEGORY,
            labels={
                "figure": "Figure C.1",
                "panels": "mean, second moment, maximum against T",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_figC1", "pdf"),
    log:
        logs("karakida_figC1/figure"),
    benchmark:
        costs("karakida_figC1/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Figure C.1: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_figC1:
    input:
        rules.karakida_figC1_table.output,
        rules.karakida_figC1_figure.output,
    message:
        "Karakida Figure C.1 is there"


rule karakida_theorem5_table:
    input:
        code=code("scripts/karakida/tabulate_theorem5.py"),
        parts=k_blocks("theorem5"),
        sidecars=sidecars_of(k_blocks("theorem5")),
    output:
        table=table("karakida_theorem5"),
        provenance=sidecar("karakida_theorem5"),
    log:
        logs("karakida_theorem5/table"),
    benchmark:
        costs("karakida_theorem5/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(K["activations"], K["theorem5"]),
    message:
        "Karakida Theorem 5: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_theorem5_figure:
    input:
        code=code("scripts/karakida/plot_theorem5.py"),
        table=table("karakida_theorem5"),
    output:
        png=report(
            drawn("karakida_theorem5", "png"),
            caption=caption("karakida_theorem5"),
            category=K_CATEGORY,
            labels={
                "figure": "Theorem 5",
                "panels": "Fisher-Rao norm against depth",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_theorem5", "pdf"),
    log:
        logs("karakida_theorem5/figure"),
    benchmark:
        costs("karakida_theorem5/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Theorem 5: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_theorem5:
    input:
        rules.karakida_theorem5_table.output,
        rules.karakida_theorem5_figure.output,
    message:
        "Karakida Theorem 5 is there"


rule karakida_many_outputs_table:
    input:
        code=code("scripts/karakida/tabulate_many_outputs.py"),
        parts=k_blocks("many_outputs"),
        sidecars=sidecars_of(k_blocks("many_outputs")),
    output:
        table=table("karakida_many_outputs"),
        provenance=sidecar("karakida_many_outputs"),
    log:
        logs("karakida_many_outputs/table"),
    benchmark:
        costs("karakida_many_outputs/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(K["activations"], K["many_outputs"]),
    message:
        "Karakida Section 3.4: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_many_outputs_figure:
    input:
        code=code("scripts/karakida/plot_many_outputs.py"),
        table=table("karakida_many_outputs"),
    output:
        png=report(
            drawn("karakida_many_outputs", "png"),
            caption=caption("karakida_many_outputs"),
            category=K_CATEGORY,
            labels={
                "figure": "Equations 17, 18",
                "panels": "mean, second moment, maximum with C = O(M)",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_many_outputs", "pdf"),
    log:
        logs("karakida_many_outputs/figure"),
    benchmark:
        costs("karakida_many_outputs/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Section 3.4: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_many_outputs:
    input:
        rules.karakida_many_outputs_table.output,
        rules.karakida_many_outputs_figure.output,
    message:
        "Karakida Section 3.4 is there"


rule karakida_corollary2_table:
    input:
        code=code("scripts/karakida/tabulate_corollary2.py"),
        parts=k_blocks("corollary2"),
        sidecars=sidecars_of(k_blocks("corollary2")),
    output:
        table=table("karakida_corollary2"),
        provenance=sidecar("karakida_corollary2"),
    log:
        logs("karakida_corollary2/table"),
    benchmark:
        costs("karakida_corollary2/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(K["activations"], K["corollary2"]),
        thresholds=K["corollary2"]["thresholds"],
    message:
        "Karakida Corollary 2: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --thresholds {params.thresholds}"


rule karakida_corollary2_figure:
    input:
        code=code("scripts/karakida/plot_corollary2.py"),
        table=table("karakida_corollary2"),
    output:
        png=report(
            drawn("karakida_corollary2", "png"),
            caption=caption("karakida_corollary2"),
            category=K_CATEGORY,
            labels={
                "figure": "Corollary 2",
                "panels": "number of large eigenvalues",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_corollary2", "pdf"),
    log:
        logs("karakida_corollary2/figure"),
    benchmark:
        costs("karakida_corollary2/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Corollary 2: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_corollary2:
    input:
        rules.karakida_corollary2_table.output,
        rules.karakida_corollary2_figure.output,
    message:
        "Karakida Corollary 2 is there"


rule karakida_train_on_teacher:
    input:
        code=code("scripts/karakida/train_on_teacher.py"),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="fig2_gaussian",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(k_training_mb),
        runtime=time_limit(k_training_seconds),
        estimated_seconds=seconds(k_training_seconds),
    params:
        activation=k_activation_options,
        widths=lambda wildcards: wildcards.widths.split("-"),
        rates=k_rates,
        training=K["training"],
        samples=K["fig2_gaussian"]["samples"],
        steps=K["fig2_gaussian"]["steps"],
        root_seed=config["root_seed"],
        device=config["device"],
    message:
        "{wildcards.experiment}: training {wildcards.activation} students, M = {wildcards.widths}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_{wildcards.experiment} --root-seed {params.root_seed}"
        " --activation {wildcards.activation} {params.activation}"
        " --depth {params.training[depth]} --widths {params.widths} --outputs {params.training[outputs]}"
        " --samples {params.samples} --steps {params.steps}"
        " {params.rates} --momentum {params.training[momentum]} --trials {params.training[trials]}"
        " --divergence-loss {params.training[divergence_loss]}"
        " --device {params.device} --memory-mb {params.training[memory_mb]}"


rule karakida_train_on_data:
    input:
        code=code("scripts/karakida/train_on_data.py"),
        data=lambda wildcards: dataset_file(K[wildcards.experiment]["dataset"]),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="fig2_data|figC2_data",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(k_training_mb),
        runtime=time_limit(k_training_seconds),
        estimated_seconds=seconds(k_training_seconds),
    params:
        activation=k_activation_options,
        widths=lambda wildcards: wildcards.widths.split("-"),
        rates=k_rates,
        training=K["training"],
        dataset=lambda wildcards: dataset_file(K[wildcards.experiment]["dataset"])
        or "digits",
        normalisation=lambda wildcards: K[wildcards.experiment]["normalisation"],
        samples=lambda wildcards: K[wildcards.experiment]["samples"],
        batch_size=lambda wildcards: K[wildcards.experiment]["batch_size"],
        root_seed=config["root_seed"],
        device=config["device"],
    message:
        "{wildcards.experiment}: training {wildcards.activation} networks on data, M = {wildcards.widths}"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_{wildcards.experiment} --root-seed {params.root_seed}"
        " --dataset {params.dataset:q} --normalisation {params.normalisation}"
        " --samples {params.samples} --batch-size {params.batch_size}"
        " --activation {wildcards.activation} {params.activation}"
        " --depth {params.training[depth]} --widths {params.widths}"
        " {params.rates} --momentum {params.training[momentum]} --trials {params.training[trials]}"
        " --divergence-loss {params.training[divergence_loss]}"
        " --device {params.device} --memory-mb {params.training[memory_mb]}"


rule karakida_predict_learning_rates:
    input:
        code=code("scripts/karakida/predict_learning_rates.py"),
        data=lambda wildcards: dataset_file(
            K[wildcards.experiment].get("dataset", "digits")
        ),
    output:
        table=cells("karakida_{experiment}/{activation}/predicted.csv"),
        provenance=cells("karakida_{experiment}/{activation}/predicted.json"),
    log:
        logs("karakida_{experiment}/{activation}/predicted"),
    benchmark:
        costs("karakida_{experiment}/{activation}/predicted")
    wildcard_constraints:
        experiment="fig2_gaussian|fig2_data|figC2_data",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=memory(k_prediction_mb),
        runtime=time_limit(k_prediction_seconds),
        estimated_seconds=seconds(k_prediction_seconds),
    params:
        activation=k_activation_options,
        training=K["training"],
        dataset=lambda wildcards: (
            "gaussian"
            if wildcards.experiment == "fig2_gaussian"
            else dataset_file(K[wildcards.experiment]["dataset"]) or "digits"
        ),
        normalisation=lambda wildcards: K[wildcards.experiment].get(
            "normalisation", "sample"
        ),
        widths=lambda wildcards: K[wildcards.experiment]["widths"],
        samples=lambda wildcards: K[wildcards.experiment]["samples"],
        kernel_samples=lambda wildcards: K[wildcards.experiment].get(
            "kernel_samples", K[wildcards.experiment]["samples"]
        ),
        root_seed=config["root_seed"],
    message:
        "{wildcards.experiment}: critical learning rates of {wildcards.activation} networks, from theory and data"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_{wildcards.experiment} --root-seed {params.root_seed}"
        " --dataset {params.dataset:q} --normalisation {params.normalisation}"
        " --activation {wildcards.activation} {params.activation}"
        " --depth {params.training[depth]} --widths {params.widths}"
        " --samples {params.samples} --kernel-samples {params.kernel_samples}"
        " --momentum {params.training[momentum]}"


rule karakida_fig2_table:
    input:
        code=code("scripts/karakida/tabulate_training.py"),
        parts=[
            part
            for experiment in ["fig2_gaussian", "fig2_data"]
            for part in k_columns(experiment)
        ],
        sidecars=[
            file
            for experiment in ["fig2_gaussian", "fig2_data"]
            for file in sidecars_of(k_columns(experiment))
        ],
        predictions=[
            part
            for experiment in ["fig2_gaussian", "fig2_data"]
            for part in k_predictions(experiment)
        ],
    output:
        table=table("karakida_fig2"),
        provenance=sidecar("karakida_fig2"),
    log:
        logs("karakida_fig2/table"),
    benchmark:
        costs("karakida_fig2/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(
            K["activations"],
            K["training"],
            *[K[experiment] for experiment in ["fig2_gaussian", "fig2_data"]],
        ),
        divergence_loss=K["training"]["divergence_loss"],
    message:
        "Karakida Figure 2: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --predictions {input.predictions}"
        " --divergence-loss {params.divergence_loss}"


rule karakida_fig2_figure:
    input:
        code=code("scripts/karakida/plot_training.py"),
        table=table("karakida_fig2"),
    output:
        png=report(
            drawn("karakida_fig2", "png"),
            caption=caption("karakida_fig2"),
            category=K_CATEGORY,
            labels={
                "figure": "Figure 2",
                "panels": "training loss over M and eta",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_fig2", "pdf"),
    log:
        logs("karakida_fig2/figure"),
    benchmark:
        costs("karakida_fig2/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Figure 2: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_fig2:
    input:
        rules.karakida_fig2_table.output,
        rules.karakida_fig2_figure.output,
    message:
        "Karakida Figure 2 is there"


rule karakida_figC2_table:
    input:
        code=code("scripts/karakida/tabulate_training.py"),
        parts=[part for experiment in ["figC2_data"] for part in k_columns(experiment)],
        sidecars=[
            file
            for experiment in ["figC2_data"]
            for file in sidecars_of(k_columns(experiment))
        ],
        predictions=[
            part for experiment in ["figC2_data"] for part in k_predictions(experiment)
        ],
    output:
        table=table("karakida_figC2"),
        provenance=sidecar("karakida_figC2"),
    log:
        logs("karakida_figC2/table"),
    benchmark:
        costs("karakida_figC2/table")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=TABLE_MB,
        runtime=10,
    params:
        settings=settings(
            K["activations"],
            K["training"],
            *[K[experiment] for experiment in ["figC2_data"]],
        ),
        divergence_loss=K["training"]["divergence_loss"],
    message:
        "Karakida Figure C.2: table"
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --predictions {input.predictions}"
        " --divergence-loss {params.divergence_loss}"


rule karakida_figC2_figure:
    input:
        code=code("scripts/karakida/plot_training.py"),
        table=table("karakida_figC2"),
    output:
        png=report(
            drawn("karakida_figC2", "png"),
            caption=caption("karakida_figC2"),
            category=K_CATEGORY,
            labels={
                "figure": "Figure C.2",
                "panels": "training loss over M and eta",
                "scale": config["scale"],
            },
        ),
        pdf=drawn("karakida_figC2", "pdf"),
    log:
        logs("karakida_figC2/figure"),
    benchmark:
        costs("karakida_figC2/figure")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=FIGURE_MB,
        runtime=10,
    message:
        "Karakida Figure C.2: figure"
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_figC2:
    input:
        rules.karakida_figC2_table.output,
        rules.karakida_figC2_figure.output,
    message:
        "Karakida Figure C.2 is there"


rule karakida:
    input:
        rules.karakida_fig1.input,
        rules.karakida_figC1.input,
        rules.karakida_fig2.input,
        rules.karakida_figC2.input,
        rules.karakida_theorem5.input,
        rules.karakida_many_outputs.input,
        rules.karakida_corollary2.input,
    message:
        "Every figure and table of Karakida, Akaho, Amari is there"
