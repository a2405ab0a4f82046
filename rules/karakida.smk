# Karakida, Akaho, Amari 2019: mean field theory of the Fisher information, against sampled networks and training.
from fisher_spectra.resource_estimates import sampled_network_mb

K = config["karakida"]
K_CATEGORY = "Karakida, Akaho, Amari 2019"


def k_activation(wildcards):
    return K["activations"][wildcards.activation]


def k_blocks(experiment):
    """The parts of the table of an experiment on sampled networks, in order."""
    e = K[experiment]
    samples = e["samples"] if isinstance(e["samples"], list) else [e["samples"]]
    return [
        cells(f"karakida_{experiment}/{activation}/L{depth}_M{width}_T{T}_C{outputs}/networks_{first}-{stop}.csv")
        for activation in K["activations"]
        for depth in e.get("depths", [e.get("depth")])
        for width in e.get("widths", [e.get("width")])
        for outputs in [e["outputs"] if "outputs" in e else max(1, round(e["outputs_per_width"] * width))]
        for T in samples
        for first, stop in chunks(e["networks"], e["networks_per_job"])
    ]


def k_network_mb(wildcards, attempt):
    """Memory of a job that samples networks; more at each retry."""
    sizes = [int(wildcards[name]) for name in ("depth", "width", "samples", "outputs")]
    return attempt * sampled_network_mb(*sizes, all_eigenvalues="corollary2" in str(wildcards.get("experiment", "")))


wildcard_constraints:
    activation="[a-z][a-z0-9]*",


rule karakida_sample_networks:
    message:
        "{wildcards.experiment}: eigenvalues of {wildcards.activation} networks, M = {wildcards.width}, T = {wildcards.samples}, C = {wildcards.outputs}"
    input:
        code=code("scripts/karakida/sample_networks.py"),
    output:
        table=cells(
            "karakida_{experiment}/{activation}/L{depth}_M{width}_T{samples}_C{outputs}/networks_{first}-{stop}.csv"
        ),
        provenance=cells(
            "karakida_{experiment}/{activation}/L{depth}_M{width}_T{samples}_C{outputs}/networks_{first}-{stop}.json"
        ),
    log:
        logs("karakida_{experiment}/{activation}_L{depth}_M{width}_T{samples}_C{outputs}_{first}-{stop}"),
    benchmark:
        costs("karakida_{experiment}/{activation}_L{depth}_M{width}_T{samples}_C{outputs}_{first}-{stop}")
    wildcard_constraints:
        experiment="fig1|figC1|many_outputs|corollary2",
    params:
        function=lambda wildcards: k_activation(wildcards)["function"],
        sigma_w2=lambda wildcards: k_activation(wildcards)["sigma_w2"],
        sigma_b2=lambda wildcards: k_activation(wildcards)["sigma_b2"],
        thresholds=lambda wildcards: K[wildcards.experiment].get("thresholds", []),
        root_seed=config["root_seed"],
    threads: 1
    resources:
        mem_mb=k_network_mb,
        runtime=60,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_{wildcards.experiment} --root-seed {params.root_seed}"
        " --activation {wildcards.activation} --function {params.function:q}"
        " --sigma-w2 {params.sigma_w2} --sigma-b2 {params.sigma_b2}"
        " --depth {wildcards.depth} --width {wildcards.width}"
        " --samples {wildcards.samples} --outputs {wildcards.outputs}"
        " --first {wildcards.first} --stop {wildcards.stop}"
        " --thresholds {params.thresholds}"


rule karakida_sample_fisher_rao:
    message:
        "theorem5: Fisher-Rao norms of {wildcards.activation} networks, L = {wildcards.depth}, M = {wildcards.width}"
    input:
        code=code("scripts/karakida/sample_fisher_rao.py"),
    output:
        table=cells(
            "karakida_theorem5/{activation}/L{depth}_M{width}_T{samples}_C{outputs}/networks_{first}-{stop}.csv"
        ),
        provenance=cells(
            "karakida_theorem5/{activation}/L{depth}_M{width}_T{samples}_C{outputs}/networks_{first}-{stop}.json"
        ),
    log:
        logs("karakida_theorem5/{activation}_L{depth}_M{width}_T{samples}_C{outputs}_{first}-{stop}"),
    benchmark:
        costs("karakida_theorem5/{activation}_L{depth}_M{width}_T{samples}_C{outputs}_{first}-{stop}")
    params:
        function=lambda wildcards: k_activation(wildcards)["function"],
        sigma_w2=lambda wildcards: k_activation(wildcards)["sigma_w2"],
        sigma_b2=lambda wildcards: k_activation(wildcards)["sigma_b2"],
        root_seed=config["root_seed"],
    threads: 1
    resources:
        mem_mb=k_network_mb,
        runtime=60,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --experiment karakida_theorem5 --root-seed {params.root_seed}"
        " --activation {wildcards.activation} --function {params.function:q}"
        " --sigma-w2 {params.sigma_w2} --sigma-b2 {params.sigma_b2}"
        " --depth {wildcards.depth} --width {wildcards.width}"
        " --samples {wildcards.samples} --outputs {wildcards.outputs}"
        " --first {wildcards.first} --stop {wildcards.stop}"


rule karakida_fig1_table:
    message:
        "Karakida Figure 1: table"
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
    params:
        settings=settings(K["activations"], K["fig1"]),
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_fig1_figure:
    message:
        "Karakida Figure 1: figure"
    input:
        code=code("scripts/karakida/plot_statistics.py"),
        table=table("karakida_fig1"),
    output:
        png=report(
            drawn("karakida_fig1", "png"),
            caption=caption("karakida_fig1"),
            category=K_CATEGORY,
            labels={"figure": "Figure 1", "panels": "mean, second moment, maximum against M", "scale": config["scale"]},
        ),
        pdf=drawn("karakida_fig1", "pdf"),
    log:
        logs("karakida_fig1/figure"),
    benchmark:
        costs("karakida_fig1/figure")
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_fig1:
    message:
        "Karakida Figure 1 is there"
    input:
        rules.karakida_fig1_table.output,
        rules.karakida_fig1_figure.output,


rule karakida_figC1_table:
    message:
        "Karakida Figure C.1: table"
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
    params:
        settings=settings(K["activations"], K["figC1"]),
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_figC1_figure:
    message:
        "Karakida Figure C.1: figure"
    input:
        code=code("scripts/karakida/plot_statistics.py"),
        table=table("karakida_figC1"),
    output:
        png=report(
            drawn("karakida_figC1", "png"),
            caption=caption("karakida_figC1"),
            category=K_CATEGORY,
            labels={"figure": "Figure C.1", "panels": "mean, second moment, maximum against T", "scale": config["scale"]},
        ),
        pdf=drawn("karakida_figC1", "pdf"),
    log:
        logs("karakida_figC1/figure"),
    benchmark:
        costs("karakida_figC1/figure")
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_figC1:
    message:
        "Karakida Figure C.1 is there"
    input:
        rules.karakida_figC1_table.output,
        rules.karakida_figC1_figure.output,


rule karakida_theorem5_table:
    message:
        "Karakida Theorem 5: table"
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
    params:
        settings=settings(K["activations"], K["theorem5"]),
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_theorem5_figure:
    message:
        "Karakida Theorem 5: figure"
    input:
        code=code("scripts/karakida/plot_theorem5.py"),
        table=table("karakida_theorem5"),
    output:
        png=report(
            drawn("karakida_theorem5", "png"),
            caption=caption("karakida_theorem5"),
            category=K_CATEGORY,
            labels={"figure": "Theorem 5", "panels": "Fisher-Rao norm against depth", "scale": config["scale"]},
        ),
        pdf=drawn("karakida_theorem5", "pdf"),
    log:
        logs("karakida_theorem5/figure"),
    benchmark:
        costs("karakida_theorem5/figure")
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_theorem5:
    message:
        "Karakida Theorem 5 is there"
    input:
        rules.karakida_theorem5_table.output,
        rules.karakida_theorem5_figure.output,


rule karakida_many_outputs_table:
    message:
        "Karakida Section 3.4: table"
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
    params:
        settings=settings(K["activations"], K["many_outputs"]),
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"


rule karakida_many_outputs_figure:
    message:
        "Karakida Section 3.4: figure"
    input:
        code=code("scripts/karakida/plot_many_outputs.py"),
        table=table("karakida_many_outputs"),
    output:
        png=report(
            drawn("karakida_many_outputs", "png"),
            caption=caption("karakida_many_outputs"),
            category=K_CATEGORY,
            labels={"figure": "Equations 17, 18", "panels": "mean, second moment, maximum with C = O(M)", "scale": config["scale"]},
        ),
        pdf=drawn("karakida_many_outputs", "pdf"),
    log:
        logs("karakida_many_outputs/figure"),
    benchmark:
        costs("karakida_many_outputs/figure")
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_many_outputs:
    message:
        "Karakida Section 3.4 is there"
    input:
        rules.karakida_many_outputs_table.output,
        rules.karakida_many_outputs_figure.output,


rule karakida_corollary2_table:
    message:
        "Karakida Corollary 2: table"
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
    params:
        settings=settings(K["activations"], K["corollary2"]),
        thresholds=K["corollary2"]["thresholds"],
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]}"
        " --output {output.table} --provenance {output.provenance} --log {log}"
        " --settings {params.settings:q} --parts {input.parts}"
        " --thresholds {params.thresholds}"


rule karakida_corollary2_figure:
    message:
        "Karakida Corollary 2: figure"
    input:
        code=code("scripts/karakida/plot_corollary2.py"),
        table=table("karakida_corollary2"),
    output:
        png=report(
            drawn("karakida_corollary2", "png"),
            caption=caption("karakida_corollary2"),
            category=K_CATEGORY,
            labels={"figure": "Corollary 2", "panels": "number of large eigenvalues", "scale": config["scale"]},
        ),
        pdf=drawn("karakida_corollary2", "pdf"),
    log:
        logs("karakida_corollary2/figure"),
    benchmark:
        costs("karakida_corollary2/figure")
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python {input.code[0]} --output {output.png} --table {input.table} --log {log}"


rule karakida_corollary2:
    message:
        "Karakida Corollary 2 is there"
    input:
        rules.karakida_corollary2_table.output,
        rules.karakida_corollary2_figure.output,


rule karakida:
    message:
        "Every figure and table of Karakida, Akaho, Amari is there"
    input:
        rules.karakida_fig1.input,
        rules.karakida_figC1.input,
        rules.karakida_theorem5.input,
        rules.karakida_many_outputs.input,
        rules.karakida_corollary2.input,
