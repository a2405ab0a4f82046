"""Sampled moments and extreme eigenvalues over their limits (Pennington and Worah 2018, (25) and (27))."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, mark_of, name_of, style_of
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "nonlinearity",
    "n",
    "statistic",
    "theory",
    "empirical_mean",
    "empirical_std",
    "n_networks",
    "bound",
)

MOMENTS = {"m1": r"$m_1$ over (27)", "m2": r"$m_2$ over (27)"}
EDGES = {"lambda_min": r"$\lambda_{\min} / z_1$", "lambda_max": r"$\lambda_{\max} / z_6$"}
SAME = 1e-6  # a bound that is the edge is the black line
BAND = 0.01  # within which the axis of deviations is linear


def plot(frame: pd.DataFrame) -> Figure:
    """Sampled moments against (27) and extreme eigenvalues against the edges (25), over n.

    Above: relative deviation of the moments with two standard errors; gray: one per cent, within which the axis is
    linear, and logarithmic beyond. Below: extreme eigenvalues over z_1 and z_6 with one standard deviation over
    networks; where z_1 = 0 there is no mark. Lines: what they are bounded by in the limit of large width, an arrow
    downward where that is 0.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.6), height_ratios=(1.25, 1))
    for axis, (statistic, label) in zip(axes[0], MOMENTS.items(), strict=True):
        axis.axhspan(-BAND, BAND, color="0.9", linewidth=0)
        axis.axhline(0.0, color="black", linewidth=0.8)
        rows = frame[frame["statistic"] == statistic]
        error = rows["empirical_std"] * (2 / np.sqrt(rows["n_networks"]))
        _draw_ratios(axis, rows.assign(error=error), 1.0)
        axis.set_yscale("symlog", linthresh=BAND, linscale=1.2)
        axis.set_yticks([-0.1, -0.01, 0, 0.01, 0.1, 1], ["-10 %", "-1 %", "0", "1 %", "10 %", "100 %"])
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylim(-0.2, 4)
        axis.set_title(label)
    axes[0, 0].set_ylabel("relative deviation")
    for axis, (statistic, label) in zip(axes[1], EDGES.items(), strict=True):
        axis.axhline(1.0, color="black", linewidth=0.8)
        rows = frame[frame["statistic"] == statistic]
        _draw_ratios(axis, rows.assign(error=rows["empirical_std"]), 0.0)
        axis.set(yscale="log", ylabel=label)
        _draw_bounds(axis, rows)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    legend_below(figure, handles, labels)
    label_panels(list(axes.ravel()))
    return figure


def _draw_ratios(axis: Axes, rows: pd.DataFrame, subtract: float) -> None:
    """Sampled over theory minus `subtract`, a mark for each nonlinearity, those of one width side by side."""
    names = list(rows["nonlinearity"].unique())
    for position, name in enumerate(names):
        own = rows[(rows["nonlinearity"] == name) & (rows["theory"] > 0)].sort_values("n")
        if own.empty:
            continue
        draw_means(
            axis,
            own["n"] * 1.06 ** (position - (len(names) - 1) / 2),
            own["empirical_mean"] / own["theory"] - subtract,
            own["error"] / own["theory"],
            mark_of(name),
            colour_of(name, position),
            label=name_of(name),
        )
    widths = sorted(rows["n"].unique())
    axis.set(xscale="log", xlabel=r"width $n$")
    axis.set_xticks(widths, [str(width) for width in widths])
    axis.xaxis.set_minor_locator(NullLocator())


def _draw_bounds(axis: Axes, rows: pd.DataFrame) -> None:
    """A line in the colour of each nonlinearity whose bound is not the edge itself; bounds of 0 point downward."""
    for position, name in enumerate(rows["nonlinearity"].unique()):
        own = rows[(rows["nonlinearity"] == name) & (rows["theory"] > 0)]
        if own.empty or abs(own["bound"].iloc[0] / own["theory"].iloc[0] - 1) < SAME:
            continue
        colour = colour_of(name, position)
        ratio = float(own["bound"].iloc[0] / own["theory"].iloc[0])
        if ratio > 0:
            axis.axhline(ratio, color=colour, linestyle=style_of(name), linewidth=1.0, zorder=1)
            continue
        axis.annotate(
            "bound 0",
            xy=(0.86, 0.0),
            xytext=(0.86, 0.14),
            xycoords="axes fraction",
            ha="center",
            color=colour,
            fontsize=7,
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.0},
        )
