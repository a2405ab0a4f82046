# What the rules of Karakida, Akaho, Amari 2019 share: parts of tables, command-line options, memory.
import itertools
from shlex import quote

from fisher_spectra.resource_estimates import TORCH_BASE_MB, sampled_network_mb

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


def k_training_mb(wildcards, attempt):
    """Memory of a job that trains a column; more at each retry."""
    return attempt * (TORCH_BASE_MB + K["training"]["memory_mb"])


def k_network_mb(experiment, attempt):
    """Memory of a job that samples networks, of its largest cell; more at each retry."""
    e = K[experiment]
    return attempt * max(
        sampled_network_mb(
            depth,
            width,
            samples,
            (
                e["outputs"]
                if "outputs" in e
                else max(1, round(e["outputs_per_width"] * width))
            ),
            all_eigenvalues="thresholds" in e,
        )
        for depth, width, samples in itertools.product(*k_grid(experiment))
    )


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
