"""The eigenvalues beside the largest: their law against sampled networks (Karakida et al. 2019, Appendix A.4)."""

from __future__ import annotations

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.activations import NAMES, colour_of, mark_of
from fisher_spectra.plotting.karakida.labels import WIDTH
from fisher_spectra.plotting.log_ticks import label_heights
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("activation", "samples_per_width", "M", "quantity", "lambda", "theory", "empirical_mean")

LineStyle = Literal["-", "--", ":", "-."]
STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")  # of the ratios T / M, in rising order
_MARGIN = 1.1  # of the largest eigenvalue that is drawn


def plot(frame: pd.DataFrame) -> Figure:
    """A panel for each activation: density of the widest networks as points, of the theory as lines; then distances.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    styles = dict(zip(sorted(frame["samples_per_width"].unique()), STYLES, strict=False))
    panels = len(activations) + 1
    rows = -(-panels // 2)
    figure, grid = plt.subplots(rows, 2, figsize=(PAGE_WIDTH, 2.2 * rows + 0.4), squeeze=False)
    axes = list(grid.flat)
    for position, (axis, activation) in enumerate(zip(axes, activations, strict=False)):
        name = str(activation)
        of_activation = frame[frame["activation"] == activation]
        _draw_densities(axis, of_activation, styles, colour_of(name, position), mark_of(name, position))
        axis.set_title(name_in_bulk(name), fontsize=8)
    _draw_distances(axes[panels - 1], frame, styles)
    for axis in axes[panels:]:
        axis.remove()
    label_panels(axes[:panels])
    legend_below(figure, _legend_handles(styles))
    return figure


def _legend_handles(styles: dict[float, LineStyle]) -> list[Line2D]:
    lines = [Line2D([], [], color="0.2", linestyle=style, label=f"T = {ratio:g} M") for ratio, style in styles.items()]
    points = Line2D([], [], color="0.2", linestyle="none", marker="o", markerfacecolor="white", label="networks")
    return [*lines, points]


def name_in_bulk(activation: str) -> str:
    """Name of an activation of this table, one of which is odd without biases."""
    return {"odd": "odd, without biases", **NAMES}.get(activation, activation)


def _draw_densities(axis: Axes, frame: pd.DataFrame, styles: dict[float, LineStyle], colour: str, mark: str) -> None:
    widest = frame[frame["M"] == frame["M"].max()].sort_values("lambda")
    law, bars = widest[widest["quantity"] == "law"], widest[widest["quantity"] == "density"]
    seen = []
    for ratio, style in styles.items():
        line = law[law["samples_per_width"] == ratio]
        axis.plot(line["lambda"], line["theory"], color=colour, linestyle=style)
        filled = bars[(bars["samples_per_width"] == ratio) & (bars["empirical_mean"] > 0.0)]
        seen += [line.loc[line["theory"] > 0.0, "lambda"].max(), filled["lambda"].max()]
        axis.plot(filled["lambda"], filled["empirical_mean"], mark, color=colour, markersize=3, markerfacecolor="white")
    axis.set(xlabel=r"eigenvalue over mean $\lambda / \langle \lambda \rangle$", ylabel="density")
    axis.set_xlim(0.0, _MARGIN * max(seen))
    axis.set_ylim(bottom=0.0)


def _draw_distances(axis: Axes, frame: pd.DataFrame, styles: dict[float, LineStyle]) -> None:
    distances = frame[frame["quantity"] == "kolmogorov"]
    for position, (activation, of_activation) in enumerate(distances.groupby("activation", sort=False)):
        name = str(activation)
        for ratio, style in styles.items():
            ordered = of_activation[of_activation["samples_per_width"] == ratio].sort_values("M")
            lines = axis.plot(ordered["M"], ordered["empirical_mean"], marker=mark_of(name, position))
            plt.setp(lines, color=colour_of(name, position), linestyle=style, linewidth=0.9, markerfacecolor="white")
    widths = np.sort(distances["M"].unique())
    axis.set(xscale="log", yscale="log", xlabel=WIDTH, ylabel="Kolmogorov distance")
    axis.set_xticks(widths, [f"{width}" for width in widths])
    axis.xaxis.set_minor_locator(NullLocator())
    label_heights(axis)
