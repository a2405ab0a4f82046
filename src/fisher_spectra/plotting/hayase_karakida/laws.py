"""How fast sampled laws and maxima reach their limits (Hayase, Karakida 2020 and 2021, Theorem 3.2)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = (
    "panel",
    "L",
    "M",
    "kolmogorov_distance",
    "maximum_theory",
    "maximum_empirical",
    "maximum_sem",
)

NAMES = {"isometry": "near isometry", "saturating": "$s = g = 1$"}
COLOURS = tuple(PALETTE[k] for k in (0, 1, 2, 3, 4, 5, 7, 9))
MARKS = "osD^vPX*"
TOLERATED_DISTANCE = 0.03  # of the claim that the law is reached, dashed
TOLERATED_DEVIATION = 2.0  # per cent, of the claim that the maximum is, gray


def plot(frame: pd.DataFrame) -> Figure:
    """Kolmogorov distance of the empirical to the limiting law, and relative deviation of the maximum, against M.

    Parameters
    ----------
    frame
        Table with `COLUMNS`. Bars are two standard errors.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.7))
    cells = list(frame.groupby(["panel", "L"], sort=False))
    for position, ((panel, depth), rows) in enumerate(cells):
        ordered, colour = rows.sort_values("M"), COLOURS[position % len(COLOURS)]
        mark = MARKS[position % len(MARKS)]
        axes[0].plot(
            ordered["M"],
            ordered["kolmogorov_distance"],
            color=colour,
            marker=mark,
            markerfacecolor="white",
            linewidth=0.8,
            label=f"{NAMES.get(str(panel), str(panel))}, $L = {depth}$",
        )
        shift = 1 + 0.03 * (position - (len(cells) - 1) / 2)  # marks of one width side by side
        deviation = 100 * (ordered["maximum_empirical"] / ordered["maximum_theory"] - 1)
        error = 200 * ordered["maximum_sem"] / ordered["maximum_theory"]
        draw_means(axes[1], ordered["M"] * shift, deviation, error, mark, colour)
    _finish_axes(axes[0], axes[1], sorted(frame["M"].unique()))
    label_panels(list(axes))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _finish_axes(distances: Axes, maxima: Axes, widths: list[int]) -> None:
    distances.axhline(TOLERATED_DISTANCE, color="0.4", linestyle="--", linewidth=1.0)
    distances.set(xscale="log", xlabel="width $M$", ylabel="Kolmogorov distance", ylim=(0, None))
    maxima.axhspan(-TOLERATED_DEVIATION, TOLERATED_DEVIATION, color="0.9", zorder=0)
    maxima.axhline(0, color="0.4", linewidth=0.8)
    maxima.set(xscale="log", xlabel="width $M$", ylabel=r"maximum over theory $-\,1$ (%)")
    for axis in (distances, maxima):
        axis.set_xticks(widths, [f"{width}" for width in widths])
        axis.minorticks_off()
