# Karakida, Akaho, Amari 2019: eigenvalues of sampled networks, training over (M, eta), predicted learning rates.
from fisher_spectra.workflow.plans.karakida import FISHER_RAO, SHORT, KarakidaPlan

K = KarakidaPlan(config["karakida"], site)
B = K.beyond_figures


# a minute or two at paper scale: not worth a place in a queue
stay_here(
    "karakida_sample_few_networks",
    "karakida_sample_finite_size",
    "karakida_predict_learning_rates",
    "karakida_predict_finite_size",
    "karakida_train_catapult_on_data",
)


rule karakida_sample_networks:
    input:
        code=code("karakida/sample_networks.py"),
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
        experiment="|".join(K.long_sampling),
        activation="[a-z][a-z0-9]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.network_mb),
        runtime=asks.time_limit(K.network_seconds),
        estimated_seconds=asks.seconds(K.network_seconds),
    params:
        script="scripts/karakida/sample_networks.py",
        settings=settings(
            "karakida/sample_networks.py",
            "karakida.{experiment}",
            "karakida.activations.{activation}",
            experiment="karakida_{experiment}",
            cells=K.cells,
        ),
    message:
        "{wildcards.experiment}: eigenvalues of {wildcards.activation} networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


use rule karakida_sample_networks as karakida_sample_few_networks with:
    wildcard_constraints:
        experiment="|".join(SHORT),
        activation="[a-z][a-z0-9]*",


rule karakida_sample_fisher_rao:
    input:
        code=code("karakida/sample_fisher_rao.py"),
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
        experiment=FISHER_RAO,
        activation="[a-z][a-z0-9]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.network_mb),
        runtime=asks.time_limit(K.network_seconds),
        estimated_seconds=asks.seconds(K.network_seconds),
    params:
        script="scripts/karakida/sample_fisher_rao.py",
        settings=settings(
            "karakida/sample_fisher_rao.py",
            "karakida.{experiment}",
            "karakida.activations.{activation}",
            experiment="karakida_{experiment}",
            cells=K.cells,
        ),
    message:
        "{wildcards.experiment}: Fisher-Rao norms of {wildcards.activation} networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule karakida_sample_finite_size:
    input:
        code=code("karakida/sample_finite_size.py"),
    output:
        table=cells("karakida_finite_size/{activation}/networks_{first}-{stop}.csv"),
        provenance=cells(
            "karakida_finite_size/{activation}/networks_{first}-{stop}.json"
        ),
    log:
        logs("karakida_finite_size/{activation}/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_finite_size/{activation}/networks_{first}-{stop}")
    wildcard_constraints:
        activation="[a-z][a-z0-9]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.finite_size_mb),
        runtime=asks.time_limit(K.finite_size_seconds),
        estimated_seconds=asks.seconds(K.finite_size_seconds),
    params:
        script="scripts/karakida/sample_finite_size.py",
        settings=settings(
            "karakida/sample_finite_size.py",
            "karakida.finite_size",
            "karakida.finite_size.activations.{activation}",
        ),
    message:
        "finite sizes: eigenvalues of {wildcards.activation} networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule karakida_predict_finite_size:
    input:
        code=code("karakida/predict_finite_size.py"),
    output:
        table=cells("karakida_finite_size/{activation}/predicted.csv"),
        provenance=cells("karakida_finite_size/{activation}/predicted.json"),
    log:
        logs("karakida_finite_size/{activation}/predicted"),
    benchmark:
        costs("karakida_finite_size/{activation}/predicted")
    wildcard_constraints:
        activation="[a-z][a-z0-9]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.finite_size_mb),
        runtime=asks.time_limit(K.finite_size_prediction_seconds),
        estimated_seconds=asks.seconds(K.finite_size_prediction_seconds),
    params:
        script="scripts/karakida/predict_finite_size.py",
        settings=settings(
            "karakida/predict_finite_size.py",
            "karakida.finite_size",
            "karakida.finite_size.activations.{activation}",
        ),
    message:
        "finite sizes: predicted largest eigenvalues of {wildcards.activation} networks"
    shell:
        COMPUTE


rule karakida_sample_universality:
    input:
        code=code("karakida/sample_universality.py"),
    output:
        table=cells("karakida_universality/networks_{first}-{stop}.csv"),
        provenance=cells("karakida_universality/networks_{first}-{stop}.json"),
    log:
        logs("karakida_universality/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_universality/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(B.universality_mb),
        runtime=asks.time_limit(B.universality_seconds),
        estimated_seconds=asks.seconds(B.universality_seconds),
    params:
        script="scripts/karakida/sample_universality.py",
        settings=settings("karakida/sample_universality.py", "karakida.universality"),
    message:
        "universality: networks {wildcards.first} to {wildcards.stop} of other laws, inputs and layers"
    shell:
        COMPUTE


rule karakida_sample_bulk:
    input:
        code=code("karakida/sample_bulk.py"),
    output:
        table=cells("karakida_bulk/networks_{first}-{stop}.csv"),
        provenance=cells("karakida_bulk/networks_{first}-{stop}.json"),
    log:
        logs("karakida_bulk/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_bulk/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(B.bulk_mb),
        runtime=asks.time_limit(B.bulk_seconds),
        estimated_seconds=asks.seconds(B.bulk_seconds),
    params:
        script="scripts/karakida/sample_bulk.py",
        settings=settings("karakida/sample_bulk.py", "karakida.bulk"),
    message:
        "bulk: all eigenvalues of networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule karakida_sample_layers:
    input:
        code=code("karakida/sample_layers.py"),
    output:
        table=cells("karakida_layers/networks_{first}-{stop}.csv"),
        provenance=cells("karakida_layers/networks_{first}-{stop}.json"),
    log:
        logs("karakida_layers/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_layers/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(B.layers_mb),
        runtime=asks.time_limit(B.layers_seconds),
        estimated_seconds=asks.seconds(B.layers_seconds),
    params:
        script="scripts/karakida/sample_layers.py",
        settings=settings("karakida/sample_layers.py", "karakida.layers"),
    message:
        "layers: networks {wildcards.first} to {wildcards.stop} of each kind of layers"
    shell:
        COMPUTE


rule karakida_sample_softmax:
    input:
        code=code("karakida/sample_softmax.py"),
    output:
        table=cells("karakida_softmax/networks_{first}-{stop}.csv"),
        provenance=cells("karakida_softmax/networks_{first}-{stop}.json"),
    log:
        logs("karakida_softmax/networks_{first}-{stop}"),
    benchmark:
        costs("karakida_softmax/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(B.softmax_mb),
        runtime=asks.time_limit(B.softmax_seconds),
        estimated_seconds=asks.seconds(B.softmax_seconds),
    params:
        script="scripts/karakida/sample_softmax.py",
        settings=settings("karakida/sample_softmax.py", "karakida.softmax"),
    message:
        "softmax: networks {wildcards.first} to {wildcards.stop}, their outliers and descent"
    shell:
        COMPUTE


rule karakida_train_on_teacher:
    input:
        code=code("karakida/train_on_teacher.py"),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="fig2_gaussian",
        activation="[a-z][a-z0-9]*",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.training_mb),
        runtime=asks.time_limit(K.training_seconds),
        estimated_seconds=asks.seconds(K.training_seconds),
        training_mb=config["karakida"]["training"]["memory_mb"],
    params:
        script="scripts/karakida/train_on_teacher.py",
        settings=settings(
            "karakida/train_on_teacher.py",
            "karakida.{experiment}",
            "karakida.training",
            "karakida.activations.{activation}",
            experiment="karakida_{experiment}",
        ),
    message:
        "{wildcards.experiment}: training {wildcards.activation} students, M = {wildcards.widths}"
    shell:
        TRAIN


rule karakida_train_on_data:
    input:
        code=code("karakida/train_on_data.py"),
        data=where_it_lies(K.data),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="fig2_data|figC2_data",
        activation="[a-z][a-z0-9]*",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.training_mb),
        runtime=asks.time_limit(K.training_seconds),
        estimated_seconds=asks.seconds(K.training_seconds),
        training_mb=config["karakida"]["training"]["memory_mb"],
    params:
        script="scripts/karakida/train_on_data.py",
        settings=settings(
            "karakida/train_on_data.py",
            "karakida.{experiment}",
            "karakida.training",
            "karakida.activations.{activation}",
            experiment="karakida_{experiment}",
            dataset=K.dataset,
        ),
    message:
        "{wildcards.experiment}: training {wildcards.activation} networks on data, M = {wildcards.widths}"
    shell:
        f"{TRAIN} {FROM_DATA}"


rule karakida_train_catapult:
    input:
        code=code("karakida/train_catapult.py"),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="catapult",
        activation="[a-z][a-z0-9]*",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.catapult_mb),
        runtime=asks.time_limit(K.catapult_seconds),
        estimated_seconds=asks.seconds(K.catapult_seconds),
    params:
        script="scripts/karakida/train_catapult.py",
        settings=settings(
            "karakida/train_catapult.py",
            "karakida.catapult",
            "karakida.training",
            "karakida.activations.{activation}",
        ),
    message:
        "catapult: {wildcards.activation} networks around their critical learning rate, M = {wildcards.widths}"
    shell:
        COMPUTE


rule karakida_train_catapult_on_data:
    input:
        code=code("karakida/train_catapult_on_data.py"),
        data=where_it_lies(K.data),
    output:
        table=cells("karakida_{experiment}/{activation}/M{widths}.csv"),
        provenance=cells("karakida_{experiment}/{activation}/M{widths}.json"),
    log:
        logs("karakida_{experiment}/{activation}/M{widths}"),
    benchmark:
        costs("karakida_{experiment}/{activation}/M{widths}")
    wildcard_constraints:
        experiment="catapult_data",
        activation="[a-z][a-z0-9]*",
        widths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.catapult_mb),
        runtime=asks.time_limit(K.catapult_seconds),
        estimated_seconds=asks.seconds(K.catapult_seconds),
    params:
        script="scripts/karakida/train_catapult_on_data.py",
        settings=settings(
            "karakida/train_catapult_on_data.py",
            "karakida.catapult_data",
            "karakida.catapult",
            "karakida.training",
            "karakida.activations.{activation}",
            dataset=K.dataset,
        ),
    message:
        "catapult: {wildcards.activation} networks on data, M = {wildcards.widths}"
    shell:
        f"{COMPUTE} {FROM_DATA}"


rule karakida_predict_learning_rates:
    input:
        code=code("karakida/predict_learning_rates.py"),
        data=where_it_lies(K.data),
    output:
        table=cells("karakida_{experiment}/{activation}/predicted.csv"),
        provenance=cells("karakida_{experiment}/{activation}/predicted.json"),
    log:
        logs("karakida_{experiment}/{activation}/predicted"),
    benchmark:
        costs("karakida_{experiment}/{activation}/predicted")
    wildcard_constraints:
        experiment="fig2_gaussian|fig2_data|figC2_data",
        activation="[a-z][a-z0-9]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(K.prediction_mb),
        runtime=asks.time_limit(K.prediction_seconds),
        estimated_seconds=asks.seconds(K.prediction_seconds),
    params:
        script="scripts/karakida/predict_learning_rates.py",
        settings=settings(
            "karakida/predict_learning_rates.py",
            "karakida.{experiment}",
            "karakida.training",
            "karakida.activations.{activation}",
            experiment="karakida_{experiment}",
            dataset=K.dataset,
        ),
    message:
        "{wildcards.experiment}: critical learning rates of {wildcards.activation} networks, from theory and data"
    shell:
        f"{COMPUTE} {FROM_DATA}"
