"""Statistics of networks with many outputs between their bounds (Karakida et al. 2019, Section 3.4, (17) and (18))."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS, WIDTH
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("activation", "M", "statistic", "lower_bound", "upper_bound", "empirical_mean")


def plot(frame: pd.DataFrame) -> Figure:
    """Statistics with C proportional to M between the bounds (17) and (18), one panel for each statistic.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.6))
    widths = sorted(frame["M"].unique())
    for axis, (statistic, label) in zip(axes, STATISTICS.items(), strict=True):
        _draw_statistic(axis, frame[frame["statistic"] == statistic])
        axis.set(xscale="log", yscale="log", xlabel=WIDTH, ylabel=label)
        axis.set_xticks(widths, [f"{width}" for width in widths])
        axis.xaxis.set_minor_locator(NullLocator())
        _label_heights(axis)
    label_panels(list(axes))
    legend_below(figure, _legend_handles(list(frame["activation"].unique())))
    return figure


def _draw_statistic(axis: Axes, frame: pd.DataFrame) -> None:
    for position, (activation, rows) in enumerate(frame.groupby("activation", sort=False)):
        name = str(activation)
        ordered, colour = rows.sort_values("M"), colour_of(name, position)
        widths, lower, upper = ordered["M"], ordered["lower_bound"], ordered["upper_bound"]
        axis.fill_between(widths, lower, upper, color=colour, alpha=0.13, linewidth=0)
        axis.plot(widths, lower, color=colour, linewidth=1.0)
        axis.plot(widths, upper, color=colour, linewidth=1.0, linestyle="--")
        axis.plot(
            widths,
            ordered["empirical_mean"],
            linestyle="none",
            marker=mark_of(name, position),
            color=colour,
            markerfacecolor="white",
        )


def _label_heights(axis: Axes) -> None:
    """Powers of ten alone, unless none lies on the axis."""
    low, high = axis.get_ylim()
    if math.floor(math.log10(high)) < math.ceil(math.log10(low)):
        axis.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axis.yaxis.set_minor_locator(NullLocator())


def _legend_handles(activations: Sequence[str]) -> list[Line2D]:
    networks = [
        Line2D(
            [],
            [],
            color=colour_of(name, position),
            marker=mark_of(name, position),
            markerfacecolor="white",
            label=f"{name_of(name)}, networks",
            linestyle="none",
        )
        for position, name in enumerate(activations)
    ]
    return [
        *networks,
        Line2D([], [], color="0.2", linewidth=1.0, label="lower bound"),
        Line2D([], [], color="0.2", linewidth=1.0, linestyle="--", label="upper bound"),
    ]
