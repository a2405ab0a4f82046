# What the rules of Karakida, Akaho, Amari 2019 share: parts of tables, command-line options, memory.
import itertools
from shlex import quote

from fisher_spectra.karakida_resources import (
    FIGURE_MB,
    TABLE_MB,
    limit_minutes,
    pixels_of,
    prediction_mb,
    prediction_seconds,
    sampling_mb,
    sampling_seconds,
    training_mb,
    training_seconds,
)

K = config["karakida"]
K_CATEGORY = "Karakida, Akaho, Amari 2019"


def k_activation_options(wildcards):
    """Command-line options of an activation: its function and the variances of weights and biases."""
    a = K["activations"][wildcards.activation]
    return f"--function {quote(a['function'])} --sigma-w2 {a['sigma_w2']} --sigma-b2 {a['sigma_b2']}"


def k_blocks(experiment):
    """The parts of the table of an experiment on sampled networks: blocks of networks of each activation."""
    e = K[experiment]
    return [
        cells(f"karakida_{experiment}/{activation}/networks_{first}-{stop}.csv")
        for activation in K["activations"]
        for first, stop in chunks(e["networks"], e["networks_per_job"])
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


def k_network_mb(experiment, attempt):
    """Memory of a job that samples networks, of its largest cell; more at each retry."""
    every = "thresholds" in K[experiment]
    needed = sampling_mb(k_grid_cells(experiment), all_eigenvalues=every)
    return attempt * (needed + OVERHEAD_MB)


def k_network_seconds(experiment, wildcards):
    """Estimated run time of a job that samples networks."""
    number = int(wildcards.stop) - int(wildcards.first)
    every = "thresholds" in K[experiment]
    return sampling_seconds(
        k_grid_cells(experiment),
        number,
        all_eigenvalues=every,
        dual_matrix=experiment != "theorem5",
    )


def k_layers(experiment, width):
    """Widths of all layers of a trained network, and the name of its data set, if any."""
    t = K["training"]
    if experiment == "fig2_gaussian":
        return [width] * t["depth"] + [t["outputs"]], None
    name = k_dataset(experiment)
    return [pixels_of(name)[1]] + [width] * (t["depth"] - 1) + [t["outputs"]], name


def k_training_mb(wildcards, attempt):
    """Memory of a job that trains columns, of its widest network; more at each retry."""
    e = K[wildcards.experiment]
    widest = max(map(int, wildcards.widths.split("-")))
    layers, dataset = k_layers(wildcards.experiment, widest)
    batch = e.get("batch_size", e["samples"])
    gpu = config["device"] == "cuda"
    needed = training_mb(layers, e["samples"], batch, dataset=dataset, gpu=gpu)
    return attempt * (needed + OVERHEAD_MB)


def k_training_seconds(wildcards):
    """Estimated run time on one core of a job that trains columns."""
    e = K[wildcards.experiment]
    cells_of_column = e["learning_rates"]["number"] * K["training"]["trials"]
    batch = e.get("batch_size", e["samples"])
    steps = e.get("steps", -(-e["samples"] // batch))
    return sum(
        training_seconds(
            k_layers(wildcards.experiment, width)[0],
            batch,
            steps,
            cells_of_column,
            in_span="steps" in e and batch <= width,
        )
        for width in map(int, wildcards.widths.split("-"))
    )


def k_prediction_sizes(experiment):
    """Samples, their dimension, samples of the kernel, and the name of the data set, if any."""
    e = K[experiment]
    widest = max(e["widths"])
    layers, dataset = k_layers(experiment, widest)
    return e["samples"], layers[0], e.get("kernel_samples", e["samples"]), dataset


def k_prediction_mb(wildcards, attempt):
    """Memory of a job that predicts critical learning rates; more at each retry."""
    samples, inputs, kernel, dataset = k_prediction_sizes(wildcards.experiment)
    needed = prediction_mb(samples, inputs, kernel, dataset=dataset)
    return attempt * (needed + OVERHEAD_MB)


def k_prediction_seconds(wildcards):
    """Estimated run time of a job that predicts critical learning rates."""
    _, inputs, kernel, _ = k_prediction_sizes(wildcards.experiment)
    widths = len(K[wildcards.experiment]["widths"])
    return prediction_seconds(kernel, inputs, widths, K["training"]["depth"])


def k_rates(wildcards):
    """Command-line options of the learning rates of a training experiment."""
    rates = K[wildcards.experiment]["learning_rates"]
    return f"--smallest-rate {rates['smallest']} --largest-rate {rates['largest']} --rates {rates['number']}"


def k_columns(experiment):
    """The parts of a colour map: a few columns, each a width, of each activation."""
    widths = K[experiment]["widths"]
    return [
        cells(
            f"karakida_{experiment}/{activation}/M{'-'.join(map(str, widths[first:stop]))}.csv"
        )
        for activation in K["activations"]
        for first, stop in chunks(len(widths), K["training"]["widths_per_job"])
    ]


def k_predictions(experiment):
    """The predicted learning rates of a colour map, one table for each activation."""
    return [
        cells(f"karakida_{experiment}/{activation}/predicted.csv")
        for activation in K["activations"]
    ]


def k_dataset(experiment):
    """Name of the data set of a colour map, as it stands in tables."""
    return (
        "gaussian"
        if experiment == "fig2_gaussian"
        else Path(K[experiment]["dataset"]).stem
    )
