# What the rules of Pennington, Worah 2018 share: parts of tables, command-line options, memory.
import math
from shlex import quote

from fisher_spectra.karakida_resources import limit_minutes
from fisher_spectra.pennington_worah.resources import (
    dense_mb,
    dense_seconds,
    descent_mb,
    descent_seconds,
    lanczos_seconds,
    matrix_free_mb,
    moments_seconds,
    table_mb,
)

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


def pw_blocks(folder, networks, networks_per_job):
    """Parts of a table: blocks of networks of one cell."""
    return [
        cells(f"pennington_{folder}/networks_{first}-{stop}.csv")
        for first, stop in chunks(networks, networks_per_job)
    ]


def pw_fig1_parts():
    """Parts of Figure 1: linear networks, a small width in full, and the full width without forming the matrix."""
    e = PW["fig1"]
    return [
        *pw_blocks(
            f"fig1/linear/n{e['width']}", e["linear_networks"], e["linear_networks"]
        ),
        *pw_blocks(f"fig1/erf_1/n{e['dense_width']}", e["dense_networks"], 1),
        *pw_blocks(
            f"fig1/erf_1/lanczos_n{e['width']}",
            e["lanczos_networks"],
            e["networks_per_job"],
        ),
    ]


def pw_fig2_parts():
    """Parts of Figure 2b: small widths in full, larger ones without forming the matrix."""
    e = PW["fig2"]
    return [
        part
        for kind, prefix in (("dense", "n"), ("lanczos", "lanczos_n"))
        for cell in e[kind]
        for part in pw_blocks(
            f"fig2/erf_1/{prefix}{cell['width']}",
            cell["networks"],
            cell["networks_per_job"],
        )
    ]


def pw_fig3_parts():
    """Parts of Figure 3: blocks of networks for each family."""
    e = PW["fig3"]
    return [
        part
        for family in e["families"]
        for part in pw_blocks(f"fig3/{family}", e["networks"], e["networks_per_job"])
    ]


def pw_singularities_parts():
    """Parts of the table on the peaks (26): small networks of all nonlinearities, for each width."""
    e = PW["singularities"]
    return [
        part
        for width in e["widths"]
        for part in pw_blocks(
            f"singularities/all/n{width}", e["networks"], e["networks_per_job"]
        )
    ]


def pw_edges_parts():
    """Parts of the table of moments for the edges (25): matrix-free spectra of all nonlinearities, for each width."""
    e = PW["edges"]
    return [
        part
        for width in e["widths"]
        for part in pw_blocks(
            f"edges/all/lanczos_n{width}", e["networks"], e["networks_per_job"]
        )
    ]


def pw_moments_parts():
    """Parts of the table of moments: blocks of networks of all nonlinearities and widths."""
    e = PW["moments"]
    return pw_blocks("moments", e["networks"], e["networks_per_job"])


def pw_networks(wildcards):
    """Number of networks of a job, times the number of nonlinearities that it samples each of."""
    number = int(wildcards.stop) - int(wildcards.first)
    every = getattr(wildcards, "nonlinearity", "all") == "all"
    return number * (len(PW["nonlinearities"]) if every else 1)


def pw_larger_on_gpu(wildcards):
    """Whether a job that decomposes dense matrices takes a larger width where there is a GPU."""
    e = PW["fig1"]
    if wildcards.experiment != "fig1" or wildcards.nonlinearity == "linear":
        return False
    return config["device"] != "cpu" and e["dense_width_gpu"] > e["dense_width"]


def pw_dense_device(wildcards):
    """Options of the device of a job that decomposes dense matrices: a GPU only where it makes a difference."""
    if not pw_larger_on_gpu(wildcards):
        return "--device cpu"
    return f"--device {config['device']} --widths-gpu {PW['fig1']['dense_width_gpu']}"


def pw_dense_mb(wildcards, attempt):
    """Memory of a job that decomposes dense matrices; more at each retry."""
    if wildcards.nonlinearity == "linear":
        needed = table_mb(pw_networks(wildcards) * 2 * int(wildcards.n) ** 2)
    elif pw_larger_on_gpu(wildcards):
        needed = dense_mb(PW["fig1"]["dense_width_gpu"], gpu=True)
    else:
        needed = dense_mb(int(wildcards.n))
    return attempt * (needed + OVERHEAD_MB)


def pw_dense_minutes(wildcards, attempt):
    """Time limit of a job that decomposes dense matrices."""
    networks = 0 if wildcards.nonlinearity == "linear" else pw_networks(wildcards)
    return limit_minutes(dense_seconds(int(wildcards.n), networks), attempt)


def pw_probes(wildcards):
    """Number of probe vectors of each network."""
    numbers = PW[wildcards.experiment]["probe_numbers"]
    return math.ceil(numbers / (2 * int(wildcards.n) ** 2))


def pw_lanczos_device(wildcards):
    """Device of a job that makes Lanczos quadratures: a GPU only for large widths."""
    return config["device"] if int(wildcards.n) >= PW["gpu_from_width"] else "cpu"


def pw_lanczos(wildcards):
    """Command-line options of a job that makes Lanczos quadratures."""
    return (
        f"--steps {PW[wildcards.experiment]['steps']} --probes {pw_probes(wildcards)}"
        f" --precision {PW['precision']} --device {pw_lanczos_device(wildcards)}"
    )


def pw_lanczos_mb(wildcards, attempt):
    """Memory of a job that makes Lanczos quadratures; more at each retry."""
    needed = matrix_free_mb(
        int(wildcards.n),
        PW[wildcards.experiment]["steps"],
        PW_ITEMSIZE[PW["precision"]],
        gpu=pw_lanczos_device(wildcards) != "cpu",
    )
    return attempt * (needed + OVERHEAD_MB)


def pw_lanczos_minutes(wildcards, attempt):
    """Time limit of a job that makes Lanczos quadratures."""
    seconds = lanczos_seconds(
        int(wildcards.n),
        pw_networks(wildcards),
        PW[wildcards.experiment]["steps"],
        pw_probes(wildcards),
        PW_ITEMSIZE[PW["precision"]],
    )
    return limit_minutes(seconds, attempt)


def pw_moments_mb(wildcards, attempt):
    """Memory of a job that computes moments; more at each retry."""
    return attempt * (matrix_free_mb(max(PW["moments"]["widths"])) + OVERHEAD_MB)


def pw_moments_minutes(wildcards, attempt):
    """Time limit of a job that computes moments."""
    seconds = moments_seconds(PW["moments"]["widths"], pw_networks(wildcards))
    return limit_minutes(seconds, attempt)


def pw_descent_mb(wildcards, attempt):
    """Memory of a job that measures the loss reduction by one step; more at each retry."""
    e = PW["fig3"]
    functions = len(e["families"][wildcards.family]["alphas"])
    return attempt * (descent_mb(e["width"], functions) + OVERHEAD_MB)


def pw_descent_minutes(wildcards, attempt):
    """Time limit of a job that measures the loss reduction by one step."""
    e = PW["fig3"]
    functions = len(e["families"][wildcards.family]["alphas"])
    networks = int(wildcards.stop) - int(wildcards.first)
    seconds = descent_seconds(e["width"], e["samples"], functions, networks)
    return limit_minutes(seconds, attempt)


def pw_table_rows(experiment):
    """Rows of all parts of the table of an experiment."""
    e = PW[experiment]
    if experiment == "fig1":
        dense = max(e["dense_width"], e["dense_width_gpu"])
        probes = math.ceil(e["probe_numbers"] / (2 * e["width"] ** 2))
        return (
            e["linear_networks"] * 2 * e["width"] ** 2
            + e["dense_networks"] * 2 * dense**2
            + e["lanczos_networks"] * e["steps"] * probes
        )
    if experiment == "fig2":
        return sum(2 * c["width"] ** 2 * c["networks"] for c in e["dense"]) + sum(
            math.ceil(e["probe_numbers"] / (2 * c["width"] ** 2))
            * e["steps"]
            * c["networks"]
            for c in e["lanczos"]
        )
    if experiment == "singularities":
        eigenvalues = sum(2 * width**2 for width in e["widths"])
        return eigenvalues * e["networks"] * len(PW["nonlinearities"])
    return 0


def pw_table_mb(experiment):
    """Memory of a job that puts a table together; more at each retry."""
    return lambda wildcards, attempt: attempt * (
        table_mb(pw_table_rows(experiment)) + OVERHEAD_MB
    )


def pw_fig3_options(wildcards):
    """Command-line options of a job that measures the loss reduction by one step."""
    e = PW["fig3"]
    family = e["families"][wildcards.family]
    alphas = " ".join(map(str, family["alphas"]))
    return (
        f"--function {quote(family['function'])} --alphas {alphas}"
        f" --width {e['width']} --samples {e['samples']} --perturbation {e['perturbation']}"
    )
