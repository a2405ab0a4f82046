# The reader's own networks, the section own of the configuration: theory, sampled networks, training, four figures each.
from fisher_spectra.workflow.plans.own import OwnPlan
from fisher_spectra.workflow.registry.own import (
    CATEGORY,
    NOTHING_THERE,
    OWN_FIGURES,
    figures_of_networks,
)

OWN = OwnPlan(config["own"], site)
OWN_NAMES = "|".join(OWN.names) or "nothing^"  # which matches no name
OWN_NETWORK = "own.{network}"


rule own_predict_network:
    input:
        code=code("own/predict_network.py"),
        data=where_it_lies(OWN.data),
    output:
        table=cells("own_{network}/predicted.csv"),
        provenance=cells("own_{network}/predicted.json"),
    log:
        logs("own_{network}/predicted"),
    benchmark:
        costs("own_{network}/predicted")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(OWN.prediction_mb),
        runtime=asks.time_limit(OWN.prediction_seconds),
        estimated_seconds=asks.seconds(OWN.prediction_seconds),
    params:
        script="scripts/own/predict_network.py",
        settings=settings("own/predict_network.py", OWN_NETWORK, dataset=OWN.dataset),
    message:
        "own {wildcards.network}: theory"
    shell:
        f"{COMPUTE} {FROM_DATA}"


rule own_sample_layers:
    input:
        code=code("own/sample_layers.py"),
        data=where_it_lies(OWN.data),
    output:
        table=cells("own_{network}/layers_{first}-{stop}.csv"),
        provenance=cells("own_{network}/layers_{first}-{stop}.json"),
    log:
        logs("own_{network}/layers_{first}-{stop}"),
    benchmark:
        costs("own_{network}/layers_{first}-{stop}")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(lambda wildcards: OWN.sampling_mb("layers", wildcards)),
        runtime=asks.time_limit(
            lambda wildcards: OWN.sampling_seconds("layers", wildcards)
        ),
        estimated_seconds=asks.seconds(
            lambda wildcards: OWN.sampling_seconds("layers", wildcards)
        ),
    params:
        script="scripts/own/sample_layers.py",
        settings=settings("own/sample_layers.py", OWN_NETWORK, dataset=OWN.dataset),
    message:
        "own {wildcards.network}: layers of networks {wildcards.first} to {wildcards.stop}"
    shell:
        f"{COMPUTE} {FROM_DATA}"


rule own_sample_spectra:
    input:
        code=code("own/sample_spectra.py"),
        data=where_it_lies(OWN.data),
    output:
        table=cells("own_{network}/spectrum_{first}-{stop}.csv"),
        provenance=cells("own_{network}/spectrum_{first}-{stop}.json"),
    log:
        logs("own_{network}/spectrum_{first}-{stop}"),
    benchmark:
        costs("own_{network}/spectrum_{first}-{stop}")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(lambda wildcards: OWN.sampling_mb("spectrum", wildcards)),
        runtime=asks.time_limit(
            lambda wildcards: OWN.sampling_seconds("spectrum", wildcards)
        ),
        estimated_seconds=asks.seconds(
            lambda wildcards: OWN.sampling_seconds("spectrum", wildcards)
        ),
    params:
        script="scripts/own/sample_spectra.py",
        settings=settings("own/sample_spectra.py", OWN_NETWORK, dataset=OWN.dataset),
    message:
        "own {wildcards.network}: spectra of networks {wildcards.first} to {wildcards.stop}"
    shell:
        f"{COMPUTE} {FROM_DATA}"


rule own_sample_networks:
    input:
        code=code("own/sample_networks.py"),
        data=where_it_lies(OWN.data),
    output:
        table=cells("own_{network}/x{factor}/networks_{first}-{stop}.csv"),
        provenance=cells("own_{network}/x{factor}/networks_{first}-{stop}.json"),
    log:
        logs("own_{network}/x{factor}/networks_{first}-{stop}"),
    benchmark:
        costs("own_{network}/x{factor}/networks_{first}-{stop}")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(lambda wildcards: OWN.sampling_mb("widths", wildcards)),
        runtime=asks.time_limit(
            lambda wildcards: OWN.sampling_seconds("widths", wildcards)
        ),
        estimated_seconds=asks.seconds(
            lambda wildcards: OWN.sampling_seconds("widths", wildcards)
        ),
    params:
        script="scripts/own/sample_networks.py",
        settings=settings(
            "own/sample_networks.py",
            OWN_NETWORK,
            dataset=OWN.dataset,
            width_factor=OWN.factor,
        ),
    message:
        "own {wildcards.network}: eigenvalues of networks {wildcards.first} to {wildcards.stop}, widths times {wildcards.factor}"
    shell:
        f"{COMPUTE} {FROM_DATA}"


rule own_train_network:
    input:
        code=code("own/train_network.py"),
        data=where_it_lies(OWN.data),
        predictions=lambda wildcards: OWN.theory(wildcards.network),
    output:
        table=cells("own_{network}/x{factor}/trials_{first}-{stop}.csv"),
        provenance=cells("own_{network}/x{factor}/trials_{first}-{stop}.json"),
    log:
        logs("own_{network}/x{factor}/trials_{first}-{stop}"),
    benchmark:
        costs("own_{network}/x{factor}/trials_{first}-{stop}")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(OWN.training_mb),
        runtime=asks.time_limit(OWN.training_seconds),
        estimated_seconds=asks.seconds(OWN.training_seconds),
        training_mb=OWN.training_memory,
    params:
        script="scripts/own/train_network.py",
        settings=settings(
            "own/train_network.py",
            OWN_NETWORK,
            dataset=OWN.dataset,
            width_factor=OWN.factor,
        ),
    message:
        "own {wildcards.network}: training trials {wildcards.first} to {wildcards.stop}, widths times {wildcards.factor}"
    shell:
        f"{TRAIN} --predictions {{input.predictions}} {FROM_DATA}"


for kind, figure in OWN_FIGURES.items():

    rule:
        name:
            f"own_{kind}_table"
        input:
            code=code(f"own/tabulate_{kind}.py"),
            parts=lambda wildcards, kind=kind: OWN.parts(kind, wildcards.network),
            sidecars=lambda wildcards, kind=kind: sidecars_of(
                OWN.parts(kind, wildcards.network)
            ),
            predictions=lambda wildcards, kind=kind: OWN.predictions(
                kind, wildcards.network
            ),
            data=where_it_lies(OWN.data),
        output:
            table=table(f"own_{{network}}_{kind}"),
            provenance=sidecar(f"own_{{network}}_{kind}"),
        log:
            logs(f"own_{{network}}_{kind}/table"),
        benchmark:
            costs(f"own_{{network}}_{kind}/table")
        wildcard_constraints:
            network=OWN_NAMES,
        conda:
            CONDA
        threads: 1
        resources:
            mem_mb=asks.fixed_memory(FIGURE_MB),
            runtime=10,
        params:
            script=f"scripts/own/tabulate_{kind}.py",
            settings=lambda wildcards, kind=kind: settings.of_table(
                f"own/tabulate_{kind}.py",
                (f"own.{wildcards.network}",),
                f"own_{wildcards.network}_{kind}",
                network=wildcards.network,
                dataset=OWN.dataset(wildcards),
            ),
        message:
            "own {wildcards.network}: table"
        shell:
            f"{TABULATE} {FROM_DATA}"

    rule:
        name:
            f"own_{kind}_figure"
        input:
            code=code("figures/draw_figure.py", f"fisher_spectra.plotting.own.{kind}"),
            table=table(f"own_{{network}}_{kind}"),
        output:
            png=report(
                drawn(f"own_{{network}}_{kind}", "png"),
                caption=caption(f"own_{kind}"),
                category=CATEGORY,
                subcategory="{network}",
                labels={
                    "figure": figure.title,
                    "panels": figure.panels,
                    "scale": config["scale"],
                },
            ),
            pdf=drawn(f"own_{{network}}_{kind}", "pdf"),
            provenance=drawn(f"own_{{network}}_{kind}", "json"),
        log:
            logs(f"own_{{network}}_{kind}/figure"),
        benchmark:
            costs(f"own_{{network}}_{kind}/figure")
        wildcard_constraints:
            network=OWN_NAMES,
        conda:
            CONDA
        threads: 1
        resources:
            mem_mb=asks.fixed_memory(FIGURE_MB),
            runtime=10,
        params:
            script="scripts/figures/draw_figure.py",
            plot=f"own.{kind}",
        message:
            "own {wildcards.network}: figure"
        shell:
            DRAW


rule own_page:
    input:
        code=code("report/own_network_page.py"),
        parts=[table("own_{network}_widths"), table("own_{network}_training")],
    output:
        page=report(
            f"{RESULTS}/pages/own_{{network}}.html",
            caption=caption("own_page"),
            category=CATEGORY,
            subcategory="{network}",
            labels={
                "figure": "Table of numbers",
                "panels": "predicted, sampled and trained",
                "scale": config["scale"],
            },
        ),
        table=f"{RESULTS}/pages/own_{{network}}.csv",
        provenance=f"{RESULTS}/pages/own_{{network}}.json",
    log:
        logs("pages/own_{network}"),
    benchmark:
        costs("pages/own_{network}")
    wildcard_constraints:
        network=OWN_NAMES,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.fixed_memory(TABLE_MB),
        runtime=10,
    params:
        script="scripts/report/own_network_page.py",
        settings=settings("report/own_network_page.py", OWN_NETWORK),
    message:
        "own {wildcards.network}: page of numbers"
    shell:
        PAGE


for network, names in figures_of_networks(config).items():
    for kind, name in names.items():

        rule:
            name:
                name
            input:
                OWN.files(network, kind),
            message:
                f"{name}: table and figure are there"

    rule:
        name:
            f"own_{network}"
        input:
            [OWN.files(network, kind) for kind in names],
            OWN.page_files(network),
        message:
            f"own {network}: every figure and table is there"


rule own:
    input:
        [
            [*OWN.files(network, kind), *OWN.page_files(network)]
            for network in OWN.names
            for kind in OWN_FIGURES
        ],
    message:
        (
            "Every figure and table of your own networks is there"
            if OWN.names
            else f"own: {NOTHING_THERE}"
        )
