"""Statistics of networks with many outputs between their bounds (Karakida et al. 2019, Section 3.4, (17) and (18))."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS, WIDTH
from fisher_spectra.plotting.log_ticks import label_heights
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "activation",
    "M",
    "statistic",
    "lower_bound",
    "upper_bound",
    "lower_bound_printed",
    "upper_bound_printed",
    "empirical_mean",
)
PRINTED: dict[str, Any] = {"color": "0.15", "linewidth": 1.2, "linestyle": ":"}
# (18) bounds the largest eigenvalue as printed: the number of parameters drops out of it
MISPRINTED = ("mean", "second_moment")


def plot(frame: pd.DataFrame) -> Figure:
    """Statistics with C proportional to M between the bounds (17) and (18): columns; one row for each activation.

    Dotted: (17) as printed, which does not count the weights of the output layer.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    size = (PAGE_WIDTH, 1.45 * len(activations) + 0.75)
    figure, grid = plt.subplots(
        len(activations), len(STATISTICS), figsize=size, sharex=True, sharey="col", squeeze=False
    )
    widths = sorted(frame["M"].unique())
    for position, (activation, axes) in enumerate(zip(activations, grid, strict=True)):
        of_activation = frame[frame["activation"] == activation]
        for axis, statistic in zip(axes, STATISTICS, strict=True):
            rows = of_activation[of_activation["statistic"] == statistic].sort_values("M")
            _draw(axis, rows, str(activation), position, printed=statistic in MISPRINTED)
            axis.set(xscale="log", yscale="log")
            axis.set_xticks(widths, [f"{width}" for width in widths])
            axis.xaxis.set_minor_locator(NullLocator())
        axes[-1].annotate(name_of(activation), (1.03, 0.5), xycoords="axes fraction", rotation=270, va="center")
    for axis in grid[-1]:
        axis.set_xlabel(WIDTH)
    for column, label in zip(grid.T, STATISTICS.values(), strict=True):
        for axis in column:
            axis.set_ylabel(label)
        label_heights(column[0])  # heights are shared in a column
    label_panels(list(grid.flat))
    legend_below(figure, _legend_handles())
    return figure


def _draw(axis: Axes, rows: pd.DataFrame, activation: str, position: int, *, printed: bool) -> None:
    colour, widths = colour_of(activation, position), rows["M"]
    axis.fill_between(widths, rows["lower_bound"], rows["upper_bound"], color=colour, alpha=0.13, linewidth=0)
    axis.plot(widths, rows["lower_bound"], color=colour, linewidth=1.0)
    axis.plot(widths, rows["upper_bound"], color=colour, linewidth=1.0, linestyle="--")
    if printed:
        axis.plot(widths, rows["lower_bound_printed"], **PRINTED)
        axis.plot(widths, rows["upper_bound_printed"], **PRINTED)
    marker = mark_of(activation, position)
    axis.plot(widths, rows["empirical_mean"], linestyle="none", marker=marker, color=colour, markerfacecolor="white")


def _legend_handles() -> list[Line2D]:
    return [
        Line2D([], [], color="0.2", marker="o", markerfacecolor="white", label="networks", linestyle="none"),
        Line2D([], [], color="0.2", linewidth=1.0, label="lower bound"),
        Line2D([], [], color="0.2", linewidth=1.0, linestyle="--", label="upper bound"),
        Line2D([], [], label="(17) as printed", **PRINTED),
    ]
