"""Softmax with cross-entropy: outliers, the largest against the width, growth around the critical learning rate."""

from __future__ import annotations

from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import WIDTH
from fisher_spectra.plotting.log_ticks import label_heights
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "activation",
    "C",
    "M",
    "quantity",
    "place",
    "momentum",
    "theory",
    "linear_outputs",
    "empirical_mean",
    "empirical_std",
    "n_seeds",
)
LineStyle = Literal["-", "--", ":", "-."]
STYLES: tuple[LineStyle, ...] = ("-", "--", ":", "-.")  # of the numbers of outputs in (b), of the momenta in (c)


def plot(frame: pd.DataFrame) -> Figure:
    """Outliers by their number (widest networks, most outputs), the largest against M, growth a step against eta.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.7))
    outliers = frame[frame["quantity"] == "outlier"]
    activations = [str(name) for name in outliers["activation"].unique()]
    for position, activation in enumerate(activations):
        own = outliers[outliers["activation"] == activation]
        _draw_outliers(axes[0], own[(own["C"] == own["C"].max()) & (own["M"] == own["M"].max())], activation, position)
        _draw_widths(axes[1], own[own["place"] == 1], activation, position)
    growth, curves = (frame[frame["quantity"] == name] for name in ("growth", "growth_curve"))
    _draw_growth(axes[2], growth, curves, activations)
    axes[0].set(xlabel="number $j$", ylabel=rf"outlier $\lambda_j$, $C = {outliers['C'].max()}$", yscale="log")
    axes[0].set_xticks(np.arange(1, outliers["C"].max()))
    axes[1].set(xlabel=WIDTH, ylabel=r"$\lambda_1$", xscale="log", yscale="log")
    widths = np.sort(outliers["M"].unique())
    axes[1].set_xticks(widths, [f"{width}" for width in widths])
    axes[1].xaxis.set_minor_locator(NullLocator())
    axes[2].set(xlabel=r"$\eta\, \lambda_1\, /\, 2 (1 + \mu)$", ylabel="growth in a step")
    for axis in axes[:2]:
        label_heights(axis)
    label_panels(list(axes))
    legend_below(figure, _handles(activations, outliers, growth))
    return figure


def _points(
    axis: Axes, x: pd.Series, rows: pd.DataFrame, activation: str, position: int, *, filled: bool = False
) -> None:
    axis.errorbar(
        x,
        rows["empirical_mean"],
        yerr=2 * rows["empirical_std"] / np.sqrt(rows["n_seeds"]),
        fmt=mark_of(activation, position),
        color=colour_of(activation, position),
        markerfacecolor=colour_of(activation, position) if filled else "white",
        markersize=3.5,
        elinewidth=0.8,
    )


def _draw_outliers(axis: Axes, rows: pd.DataFrame, activation: str, position: int) -> None:
    ordered = rows.sort_values("place")
    axis.plot(ordered["place"], ordered["theory"], color=colour_of(activation, position), linestyle=STYLES[1])
    _points(axis, ordered["place"], ordered, activation, position)


def _draw_widths(axis: Axes, rows: pd.DataFrame, activation: str, position: int) -> None:
    colour = colour_of(activation, position)
    for style, (outputs, of_outputs) in zip(STYLES, rows.groupby("C"), strict=False):
        ordered = of_outputs.sort_values("M")
        axis.plot(ordered["M"], ordered["theory"], color=colour, linestyle=style)
        _points(axis, ordered["M"], ordered, activation, position, filled=outputs == rows["C"].min())
    linear = rows.drop_duplicates("M").sort_values("M")
    axis.plot(linear["M"], linear["linear_outputs"], color=colour, linewidth=0.7, marker="_", markersize=4)


def _draw_growth(axis: Axes, rows: pd.DataFrame, curves: pd.DataFrame, activations: list[str]) -> None:
    axis.axhline(1.0, color="0.75", linewidth=0.8, zorder=0)
    axis.axvline(1.0, color="0.75", linewidth=0.8, zorder=0)
    for style, (momentum, of_momentum) in zip(STYLES, rows.groupby("momentum"), strict=False):
        line = curves[curves["momentum"] == momentum].sort_values("place")
        axis.plot(line["place"], line["theory"], color="0.2", linestyle=style, linewidth=1.0)
        for position, activation in enumerate(activations):
            own = of_momentum[of_momentum["activation"] == activation]
            _points(axis, own["place"], own, activation, position)


def _handles(activations: list[str], outliers: pd.DataFrame, growth: pd.DataFrame) -> list[Line2D]:
    marks = [
        Line2D(
            [],
            [],
            color=colour_of(name, position),
            marker=mark_of(name, position),
            markerfacecolor="white",
            linestyle="none",
            label=name_of(name),
        )
        for position, name in enumerate(activations)
    ]
    outputs = [
        Line2D([], [], color="0.2", linestyle=style, marker="o", markersize=3.5, label=f"$C = {number}$")
        for style, number in zip(STYLES, sorted(outliers["C"].unique()), strict=False)
    ]
    for handle in outputs[1:]:
        handle.set_markerfacecolor("white")
    momenta = [
        Line2D([], [], color="0.2", linestyle=style, linewidth=1.0, label=rf"(c): $\mu = {momentum:g}$")
        for style, momentum in zip(STYLES, sorted(growth["momentum"].unique()), strict=False)
    ]
    linear = Line2D(
        [], [], color="0.2", linewidth=0.7, marker="_", markersize=4, label="(b): linear outputs, Theorem 4"
    )
    return [*marks, *outputs, linear, *momenta]
