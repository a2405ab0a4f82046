"""Theorem 5, Corollary 2 and many outputs (Karakida et al. 2019, Sections 3.1, 3.4 and 4.1)."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from fisher_spectra.plotting.statistics import STATISTICS
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, colour_of, label_panels, legend_below, mark_of, name_of

THEOREM5_COLUMNS = (
    "activation",
    "L",
    "M",
    "paper",
    "corrected",
    "empirical_mean",
    "empirical_sem",
    "n_seeds",
)
MANY_OUTPUTS_COLUMNS = (
    "activation",
    "M",
    "C",
    "statistic",
    "lower_bound",
    "upper_bound",
    "empirical_mean",
    "n_seeds",
)
COROLLARY2_COLUMNS = ("activation", "M", "k", "bound", "count", "n_seeds")


def plot_theorem5(frame: pd.DataFrame) -> Figure:
    """The mean Fisher-Rao norm against depth, one panel for each activation.

    Solid line: corrected formula. Dashed line: as printed. Points: sampled networks, one mark for each width,
    with two standard errors of the mean.

    Parameters
    ----------
    frame
        Table with `THEOREM5_COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    widths = sorted(frame["M"].unique())
    figure, axes = plt.subplots(1, len(activations), figsize=(PAGE_WIDTH, 2.6), squeeze=False)
    for position, (axis, activation) in enumerate(zip(axes[0], activations, strict=True)):
        rows = frame[frame["activation"] == activation].sort_values("L")
        colour = colour_of(activation, position)
        lines = rows.drop_duplicates("L")
        axis.plot(lines["L"], lines["corrected"], color=colour, label="corrected")
        axis.plot(lines["L"], lines["paper"], color="0.35", linestyle="--", label="as printed (20)")
        for index, width in enumerate(widths):
            cell = rows[rows["M"] == width]
            shift = 1 + 0.02 * (index - (len(widths) - 1) / 2)  # marks side by side
            axis.errorbar(
                cell["L"] * shift,
                cell["empirical_mean"],
                yerr=2 * cell["empirical_sem"],
                fmt="ovsDP^X"[index % 7],
                color=colour,
                markerfacecolor="white",
                elinewidth=0.8,
                label=f"networks, M = {width}",
            )
        axis.set(title=name_of(activation), xlabel=r"depth $L$", yscale="log")
        axis.set_xticks(sorted(rows["L"].unique()))
    axes[0, 0].set_ylabel(r"Fisher-Rao norm $\langle\Vert\theta\Vert_{FR}\rangle$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    legend_below(figure, handles, labels)
    label_panels(list(axes[0]))
    return figure


def plot_many_outputs(frame: pd.DataFrame) -> Figure:
    """Statistics with C proportional to M between the bounds (17) and (18), one panel for each statistic.

    Parameters
    ----------
    frame
        Table with `MANY_OUTPUTS_COLUMNS`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.6))
    for axis, (statistic, label) in zip(axes, STATISTICS.items(), strict=True):
        part = frame[frame["statistic"] == statistic]
        for position, (activation, rows) in enumerate(part.groupby("activation", sort=False)):
            name = str(activation)
            ordered = rows.sort_values("M")
            colour = colour_of(name, position)
            axis.fill_between(
                ordered["M"],
                ordered["lower_bound"],
                ordered["upper_bound"],
                color=colour,
                alpha=0.13,
                linewidth=0,
            )
            axis.plot(ordered["M"], ordered["lower_bound"], color=colour, linewidth=1.0)
            axis.plot(ordered["M"], ordered["upper_bound"], color=colour, linewidth=1.0, linestyle="--")
            axis.plot(
                ordered["M"],
                ordered["empirical_mean"],
                linestyle="none",
                marker=mark_of(name, position),
                color=colour,
                markerfacecolor="white",
            )
        axis.set(xscale="log", yscale="log", xlabel=r"width $M$", ylabel=label)
        axis.set_xticks(sorted(frame["M"].unique()), [f"{width}" for width in sorted(frame["M"].unique())])
        axis.xaxis.set_minor_locator(NullLocator())
        low, high = axis.get_ylim()
        if math.floor(math.log10(high)) < math.ceil(math.log10(low)):  # no power of ten to name
            axis.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        else:
            axis.yaxis.set_minor_locator(NullLocator())
    label_panels(list(axes))
    names = list(frame["activation"].unique())
    handles = [
        Line2D(
            [],
            [],
            color=colour_of(name, position),
            marker=mark_of(name, position),
            markerfacecolor="white",
            label=f"{name_of(name)}, networks",
            linestyle="none",
        )
        for position, name in enumerate(names)
    ]
    handles += [
        Line2D([], [], color="0.2", linewidth=1.0, label="lower bound"),
        Line2D([], [], color="0.2", linewidth=1.0, linestyle="--", label="upper bound"),
    ]
    legend_below(figure, handles)
    return figure


def plot_corollary2(frame: pd.DataFrame) -> Figure:
    """Number of eigenvalues of at least k: sampled counts below the bound of Corollary 2.

    Parameters
    ----------
    frame
        Table with `COROLLARY2_COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    widths = sorted(frame["M"].unique())
    figure, axes = plt.subplots(1, len(activations), figsize=(PAGE_WIDTH, 2.6), squeeze=False, sharey=True)
    for axis, activation in zip(axes[0], activations, strict=True):
        for index, width in enumerate(widths):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("k")
            colour = PALETTE[[0, 1, 2, 4, 5, 6, 7, 8, 9][index % 9]]
            axis.plot(rows["k"], rows["bound"], color=colour, label=f"bound, M = {width}")
            axis.plot(
                rows["k"],
                np.where(rows["count"] > 0, rows["count"], np.nan),
                linestyle="none",
                marker="osDv^P"[index % 6],
                color=colour,
                markerfacecolor="white",
                label=f"networks, M = {width}",
            )
        axis.set(title=name_of(activation), xscale="log", yscale="log", xlabel=r"threshold $k$")
    axes[0, 0].set_ylabel(r"number of eigenvalues $\geq k$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=max(1, (len(labels) + 1) // 2))
    label_panels(list(axes[0]))
    return figure
