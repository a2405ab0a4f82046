"""The figure of the page: time and memory against each size, with lines of the expected exponents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from benchmark_page.curves import CURVES, Curve, Points, measured
from benchmark_page.rows import Row
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below, save_figure, use_style

COLUMNS = {"M": "width $M$", "T, L": "samples $T$, depth $L$", "n": "units $n$", "rates, trials": "cells, seeds"}
MARKS = "osD^v"
MB = 1e6
DECADES = 100.0  # least range of values; from it on decades are enough for the sizes as well


def draw(rows: Sequence[Row]) -> Figure:
    """Two rows of panels, time above memory, a column for each kind of size."""
    curves = [(curve, points) for curve in CURVES if (points := measured(rows, curve))]
    functions = list(dict.fromkeys(curve.function for curve, _ in curves))
    figure, axes = plt.subplots(2, len(COLUMNS), figsize=(PAGE_WIDTH, 4.2), sharex="col")
    for column, (sizes, label) in enumerate(COLUMNS.items()):
        for curve, points in curves:
            if curve.size in sizes.split(", "):
                hollow = sizes.index(curve.size) > 0  # the second size of a panel
                draw_curve((axes[0, column], axes[1, column]), curve, points, functions.index(curve.function), hollow)
        axes[1, column].set_xlabel(label)
        for axis in axes[:, column]:
            axis.set(xscale="log", yscale="log")
            axis.margins(0.12)
            tick(axis)
    axes[0, 0].set_ylabel("time (s)")
    axes[1, 0].set_ylabel("memory (MB)")
    label_panels(axes.flatten())
    handles = [
        Line2D([], [], color=PALETTE[place], marker=MARKS[place], ls="", label=name.strip("`"))
        for place, name in enumerate(functions)
    ]
    legend_below(figure, [*handles, Line2D([], [], color="0.4", lw=1.0, label="expected exponent")])
    return figure


def tick(axis: Axes) -> None:
    """Numbers along the sizes, decades along the values; flat curves in a range of at least two decades."""
    low, high = axis.get_xlim()
    base = 10 if high / low > DECADES else 4
    axis.xaxis.set_major_locator(LogLocator(base=base))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_locator(LogLocator(base=base, subs="auto" if base == 10 else (2.0,)))
    axis.xaxis.set_minor_formatter(NullFormatter())
    low, high = axis.get_ylim()
    if high / low < DECADES:
        middle = math.sqrt(low * high)
        axis.set_ylim(middle / math.sqrt(DECADES), middle * math.sqrt(DECADES))
    axis.yaxis.set_minor_formatter(NullFormatter())


def draw_curve(axes: tuple[Axes, Axes], curve: Curve, points: Points, place: int, hollow: bool) -> None:
    """The points of a curve in both panels, with the expected line through the last one."""
    seconds = [one.middle for one in points.seconds]
    memory = [one / MB for one in points.memory]
    spread = (
        [one.middle - one.low for one in points.seconds],
        [one.high - one.middle for one in points.seconds],
    )
    colour = PALETTE[place]
    look: dict[str, Any] = {
        "color": colour,
        "marker": MARKS[place],
        "ls": "",
        "ms": 4.5,
        "mfc": "white" if hollow else colour,
    }
    axes[0].errorbar(points.sizes, seconds, spread, **look)
    axes[1].plot(points.sizes, memory, **look)
    for axis, values, slope in zip(axes, (seconds, memory), (curve.time, curve.memory), strict=True):
        last, size = values[-1], points.sizes[-1]
        line = [last * (one / size) ** slope for one in points.sizes]
        axis.plot(points.sizes, line, color=colour, lw=1.0, ls="--" if hollow else "-", zorder=1)


def write_figure(rows: Sequence[Row], file: Path) -> None:
    """As PNG."""
    use_style()
    figure = draw(rows)
    save_figure(figure, [file])
    plt.close(figure)
