"""Theorems 1, 3, 4 with other laws, inputs and layers: sampled over predicted (Karakida et al. 2019)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "group",
    "case",
    "activation",
    "M",
    "statistic",
    "theory",
    "gaussian_biases",
    "empirical_mean",
    "empirical_sem",
)
_SPREAD = 0.22  # of the activations around the line of their case, in lines
_GAP = 0.7  # between two groups, in lines


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each statistic, one line for each case: networks over theory with two standard errors.

    Filled marks are the widest networks, small open ones the narrower; crosses the paper's theory, which takes every
    bias for Gaussian, where it differs.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    places = _places(frame)
    height = 0.165 * max(places.values()) + 1.2
    figure, axes = plt.subplots(1, len(STATISTICS), figsize=(PAGE_WIDTH, height), sharey=True)
    activations = list(frame["activation"].unique())
    of_case = frame.groupby(["group", "case"])["activation"].nunique()
    shared = set(of_case.index[of_case > 1])
    for axis, (statistic, label) in zip(axes, STATISTICS.items(), strict=True):
        rows = frame[frame["statistic"] == statistic]
        axis.axvline(1.0, color="0.75", linewidth=0.8, zorder=0)
        for position, activation in enumerate(activations):
            own = rows[rows["activation"] == activation]
            offset = _SPREAD * (2 * (position % 2) - 1)
            own_places = {key: place + offset * (key in shared) for key, place in places.items()}
            _draw(axis, own, str(activation), position, own_places)
        axis.set(xlabel=f"{label} / theory", ylim=(max(places.values()) + 0.7, -0.7))
    axes[0].set_yticks(list(places.values()), [f"{group}: {case}" for group, case in places], fontsize=7)
    label_panels(axes)
    legend_below(figure, _legend_handles([str(activation) for activation in activations]))
    return figure


def _places(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Heights of the lines of all cases, in the order of the table, with a gap between groups."""
    pairs = list(dict.fromkeys(zip(frame["group"], frame["case"], strict=True)))
    groups = list(dict.fromkeys(group for group, _ in pairs))
    return {pair: place + _GAP * groups.index(pair[0]) for place, pair in enumerate(pairs)}


def _draw(axis: Axes, rows: pd.DataFrame, activation: str, position: int, places: dict[tuple[str, str], float]) -> None:
    colour, mark = colour_of(activation, position), mark_of(activation, position)
    heights = np.array([places[pair] for pair in zip(rows["group"], rows["case"], strict=True)])
    ratios, errors = rows["empirical_mean"] / rows["theory"], 2 * rows["empirical_sem"] / rows["theory"]
    widest = (rows["M"] == rows["M"].max()).to_numpy()
    axis.plot(ratios[~widest], heights[~widest], mark, color=colour, markerfacecolor="white", markersize=2.2, alpha=0.7)
    axis.errorbar(ratios[widest], heights[widest], xerr=errors[widest], fmt=mark, color=colour, elinewidth=0.8)
    paper = (rows["gaussian_biases"] / rows["theory"])[widest].to_numpy()
    differs = np.abs(paper - 1.0) > 1e-9  # rounding
    axis.plot(paper[differs], heights[widest][differs], "x", color="black", markersize=4.0)


def _legend_handles(activations: list[str]) -> list[Line2D]:
    marks = [
        Line2D(
            [],
            [],
            color=colour_of(name, position),
            marker=mark_of(name, position),
            linestyle="none",
            label=name_of(name),
        )
        for position, name in enumerate(activations)
    ]
    narrower: dict[str, Any] = {"marker": "o", "markersize": 2.2, "markerfacecolor": "white", "color": "0.3"}
    cross: dict[str, Any] = {"marker": "x", "markersize": 4.0, "color": "black"}
    return [
        *marks,
        Line2D([], [], label="narrower networks", linestyle="none", **narrower),
        Line2D([], [], label="theory with Gaussian biases", linestyle="none", **cross),
    ]
