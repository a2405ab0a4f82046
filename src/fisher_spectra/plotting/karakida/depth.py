"""Deeper networks are more distorted and need finer learning rates (Karakida et al. 2019, Theorems 4 and 7)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels

COLUMNS: tuple[str, ...] = ("activation", "L", "statistic", "theory", "empirical_mean", "empirical_std")

# what is drawn against the depth, with its label and the scale of its axis
PANELS = {
    "maximum": (STATISTICS["maximum"], "log"),
    "share_of_trace": (r"share of the trace $\lambda_{\max} / \mathrm{tr}\, F$", "linear"),
    "critical_learning_rate": (r"critical learning rate $\eta_c$", "log"),
}


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each statistic: theory as lines, sampled networks as points with bars of one standard deviation.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(1, len(PANELS), figsize=(PAGE_WIDTH, 2.5))
    for axis, (statistic, (label, scale)) in zip(axes, PANELS.items(), strict=True):
        rows = frame[frame["statistic"] == statistic]
        for position, (activation, group) in enumerate(rows.groupby("activation", sort=False)):
            name, ordered = str(activation), group.sort_values("L")
            colour = colour_of(name, position)
            axis.plot(ordered["L"], ordered["theory"], color=colour, label=f"{name_of(name)}, theory")
            draw_means(
                axis,
                ordered["L"],
                ordered["empirical_mean"],
                ordered["empirical_std"],
                mark_of(name, position),
                colour,
                label=f"{name_of(name)}, networks",
            )
        axis.set(yscale=scale, xlabel=r"depth $L$", ylabel=label)
        axis.xaxis.get_major_locator().set_params(integer=True)
    label_panels(axes)
    handles, labels = axes[0].get_legend_handles_labels()
    half = len(labels) // 2  # lines come first, then points: one column of the legend for each activation
    order = [place for pair in zip(range(half), range(half, 2 * half), strict=True) for place in pair]
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="outside lower center",
        ncols=half,
        handlelength=1.6,
    )
    return figure
