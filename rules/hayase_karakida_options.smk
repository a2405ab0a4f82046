# What the rules of Hayase, Karakida 2020/2021 share: parts of tables, command-line options, memory.
import math
from shlex import quote

from fisher_spectra.hayase_karakida.limits_of_large_depth import stationary_hard_tanh
from fisher_spectra.workflow.estimates.hayase_karakida import (
    cut_share,
    dense_theta_mb,
    dense_theta_seconds,
    frames_seconds,
    online_mb,
    online_seconds,
    plain_seconds,
    spectrum_mb,
    theta_mb,
    theta_seconds,
    trained_spectra_seconds,
)
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.rates import START_SECONDS, TORCH_START_SECONDS, table_mb

HK = config["hayase_karakida"]
HK_CATEGORY = "Hayase, Karakida 2020 and 2021"


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


def hk_networks(wildcards):
    """Number of networks of a job."""
    return int(wildcards.stop) - int(wildcards.first)


def hk_blocks(experiment, folders, seconds_each):
    """The parts of the table of an experiment: blocks of networks for each folder, of so many seconds a network."""
    e = HK[experiment]
    return [
        cells(f"hayase_{experiment}/{folder}networks_{first}-{stop}.csv")
        for folder in folders
        for first, stop in blocks(
            e["networks"], e["networks_per_job"], seconds_each(folder), JOB_SECONDS
        )
    ]


def hk_spectra_parts(experiment):
    """The parts of the table of an experiment on sampled spectra: blocks of networks of each law."""
    return hk_blocks(
        experiment,
        [f"{panel}/" for panel in hk_spectra_panels(experiment)],
        lambda folder: hk_spectra_network_seconds(experiment, folder.rstrip("/")),
    )


def hk_cut_share(name):
    """Share of directions that a layer of the hard tanh of a setting cuts."""
    a = HK["activations"][name]
    return cut_share(math.sqrt(a["s_squared"]), a["g"])


def hk_spectra_network_seconds(experiment, panel):
    """Estimated run time of one network of every depth and width of an experiment on sampled spectra."""
    e = HK[experiment]
    if experiment == "laws":
        share = hk_cut_share(panel)
        return sum(frames_seconds(m, e["depths"][panel], share) for m in e["widths"])
    return plain_seconds(e["width"], e["depths"] if "depths" in e else [e["depth"]])


def hk_spectra_seconds(wildcards):
    """Estimated run time of a job that samples spectra."""
    each = hk_spectra_network_seconds(wildcards.experiment, wildcards.panel)
    return START_SECONDS + hk_networks(wildcards) * each


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


def hk_spectra_mb(wildcards):
    """Memory of a job that samples spectra: the weights, or a few matrices where frames are drawn."""
    e = HK[wildcards.experiment]
    if wildcards.experiment == "laws":
        return spectrum_mb(max(e["widths"]))
    return spectrum_mb(e["width"], max(e["depths"]) if "depths" in e else e["depth"])


def hk_spectra_table_mb(experiment):
    """Memory of a job that puts a table of sampled spectra together; more at each retry."""
    e = HK[experiment]
    depths = e["depths"] if "depths" in e else [e["depth"]]
    number = sum(map(len, depths.values())) if isinstance(depths, dict) else len(depths)
    number *= 1 if experiment == "laws" else len(hk_spectra_panels(experiment))
    widths = e["widths"] if "widths" in e else [e["width"]]
    return memory(lambda wildcards: table_mb(number * sum(widths) * e["networks"]))


def hk_theta_sizes(varied):
    """Depths and numbers of inputs of a panel of Figure 2."""
    e = HK["fig2"]
    if varied == "L":
        return e["depths"], [e["fixed_samples"]]
    return [e["fixed_depth"]], e["samples"]


def hk_theta_parts():
    """The parts of Figure 2: blocks of networks against L, and against N."""
    return hk_blocks(
        "fig2",
        ["L/", "N/"],
        lambda folder: theta_seconds(
            HK["fig2"]["width"], *hk_theta_sizes(folder.rstrip("/"))
        ),
    )


def hk_theta_grid(wildcards):
    """Command-line options of the depths and numbers of inputs of Figure 2."""
    depths, samples = (
        " ".join(map(str, values)) for values in hk_theta_sizes(wildcards.varied)
    )
    return f"--depths {depths} --samples {samples}"


def hk_theta_mb(wildcards):
    """Memory of a job of Figure 2."""
    depths, samples = hk_theta_sizes(wildcards.varied)
    return theta_mb(HK["fig2"]["width"], max(depths), max(samples))


def hk_theta_seconds(wildcards):
    """Estimated run time of a job of Figure 2."""
    each = theta_seconds(HK["fig2"]["width"], *hk_theta_sizes(wildcards.varied))
    return START_SECONDS + hk_networks(wildcards) * each


def hk_dense_theta_network_seconds():
    """Estimated run time of one network of Figure 3."""
    e = HK["fig3"]
    return dense_theta_seconds(e["width"], e["depth"], e["samples"])


def hk_dense_theta_parts():
    """The parts of Figure 3: blocks of networks."""
    return hk_blocks("fig3", [""], lambda folder: hk_dense_theta_network_seconds())


def hk_dense_theta_mb(wildcards):
    """Memory of a job of Figure 3."""
    return dense_theta_mb(HK["fig3"]["width"], HK["fig3"]["samples"])


def hk_dense_theta_seconds(wildcards):
    """Estimated run time of a job of Figure 3."""
    return START_SECONDS + hk_networks(wildcards) * hk_dense_theta_network_seconds()


def hk_depths_parts():
    """The parts of the limits of large depth: blocks of networks of each setting."""
    return hk_blocks(
        "depth_limits",
        [f"{setting}/" for setting in HK["depth_limits"]["depths"]],
        lambda folder: hk_depths_network_seconds(folder.rstrip("/")),
    )


def hk_depths_network_seconds(setting):
    """Estimated run time of one network of every depth of a setting of the limits of large depth."""
    e = HK["depth_limits"]
    if setting == "stationary":
        total = sum(
            frames_seconds(
                e["width"],
                [depth],
                cut_share(*stationary_hard_tanh(depth, e["epsilon_1"])),
            )
            for depth in e["depths"][setting]
        )
    else:
        total = frames_seconds(e["width"], e["depths"][setting], hk_cut_share(setting))
    if setting != "saturating":
        many = e["many_inputs"]
        # as many inputs as layers, each with a recursion of its own
        total += sum(
            depth * plain_seconds(many["width"], [depth]) for depth in many["depths"]
        )
    return total


def hk_depths_mb(wildcards):
    """Memory of a job of the limits of large depth: frames, or all weights of a narrower network."""
    many = HK["depth_limits"]["many_inputs"]
    return max(
        spectrum_mb(HK["depth_limits"]["width"]),
        spectrum_mb(many["width"], max(many["depths"])),
    )


def hk_depths_seconds(wildcards):
    """Estimated run time of a job of the limits of large depth."""
    each = hk_depths_network_seconds(wildcards.setting)
    return START_SECONDS + hk_networks(wildcards) * each


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


def hk_steps(experiment):
    """Number of steps of online training."""
    return HK["training"]["samples"] * HK[experiment]["epochs"]


def hk_online_mb(experiment, depths, rates):
    """Memory of a job of online training, of its deepest network."""
    return online_mb(
        dataset_name(HK[experiment]),
        max(depths),
        HK["training"]["samples"],
        hk_steps(experiment),
        rates,
        HK["training"]["memory_mb"],
        spectra=experiment == "fig5",
        gpu=has_gpu(f"hayase_train_{'spectra' if experiment == 'fig5' else 'online'}"),
    )


def hk_training_mb(wildcards):
    """Memory of a job that trains a part of a heat map."""
    depths = list(map(int, wildcards.depths.split("-")))
    return hk_online_mb(wildcards.experiment, depths, hk_networks(wildcards))


def hk_columns_seconds(experiment, depths, rates):
    """Estimated run time on one core of some depths and learning rates of a heat map."""
    e = HK[experiment]
    name = dataset_name(e)
    return online_seconds(name, depths, hk_steps(experiment), rates, e["trials"])


def hk_training_seconds(wildcards):
    """Estimated run time on one core of a job that trains a part of a heat map."""
    depths = list(map(int, wildcards.depths.split("-")))
    return TORCH_START_SECONDS + hk_columns_seconds(
        wildcards.experiment, depths, hk_networks(wildcards)
    )


def hk_columns(experiment):
    """The parts of a heat map: some depths with all learning rates, or one deep network with some of them."""
    e = HK[experiment]
    rates, depths = e["learning_rates"], e["depths"]
    each = [
        hk_columns_seconds(experiment, [depth], rates["number"]) for depth in depths
    ]
    return [
        cells(
            f"hayase_{experiment}/L{'-'.join(map(str, depths[first:stop]))}/rates_{low}-{high}.csv"
        )
        for (first, stop), (low, high) in grid(
            each,
            e["depths_per_job"],
            rates["number"],
            rates["number_per_job"],
            JOB_SECONDS,
        )
    ]


def hk_rates(wildcards):
    """Command-line options of the learning rates of a heat map."""
    rates = HK[wildcards.experiment]["learning_rates"]
    return f"--smallest-rate {rates['smallest']} --largest-rate {rates['largest']} --rates {rates['number']}"


def hk_fig5_depth_seconds(depth):
    """Estimated run time on one core of one depth of Figure 5."""
    e = HK["fig5"]
    name, rates = dataset_name(e), len(e["rates"])
    return online_seconds(
        name, [depth], hk_steps("fig5"), rates, 1
    ) + trained_spectra_seconds(name, [depth], rates, e["inputs"])


def hk_fig5_parts():
    """The parts of Figure 5: a few depths each."""
    e = HK["fig5"]
    each = [hk_fig5_depth_seconds(depth) for depth in e["depths"]]
    return [
        cells(f"hayase_fig5/L{'-'.join(map(str, e['depths'][first:stop]))}.csv")
        for first, stop in runs(each, e["depths_per_job"], JOB_SECONDS)
    ]


def hk_fig5_mb(wildcards):
    """Memory of a job of Figure 5."""
    depths = list(map(int, wildcards.depths.split("-")))
    return hk_online_mb("fig5", depths, len(HK["fig5"]["rates"]))


def hk_fig5_seconds(wildcards):
    """Estimated run time on one core of a job of Figure 5."""
    depths = map(int, wildcards.depths.split("-"))
    return TORCH_START_SECONDS + sum(map(hk_fig5_depth_seconds, depths))


def hk_fig5_table_mb():
    """Memory of a job that puts the table of Figure 5 together; more at each retry."""
    e = HK["fig5"]
    width = pixels_of(dataset_name(e))[1]
    rows = len(e["depths"]) * (len(e["rates"]) + 1) * e["inputs"] * width
    return memory(lambda wildcards: table_mb(rows))
