# What the rules of Karakida, Akaho, Amari 2019 share: parts of tables, command-line options, memory.
import itertools
from shlex import quote

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.karakida import (
    prediction_mb,
    prediction_seconds,
    sampling_mb,
    sampling_seconds,
    training_mb,
    training_seconds,
)
from fisher_spectra.workflow.estimates.rates import TORCH_START_SECONDS

K = config["karakida"]
K_CATEGORY = "Karakida, Akaho, Amari 2019"


def k_activation_options(wildcards):
    """Command-line options of an activation: its function and the variances of weights and biases."""
    a = K["activations"][wildcards.activation]
    return f"--function {quote(a['function'])} --sigma-w2 {a['sigma_w2']} --sigma-b2 {a['sigma_b2']}"


def k_blocks(experiment):
    """The parts of the table of an experiment on sampled networks: blocks of networks of each activation."""
    e = K[experiment]
    each = k_sampling_seconds(experiment, e["networks"]) / e["networks"]
    return [
        cells(f"karakida_{experiment}/{activation}/networks_{first}-{stop}.csv")
        for activation in K["activations"]
        for first, stop in blocks(
            e["networks"], e["networks_per_job"], each, JOB_SECONDS
        )
    ]


def k_grid(experiment):
    """The values of L, M, T and C that an experiment on sampled networks runs through, as lists."""
    e = K[experiment]

    def values(one, many):
        value = e[many] if many in e else e[one]
        return value if isinstance(value, list) else [value]

    return (
        values("depth", "depths"),
        values("width", "widths"),
        values("samples", "samples"),
    )


def k_grid_options(wildcards, experiment=None):
    """Command-line options of the grid of an experiment on sampled networks."""
    experiment = experiment or wildcards.experiment
    depths, widths, samples = (
        " ".join(map(str, values)) for values in k_grid(experiment)
    )
    e = K[experiment]
    outputs = (
        f"--outputs {e['outputs']}"
        if "outputs" in e
        else f"--outputs-per-width {e['outputs_per_width']}"
    )
    return f"--depths {depths} --widths {widths} --samples {samples} {outputs}"


def k_grid_cells(experiment):
    """The cells (L, M, T, C) of an experiment on sampled networks."""
    e = K[experiment]
    return [
        (
            depth,
            width,
            samples,
            (
                e["outputs"]
                if "outputs" in e
                else max(1, round(e["outputs_per_width"] * width))
            ),
        )
        for depth, width, samples in itertools.product(*k_grid(experiment))
    ]


def k_network_mb(wildcards):
    """Memory of a job that samples networks, of its largest cell."""
    experiment = getattr(wildcards, "experiment", "theorem5")
    every = "thresholds" in K[experiment]
    return sampling_mb(k_grid_cells(experiment), all_eigenvalues=every)


def k_sampling_seconds(experiment, networks):
    """Estimated run time of a job that samples so many networks."""
    return sampling_seconds(
        k_grid_cells(experiment),
        networks,
        all_eigenvalues="thresholds" in K[experiment],
        dual_matrix=experiment != "theorem5",
    )


def k_network_seconds(wildcards):
    """Estimated run time of a job that samples networks."""
    number = int(wildcards.stop) - int(wildcards.first)
    return k_sampling_seconds(getattr(wildcards, "experiment", "theorem5"), number)


def k_layers(experiment, width):
    """Widths of all layers of a trained network, and the name of its data set, if any."""
    t = K["training"]
    if experiment == "fig2_gaussian":
        return [width] * t["depth"] + [t["outputs"]], None
    name = k_dataset(experiment)
    return [pixels_of(name)[1]] + [width] * (t["depth"] - 1) + [t["outputs"]], name


def k_training_mb(wildcards):
    """Memory of a job that trains columns, of its widest network."""
    e = K[wildcards.experiment]
    widest = max(map(int, wildcards.widths.split("-")))
    layers, dataset = k_layers(wildcards.experiment, widest)
    batch = e.get("batch_size", e["samples"])
    gpu = has_gpu(f"karakida_train_on_{'teacher' if dataset is None else 'data'}")
    return training_mb(layers, e["samples"], batch, dataset=dataset, gpu=gpu)


def k_column_seconds(experiment, width):
    """Estimated run time on one core of one column: every learning rate and trial of a width."""
    e = K[experiment]
    batch = e.get("batch_size", e["samples"])
    return training_seconds(
        k_layers(experiment, width)[0],
        batch,
        e.get("steps", -(-e["samples"] // batch)),
        e["learning_rates"]["number"] * K["training"]["trials"],
        in_span="steps" in e and batch <= width,
    )


def k_training_seconds(wildcards):
    """Estimated run time on one core of a job that trains columns."""
    widths = map(int, wildcards.widths.split("-"))
    columns = sum(k_column_seconds(wildcards.experiment, width) for width in widths)
    return TORCH_START_SECONDS + columns


def k_prediction_sizes(experiment):
    """Samples, their dimension, samples of the kernel, and the name of the data set, if any."""
    e = K[experiment]
    widest = max(e["widths"])
    layers, dataset = k_layers(experiment, widest)
    return e["samples"], layers[0], e.get("kernel_samples", e["samples"]), dataset


def k_prediction_mb(wildcards):
    """Memory of a job that predicts critical learning rates."""
    samples, inputs, kernel, dataset = k_prediction_sizes(wildcards.experiment)
    return prediction_mb(samples, inputs, kernel, dataset=dataset)


def k_prediction_seconds(wildcards):
    """Estimated run time of a job that predicts critical learning rates."""
    samples, inputs, kernel, _ = k_prediction_sizes(wildcards.experiment)
    function = K["activations"][wildcards.activation]["function"]
    return prediction_seconds(
        samples,
        inputs,
        kernel,
        len(K[wildcards.experiment]["widths"]),
        K["training"]["depth"],
        closed_form=get_activation(function).slopes is not None,
    )


def k_rates(wildcards):
    """Command-line options of the learning rates of a training experiment."""
    rates = K[wildcards.experiment]["learning_rates"]
    return f"--smallest-rate {rates['smallest']} --largest-rate {rates['largest']} --rates {rates['number']}"


def k_columns(experiment):
    """The parts of a colour map: a few columns, each a width, of each activation."""
    widths = K[experiment]["widths"]
    columns = [k_column_seconds(experiment, width) for width in widths]
    return [
        cells(
            f"karakida_{experiment}/{activation}/M{'-'.join(map(str, widths[first:stop]))}.csv"
        )
        for activation in K["activations"]
        for first, stop in runs(columns, K["training"]["widths_per_job"], JOB_SECONDS)
    ]


def k_predictions(experiment):
    """The predicted learning rates of a colour map, one table for each activation."""
    return [
        cells(f"karakida_{experiment}/{activation}/predicted.csv")
        for activation in K["activations"]
    ]


def k_dataset(experiment):
    """Name of the data set of a colour map, as it stands in tables."""
    return "gaussian" if experiment == "fig2_gaussian" else dataset_name(K[experiment])
