# What the rules of Pennington, Worah 2018 share: parts of tables, command-line options, memory.
import math
import re
from shlex import quote

from fisher_spectra.workflow.estimates.pennington_worah import (
    dense_mb,
    dense_seconds,
    descent_mb,
    descent_seconds,
    lanczos_seconds,
    linear_mb,
    linear_seconds,
    matrix_free_mb,
    moments_seconds,
)
from fisher_spectra.workflow.estimates.rates import START_SECONDS, table_mb

PW = config["pennington_worah"]
PW_CATEGORY = "Pennington, Worah 2018"
PW_ITEMSIZE = {"float32": 4, "float64": 8}


def pw_nonlinearities(*names):
    """Command-line options of the named nonlinearities, or of all."""
    chosen = PW["nonlinearities"] if names in ((), ("all",)) else names
    return " ".join(
        f"--nonlinearity {name} {quote(PW['nonlinearities'][name]['function'])}"
        for name in chosen
    )


def pw_functions(*names):
    """The functions of the named nonlinearities, or of all: settings to be recorded beside a table."""
    return {
        name: PW["nonlinearities"][name]["function"]
        for name in names or PW["nonlinearities"]
    }


# Blocks of networks of some widths, in the name of a part: n64_0-32_n128_0-16.
PW_BLOCKS = r"n\d+_\d+-\d+(_n\d+_\d+-\d+)*"


def pw_blocks_of(wildcards):
    """The blocks in the name of a part: (width, first, one past the last network)."""
    return [
        tuple(map(int, numbers))
        for numbers in re.findall(r"n(\d+)_(\d+)-(\d+)", wildcards.blocks)
    ]


def pw_block_options(wildcards):
    """The blocks of a part as the scripts take them: 64:0-32 128:0-16."""
    return [f"{n}:{first}-{stop}" for n, first, stop in pw_blocks_of(wildcards)]


def pw_parts(folder, widths, networks, size, seconds_each):
    """Parts of a table: blocks of networks of some widths, with the number of networks and the time of one of each."""
    return [
        cells(
            f"pennington_{folder}/"
            + "_".join(
                f"n{widths[index]}_{first}-{stop}" for index, (first, stop) in part
            )
            + ".csv"
        )
        for part in stacks(networks, size, seconds_each, JOB_SECONDS)
    ]


def pw_dense_parts(experiment, nonlinearity, widths, networks, size):
    """Parts of an experiment whose jobs compute all eigenvalues of dense matrices."""
    each = [
        pw_dense_block_seconds(nonlinearity, width, number) / number
        for width, number in zip(widths, networks)
    ]
    return pw_parts(f"{experiment}/{nonlinearity}/all", widths, networks, size, each)


def pw_lanczos_parts(experiment, nonlinearity, widths, networks, size):
    """Parts of an experiment whose jobs compute spectra without the matrix."""
    each = [
        pw_lanczos_block_seconds(experiment, nonlinearity, width, number) / number
        for width, number in zip(widths, networks)
    ]
    folder = f"{experiment}/{nonlinearity}/lanczos"
    return pw_parts(folder, widths, networks, size, each)


def pw_fig1_parts():
    """Parts of Figure 1: linear networks, a small width in full, and the full width without forming the matrix."""
    e = PW["fig1"]
    n, size = [e["width"]], e["networks_per_job"]
    dense = [e["dense_width"]]
    return [
        *pw_dense_parts("fig1", "linear", n, [e["linear_networks"]], size),
        *pw_dense_parts("fig1", "erf_1", dense, [e["dense_networks"]], size),
        *pw_lanczos_parts("fig1", "erf_1", n, [e["lanczos_networks"]], size),
    ]


def pw_fig2_parts():
    """Parts of Figure 2b: small widths in full, larger ones without forming the matrix."""
    e = PW["fig2"]
    return [
        part
        for make, kind in ((pw_dense_parts, "dense"), (pw_lanczos_parts, "lanczos"))
        for part in make(
            "fig2",
            "erf_1",
            [one["width"] for one in e[kind]],
            [one["networks"] for one in e[kind]],
            e["networks_per_job"],
        )
    ]


def pw_fig3_parts():
    """Parts of Figure 3: blocks of networks for each family."""
    e = PW["fig3"]
    return [
        cells(f"pennington_fig3/{family}/networks_{first}-{stop}.csv")
        for family in e["families"]
        for first, stop in blocks(
            e["networks"],
            e["networks_per_job"],
            pw_descent_block_seconds(family, e["networks"]) / e["networks"],
            JOB_SECONDS,
        )
    ]


def pw_every_width(parts, experiment):
    """Parts of an experiment with as many networks, of all nonlinearities, at each width."""
    e = PW[experiment]
    networks = [e["networks"]] * len(e["widths"])
    return parts(experiment, "all", e["widths"], networks, e["networks_per_job"])


def pw_singularities_parts():
    """Parts of the table on the peaks (26): small networks of all nonlinearities."""
    return pw_every_width(pw_dense_parts, "singularities")


def pw_edges_parts():
    """Parts of the table of moments for the edges (25): matrix-free spectra of all nonlinearities."""
    return pw_every_width(pw_lanczos_parts, "edges")


def pw_moments_parts():
    """Parts of the table of moments: blocks of networks of all nonlinearities and widths."""
    e = PW["moments"]
    each = pw_moments_block_seconds(e["networks"]) / e["networks"]
    return [
        cells(f"pennington_moments/networks_{first}-{stop}.csv")
        for first, stop in blocks(
            e["networks"], e["networks_per_job"], each, JOB_SECONDS
        )
    ]


def pw_number(nonlinearity):
    """How many networks a job samples for each one of a block: one of each nonlinearity."""
    return len(PW["nonlinearities"]) if nonlinearity == "all" else 1


def pw_takes_a_gpu(wildcards):
    """Whether a job that decomposes dense matrices takes a GPU where there is one: not for matrices that take seconds."""
    return wildcards.experiment != "fig2" and wildcards.nonlinearity != "linear"


def pw_larger_on_gpu(wildcards):
    """Whether a job that decomposes dense matrices takes the width for GPUs: only if one is asked for, not if one is found."""
    e = PW["fig1"]
    if wildcards.experiment != "fig1" or wildcards.nonlinearity == "linear":
        return False
    return config["device"] == "cuda" and e["dense_width_gpu"] > e["dense_width"]


def pw_dense_device(wildcards):
    """Options of the device of a job that decomposes dense matrices."""
    if not pw_takes_a_gpu(wildcards):
        return "--device cpu"
    larger = (
        f" --width-gpu {PW['fig1']['dense_width_gpu']}"
        if pw_larger_on_gpu(wildcards)
        else ""
    )
    return f"--device {config['device']}{larger}"


def pw_dense_mb(wildcards):
    """Memory of a job that decomposes dense matrices."""
    found = pw_blocks_of(wildcards)
    if wildcards.nonlinearity == "linear":
        return max(linear_mb(n, stop - first) for n, first, stop in found)
    widest = max(n for n, _, _ in found)
    if not pw_takes_a_gpu(wildcards):
        return dense_mb(widest)
    larger = PW["fig1"]["dense_width_gpu"] if pw_larger_on_gpu(wildcards) else widest
    return dense_mb(larger, torch=True, gpu=has_gpu("pennington_sample_eigenvalues"))


def pw_dense_block_seconds(nonlinearity, width, networks):
    """Estimated run time of so many networks of a width with all eigenvalues."""
    if nonlinearity == "linear":
        return linear_seconds(width, networks)
    return dense_seconds(width, networks * pw_number(nonlinearity))


def pw_dense_seconds(wildcards):
    """Estimated run time of a job that decomposes dense matrices."""
    return START_SECONDS + sum(
        pw_dense_block_seconds(wildcards.nonlinearity, n, stop - first)
        for n, first, stop in pw_blocks_of(wildcards)
    )


def pw_probes(experiment, width):
    """Number of probe vectors of each network: as many as give so many numbers of the configuration."""
    return math.ceil(PW[experiment]["probe_numbers"] / (2 * width**2))


def pw_lanczos_device(wildcards):
    """Device of a job that makes Lanczos quadratures: a GPU only for large widths."""
    widest = max(n for n, _, _ in pw_blocks_of(wildcards))
    return config["device"] if widest >= PW["gpu_from_width"] else "cpu"


def pw_lanczos(wildcards):
    """Command-line options of a job that makes Lanczos quadratures."""
    probes = [pw_probes(wildcards.experiment, n) for n, _, _ in pw_blocks_of(wildcards)]
    return (
        f"--steps {PW[wildcards.experiment]['steps']} --probes {' '.join(map(str, probes))}"
        f" --precision {PW['precision']} --device {pw_lanczos_device(wildcards)}"
    )


def pw_lanczos_mb(wildcards):
    """Memory of a job that makes Lanczos quadratures."""
    return matrix_free_mb(
        max(n for n, _, _ in pw_blocks_of(wildcards)),
        PW[wildcards.experiment]["steps"],
        PW_ITEMSIZE[PW["precision"]],
        torch=pw_lanczos_device(wildcards) != "cpu",
        gpu=pw_lanczos_device(wildcards) != "cpu"
        and has_gpu("pennington_sample_quadratures"),
    )


def pw_lanczos_block_seconds(experiment, nonlinearity, width, networks):
    """Estimated run time of so many networks of a width without the matrix."""
    return lanczos_seconds(
        width,
        networks * pw_number(nonlinearity),
        PW[experiment]["steps"],
        pw_probes(experiment, width),
        PW_ITEMSIZE[PW["precision"]],
    )


def pw_lanczos_seconds(wildcards):
    """Estimated run time of a job that makes Lanczos quadratures."""
    return START_SECONDS + sum(
        pw_lanczos_block_seconds(
            wildcards.experiment, wildcards.nonlinearity, n, stop - first
        )
        for n, first, stop in pw_blocks_of(wildcards)
    )


def pw_moments_mb(wildcards):
    """Memory of a job that computes moments."""
    return matrix_free_mb(max(PW["moments"]["widths"]))


def pw_moments_block_seconds(networks):
    """Estimated run time of the moments of so many networks of each nonlinearity and width."""
    return moments_seconds(PW["moments"]["widths"], networks * pw_number("all"))


def pw_moments_seconds(wildcards):
    """Estimated run time of a job that computes moments."""
    number = int(wildcards.stop) - int(wildcards.first)
    return START_SECONDS + pw_moments_block_seconds(number)


def pw_descent_mb(wildcards):
    """Memory of a job that measures the loss reduction by one step."""
    e = PW["fig3"]
    return descent_mb(e["width"], len(e["families"][wildcards.family]["alphas"]))


def pw_descent_block_seconds(family, networks):
    """Estimated run time of measuring the loss reduction of so many networks."""
    e = PW["fig3"]
    functions = len(e["families"][family]["alphas"])
    return descent_seconds(e["width"], e["samples"], functions, networks)


def pw_descent_seconds(wildcards):
    """Estimated run time of a job that measures the loss reduction by one step."""
    number = int(wildcards.stop) - int(wildcards.first)
    return START_SECONDS + pw_descent_block_seconds(wildcards.family, number)


def pw_table_rows(experiment):
    """Rows of all parts of the table of an experiment."""
    e = PW[experiment]
    if experiment == "fig1":
        dense = max(e["dense_width"], e["dense_width_gpu"])
        return (
            e["linear_networks"] * 2 * e["width"] ** 2
            + e["dense_networks"] * 2 * dense**2
            + e["lanczos_networks"] * e["steps"] * pw_probes("fig1", e["width"])
        )
    if experiment == "fig2":
        return sum(2 * c["width"] ** 2 * c["networks"] for c in e["dense"]) + sum(
            pw_probes("fig2", c["width"]) * e["steps"] * c["networks"]
            for c in e["lanczos"]
        )
    if experiment == "singularities":
        eigenvalues = sum(2 * width**2 for width in e["widths"])
        return eigenvalues * e["networks"] * len(PW["nonlinearities"])
    return 0


def pw_table_mb(experiment):
    """Memory of a job that puts a table together; more at each retry."""
    return memory(lambda wildcards: table_mb(pw_table_rows(experiment)))


def pw_fig3_options(wildcards):
    """Command-line options of a job that measures the loss reduction by one step."""
    e = PW["fig3"]
    family = e["families"][wildcards.family]
    alphas = " ".join(map(str, family["alphas"]))
    return (
        f"--function {quote(family['function'])} --alphas {alphas}"
        f" --width {e['width']} --samples {e['samples']} --perturbation {e['perturbation']}"
    )
