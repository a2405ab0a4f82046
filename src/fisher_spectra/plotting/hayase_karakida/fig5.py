"""Spectra after online training over depth and learning rate (Hayase, Karakida 2020 and 2021, Figure 5)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.hayase_karakida.histograms import edges_of
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE

COLUMNS: tuple[str, ...] = (
    "L",
    "eta",
    "weight",
    "weight_initial",
    "bin_low",
    "bin_high",
    "diverged",
    "eta_paper",
    "n_eigenvalues",
)

ABOVE = "#fbe3e0"  # light red of the region above 2 / L
AFTER: dict[str, Any] = {"color": PALETTE[1], "fill": True}
BEFORE: dict[str, Any] = {"color": "black", "linewidth": 0.7}


def plot(frame: pd.DataFrame) -> Figure:
    """Grid of histograms of eigenvalues over L after training: depth across, learning rate upwards.

    Bars: after training. Outline: before. Panels of the region eta > 2 / L have a red ground, those of networks that
    diverged hold that word.

    Parameters
    ----------
    frame
        Table with `COLUMNS`, one data set.
    """
    depths, rates = sorted(frame["L"].unique()), sorted(frame["eta"].unique(), reverse=True)
    figure, axes = plt.subplots(
        len(rates),
        len(depths),
        figsize=(PAGE_WIDTH, 0.7 + 0.95 * len(rates)),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for column, depth in enumerate(depths):
        for line, eta in enumerate(rates):
            _draw_panel(axes[line, column], frame[(frame["L"] == depth) & (frame["eta"] == eta)])
        axes[0, column].set_title(f"$L = {depth}$")
        axes[-1, column].set_xlabel(r"$\lambda / L$")
    least = 0.5 / frame["n_eigenvalues"].max()
    axes[0, 0].set(ylim=(least, 2), xlim=(0, (frame["bin_high"] / frame["L"]).max()))
    for line, eta in enumerate(rates):
        axes[line, 0].set_ylabel(rf"$\eta = {eta:g}$" + "\nweight")
        for axis in axes[line]:
            axis.minorticks_off()
    handles = [
        Patch(facecolor=AFTER["color"], label="after training"),
        Line2D([], [], label="initial weights", **BEFORE),
        Patch(facecolor=ABOVE, edgecolor="0.7", label=r"$\eta > 2/L$"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Spectra of one depth and learning rate; an empty place without rows of them."""
    if rows.empty:
        axis.set_visible(False)
        return
    first = rows.iloc[0]
    if first["eta"] > first["eta_paper"]:
        axis.set_facecolor(ABOVE)
    axis.set_yscale("log")
    if rows["diverged"].max() > 0:
        axis.text(0.5, 0.5, "diverged", transform=axis.transAxes, ha="center", va="center", fontsize=7)
        return
    edges = edges_of(rows) / first["L"]
    for column, style in (("weight", AFTER), ("weight_initial", BEFORE)):
        weights = rows[column].to_numpy(dtype=float)
        axis.stairs(np.where(weights > 0, weights, np.nan), edges, **style)
