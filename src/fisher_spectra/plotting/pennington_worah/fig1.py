"""Sampled spectra beside the limiting density (Pennington and Worah 2018, Figure 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.pennington_worah.histograms import histogram_of
from fisher_spectra.plotting.pennington_worah.nonlinearities import name_of
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = (
    "panel",
    "nonlinearity",
    "n",
    "method",
    "lambda",
    "density_theory",
    "density_empirical",
    "bin_low",
    "bin_high",
    "atom_theory",
    "atom_empirical",
)

METHODS = {"structure": "own structure", "dense": "dense matrix", "lanczos": "matrix-free"}
SAMPLED: dict[str, Any] = {"color": "#e8a33d", "alpha": 0.75}  # orange, as the paper has it
LIMIT: dict[str, Any] = {"color": "black", "linewidth": 1.1}
SMALLER: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "color": PALETTE[0],
    "markerfacecolor": "white",
}  # smaller networks


def plot(frame: pd.DataFrame) -> Figure:
    """Sampled spectra (histogram) with the limiting density (line), one panel for each nonlinearity.

    The histogram is the cell with the largest n, with smaller ones as points; insets show a logarithmic scale.
    The weight of an atom stands beside an arrow.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    panels = list(frame["panel"].unique())
    figure, axes = plt.subplots(1, len(panels), figsize=(PAGE_WIDTH, 2.9), squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        rows = frame[frame["panel"] == panel]
        cells = [cell for _, cell in sorted(rows.groupby(["n", "method"], sort=True), key=lambda item: -item[0][0])]
        _draw_panel(axis, cells[0], cells[1:])
    axes[0, 0].set_ylabel(r"density $\rho(\lambda)$")
    label_panels(list(axes[0]))
    return figure


def _draw_panel(axis: Axes, main: pd.DataFrame, others: Sequence[pd.DataFrame]) -> None:
    """Spectra of one nonlinearity on a linear and, in an inset, on a logarithmic scale, and its atom."""
    _draw_spectrum(axis, main, others, 2.6)
    edges, heights = histogram_of(main)
    right = edges[-1]
    top = 1.4 * max(heights.max(), *(other["density_empirical"].max() for other in others), 0.0)
    axis.set(xlim=(-0.02 * right, right), ylim=(0, top), xlabel=r"eigenvalue $\lambda$")
    if main["atom_theory"].iloc[0] > 0:
        _draw_atom(axis, main, right, top)
    inset = axis.inset_axes((0.49, 0.44, 0.5, 0.46))
    _draw_spectrum(inset, main, others, 1.4)
    shown = heights[heights > 0]
    inset.set(yscale="log", xlim=(-0.02 * right, right), ylim=(0.5 * shown.min(), 5 * heights.max()))
    inset.tick_params(labelsize=6.5, length=2)
    inset.tick_params(which="minor", length=1)
    axis.set_title(f"{name_of(str(main['nonlinearity'].iloc[0]))}, $n = {main['n'].iloc[0]:.0f}$")
    handles: list[Artist] = [
        Patch(facecolor=SAMPLED["color"], alpha=SAMPLED["alpha"], label=_cell_label(main)),
        *(Line2D([], [], markersize=3, label=_cell_label(other), **SMALLER) for other in others),
        Line2D([], [], label="limit", **LIMIT),
    ]
    axis.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(handles), fontsize=6.5)


def _draw_spectrum(axis: Axes, main: pd.DataFrame, others: Sequence[pd.DataFrame], marker_size: float) -> None:
    edges, heights = histogram_of(main)
    axis.stairs(heights, edges, fill=True, linewidth=0, **SAMPLED)
    ordered = main.sort_values("lambda")
    axis.plot(ordered["lambda"], ordered["density_theory"], **LIMIT)
    for other in others:
        edges, heights = histogram_of(other)
        axis.plot((edges[:-1] + edges[1:]) / 2, heights, markersize=marker_size, markeredgewidth=0.6, **SMALLER)


def _draw_atom(axis: Axes, cell: pd.DataFrame, right: float, top: float) -> None:
    """An arrow at 0 with the weight of the atom in the limit and in the networks."""
    axis.annotate(
        "",
        xy=(0, top),
        xytext=(0, 0),
        arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )
    limit, networks = cell["atom_theory"].iloc[0], cell["atom_empirical"].iloc[0]
    axis.text(0.03 * right, 0.985 * top, f"atom: {limit:g} (networks: {networks:.4g})", va="top", fontsize=7)


def _cell_label(cell: pd.DataFrame) -> str:
    first = cell.iloc[0]
    return f"$n = {first['n']:.0f}$, {METHODS.get(first['method'], first['method'])}"
