"""Eigenvalues of Theta / M and of its block diagonal (Hayase, Karakida 2020 and 2021, Figure 3)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.hayase_karakida.histograms import (
    EIGENVALUE,
    bars_handle,
    draw_bars,
    draw_outline,
    line_handle,
)
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "L",
    "M",
    "N",
    "bin_low",
    "bin_high",
    "count_full",
    "count_block",
    "count_theory",
    "count_width",
    "n_networks",
)

MEAN: dict[str, Any] = {"color": PALETTE[0], "linestyle": "--", "linewidth": 1.0}  # the line at L / N


def plot(frame: pd.DataFrame) -> Figure:
    """Counts of the eigenvalues of Theta / M and of its block diagonal, in the same bins.

    Solid outline: the law of H_L over N with atoms scattered as at this width; dotted: the limiting law.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5), sharex=True, sharey=True)
    for axis, column, title in zip(
        axes, ("count_full", "count_block"), (r"full, $\Theta/M$", r"block diagonal, $H_L(x(n))/N$"), strict=True
    ):
        draw_bars(axis, frame, column)
        axis.set(title=title, xlabel=EIGENVALUE, yscale="log")
    draw_outline(axes[1], frame, "count_width", linewidth=1.1)
    draw_outline(axes[1], frame, "count_theory", linewidth=0.9, linestyle=":")
    first = frame.iloc[0]
    for axis in axes:
        axis.axvline(first["L"] / first["N"], **MEAN)
    # beyond the peaks the scattered law has counts of next to nothing, by which the axis would be chosen
    largest = frame[["count_full", "count_block", "count_theory"]].to_numpy().max()
    axes[0].set(ylabel="number of eigenvalues", ylim=(0.5, 2 * largest))
    label_panels(list(axes))
    handles = [
        bars_handle(int(first["n_networks"]), int(first["M"])),
        line_handle(rf"law $\mu_L$ over $N$, atoms at $M$ = {int(first['M'])}", linewidth=1.1),
        line_handle(r"its limit $M \to \infty$", linewidth=0.9, linestyle=":"),
        Line2D([], [], label="$L/N$", **MEAN),
    ]
    legend_below(figure, handles)
    return figure
