# What the rules of Hayase, Karakida 2020/2021 share: parts of tables, command-line options, memory.
import math
from shlex import quote

from fisher_spectra.resource_estimates import BASE_MB, TORCH_BASE_MB

HK = config["hayase_karakida"]
HK_CATEGORY = "Hayase, Karakida 2020 and 2021"
# widths that the published data sets set; another one is taken for as wide as the widest
HK_FEATURES = {"digits": 64, "mnist": 784, "fashion_mnist": 784, "cifar10": 3072}


def hk_function(name):
    """The hard tanh of a setting, quoted for the shell."""
    a = HK["activations"][name]
    return quote(f"hard_tanh(s={math.sqrt(a['s_squared'])!r},g={a['g']})")


def hk_spectra_panels(experiment):
    """The laws of an experiment on sampled spectra, by their names in its table."""
    return {
        "fig1": ["isometry", "saturating", "projections", "printed"],
        "laws": list(HK["laws"]["depths"]),
        "gaussian": ["orthogonal", "gaussian"],
    }[experiment]


def hk_spectra_parts(experiment):
    """The parts of the table of an experiment on sampled spectra: blocks of networks of each law."""
    e = HK[experiment]
    return [
        cells(f"hayase_{experiment}/{panel}/networks_{first}-{stop}.csv")
        for panel in hk_spectra_panels(experiment)
        for first, stop in chunks(e["networks"], e["networks_per_job"])
    ]


def hk_spectra_options(wildcards):
    """Command-line options of a job that samples spectra."""
    e, panel = HK[wildcards.experiment], wildcards.panel
    if wildcards.experiment == "fig1":
        grid = f"--depths {e['depth']} --widths {e['width']}"
        if panel == "projections":
            return f"--projection-weight {e['projection_weight']} {grid}"
        return f"--function {hk_function(panel)} {grid}"
    if wildcards.experiment == "laws":
        depths, widths = (
            " ".join(map(str, v)) for v in (e["depths"][panel], e["widths"])
        )
        return f"--function {hk_function(panel)} --sampler frames --depths {depths} --widths {widths}"
    depths = " ".join(map(str, e["depths"]))
    return f"--function {hk_function('isometry')} --sampler {panel} --depths {depths} --widths {e['width']}"


def hk_spectra_mb(wildcards, attempt):
    """Memory of a job that samples spectra: the weights, or a few matrices where frames are drawn; more at each retry."""
    e = HK[wildcards.experiment]
    width = e["width"] if "width" in e else max(e["widths"])
    layers = {"fig1": lambda: e["depth"], "gaussian": lambda: max(e["depths"])}
    matrices = 6 + layers.get(wildcards.experiment, lambda: 4)()
    return attempt * round(BASE_MB + OVERHEAD_MB + 8e-6 * matrices * width**2)


def hk_blocks(experiment, *names):
    """The parts of the table of an experiment: blocks of networks, of each of the named settings if there are any."""
    e = HK[experiment]
    return [
        cells(f"hayase_{experiment}/{folder}networks_{first}-{stop}.csv")
        for folder in ([f"{name}/" for name in names] or [""])
        for first, stop in chunks(e["networks"], e["networks_per_job"])
    ]


def hk_theta_grid(wildcards):
    """Command-line options of the depths and numbers of inputs of Figure 2."""
    e = HK["fig2"]
    if wildcards.varied == "L":
        return (
            f"--depths {' '.join(map(str, e['depths']))} --samples {e['fixed_samples']}"
        )
    return f"--depths {e['fixed_depth']} --samples {' '.join(map(str, e['samples']))}"


def hk_theta_mb(wildcards, attempt):
    """Memory of a job of Figure 2: weights and signals, and Lanczos vectors or a dense matrix; more at each retry."""
    e = HK["fig2"]
    layers, inputs = max(e["depths"] + [e["fixed_depth"]]), max(
        e["samples"] + [e["fixed_samples"]]
    )
    numbers = layers * e["width"] * (2 * e["width"] + 4 * inputs) + 40 * (
        inputs * e["width"]
    )
    return attempt * round(BASE_MB + OVERHEAD_MB + 100 + 8e-6 * numbers)


def hk_depths_options(wildcards):
    """Command-line options of the settings of the limits of large depth."""
    e, setting = HK["depth_limits"], wildcards.setting
    options = (
        f"--depths {' '.join(map(str, e['depths'][setting]))} --width {e['width']}"
    )
    if setting == "stationary":
        options += f" --epsilon-1 {e['epsilon_1']}"
    else:
        a = HK["activations"][setting]
        options += (
            f" --s-squared {a['s_squared']} --g {a['g']} --deepest {e['deepest']}"
        )
    if setting != "saturating":
        many = e["many_inputs"]
        options += f" --many-inputs {' '.join(map(str, many['depths']))} --many-inputs-width {many['width']}"
    return options


def hk_label_norm():
    """Command-line option of the norm of the label vectors: none for the root of the width."""
    return "--label-norm 1" if HK["training"]["label_norm"] == "one" else ""


def hk_training_options(wildcards):
    """Command-line options that all online training shares."""
    t = HK["training"]
    return (
        f"--function {hk_function('isometry')} --samples {t['samples']} {hk_label_norm()}"
        f" --give-up-loss {t['give_up_loss']} --device {config['device']} --memory-mb {t['memory_mb']}"
    )


def hk_training_mb(experiment, depths, attempt):
    """Memory of a job of online training: the initial weights twice and what training may take; more at each retry."""
    width = HK_FEATURES.get(HK[experiment]["dataset"], max(HK_FEATURES.values()))
    weights = 8e-6 * max(map(int, depths.split("-"))) * width**2
    return attempt * round(
        TORCH_BASE_MB + OVERHEAD_MB + HK["training"]["memory_mb"] + weights
    )


def hk_columns(experiment):
    """The parts of a heat map: a few depths and learning rates each."""
    e = HK[experiment]
    rates = e["learning_rates"]
    return [
        cells(
            f"hayase_{experiment}/L{'-'.join(map(str, e['depths'][first:stop]))}/rates_{low}-{high}.csv"
        )
        for first, stop in chunks(len(e["depths"]), e["depths_per_job"])
        for low, high in chunks(rates["number"], rates["number_per_job"])
    ]


def hk_rates(wildcards):
    """Command-line options of the learning rates of a heat map."""
    rates = HK[wildcards.experiment]["learning_rates"]
    return f"--smallest-rate {rates['smallest']} --largest-rate {rates['largest']} --rates {rates['number']}"


def hk_fig5_parts():
    """The parts of Figure 5: a few depths each."""
    e = HK["fig5"]
    return [
        cells(f"hayase_fig5/L{'-'.join(map(str, e['depths'][first:stop]))}.csv")
        for first, stop in chunks(len(e["depths"]), e["depths_per_job"])
    ]
