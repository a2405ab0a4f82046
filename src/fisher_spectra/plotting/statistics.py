"""Eigenvalue statistics against width or number of samples (Karakida et al. 2019, Figures 1 and C.1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.plotting.style import PAGE_WIDTH, colour_of, label_panels, mark_of, name_of

COLUMNS = (
    "activation",
    "M",
    "T",
    "L",
    "C",
    "statistic",
    "theory",
    "empirical_mean",
    "empirical_std",
    "n_seeds",
)
STATISTICS = {
    "mean": r"mean $m_\lambda$",
    "second_moment": r"second moment $s_\lambda$",
    "maximum": r"maximum $\lambda_{\max}$",
}
AXES = {"M": r"width $M$", "T": r"number of samples $T$"}


def plot_statistics(frame: pd.DataFrame) -> Figure:
    """Three panels, one for each statistic: theory as lines, sampled networks as points with error bars.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; the horizontal axis is T if the table has several values of T, else M. Error bars
        are one standard deviation over networks.
    """
    against = "T" if frame["T"].nunique() > 1 else "M"
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.5))
    for axis, (statistic, label) in zip(axes, STATISTICS.items(), strict=True):
        for position, (activation, rows) in enumerate(
            frame[frame["statistic"] == statistic].groupby("activation", sort=False)
        ):
            name = str(activation)
            ordered = rows.sort_values(against)
            colour = colour_of(name, position)
            axis.plot(ordered[against], ordered["theory"], color=colour, label=f"{name_of(name)}, theory")
            axis.errorbar(
                ordered[against],
                ordered["empirical_mean"],
                yerr=ordered["empirical_std"],
                fmt=mark_of(name, position),
                color=colour,
                markerfacecolor="white",
                elinewidth=0.8,
                label=f"{name_of(name)}, networks",
            )
        axis.set(xscale="log", yscale="log", xlabel=AXES[against], ylabel=label)
    label_panels(axes)
    handles, labels = axes[0].get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda k: (labels[k].split(",")[0], labels[k].endswith("networks")))
    figure.legend(
        [handles[k] for k in order],
        [labels[k] for k in order],
        loc="outside lower center",
        ncols=min(6, len(labels)),
        handlelength=1.6,
        columnspacing=1.2,
    )
    return figure
