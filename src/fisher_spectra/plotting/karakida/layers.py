"""Largest eigenvalue against the width for other kinds of layers: theory as lines, sampled networks as points."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.activations import name_of
from fisher_spectra.plotting.karakida.labels import WIDTH
from fisher_spectra.plotting.log_ticks import label_heights
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "group",
    "case",
    "activation",
    "M",
    "quantity",
    "theory",
    "empirical_mean",
    "empirical_std",
    "n_seeds",
)
GROUPS = {"layers": "plain, residual", "hidden": "hidden layers", "last": "outputs", "many": "outputs, T = M"}
MIXED = "mixed"
# Kinds by the name of their case, without the ending of the panel at T = M; plain layers stand in every panel.
_PLAIN = "plain"
_MANY = "_many"
_MARKS = "osD^vPXpx"
# Kinds that share a colour stand in different panels, and have marks of their own.
_COLOURS = ("0.45", *PALETTE[:6], PALETTE[1], PALETTE[2])


def plot(frame: pd.DataFrame) -> Figure:
    """A row of panels for each activation, a panel for each group of kinds; two standard errors of the mean.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    rows = frame[frame["quantity"] == "maximum"]
    activations = [str(name) for name in rows["activation"].unique() if name != MIXED]
    groups = [group for group in GROUPS if (rows["group"] == group).any()]
    looks = _looks([str(case) for case in rows["case"].unique()])
    figure, grid = plt.subplots(
        len(activations),
        len(groups),
        figsize=(PAGE_WIDTH, 1.75 * len(activations) + 0.8),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for line, activation in enumerate(activations):
        own = rows[rows["activation"] == activation]
        mixed = rows[rows["activation"] == MIXED] if line == 0 else rows[:0]
        for axis, group in zip(grid[line], groups, strict=True):
            shown = pd.concat([own[own["group"] == group], mixed[mixed["group"] == group]])
            if group in ("hidden", "last"):
                shown = pd.concat([own[own["case"] == _PLAIN], shown])
            _draw(axis, shown, looks)
            if line == 0:
                axis.set_title(GROUPS[group], fontsize=8)
        grid[line][0].set_ylabel(rf"maximum $\lambda_{{\max}}$, {name_of(activation)}")
        label_heights(grid[line][0])
    for axis in grid[-1]:
        axis.set_xlabel(WIDTH)
    label_panels(list(grid.flat))
    legend_below(figure, _handles(looks))
    return figure


def title_of(case: str) -> str:
    """A case as it stands in the legend."""
    return case.removesuffix(_MANY).replace("_", " ")


def _looks(cases: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each kind; the same at T = M."""
    kinds = list(dict.fromkeys(title_of(case) for case in cases))
    return {kind: (_COLOURS[place % len(_COLOURS)], _MARKS[place % len(_MARKS)]) for place, kind in enumerate(kinds)}


def _draw(axis: Axes, rows: pd.DataFrame, looks: dict[str, tuple[str, str]]) -> None:
    for case, of_case in rows.groupby("case", sort=False):
        colour, mark = looks[title_of(str(case))]
        ordered = of_case.sort_values("M")
        axis.plot(ordered["M"], ordered["theory"], color=colour, linewidth=1.0)
        errors = 2 * ordered["empirical_std"] / np.sqrt(ordered["n_seeds"])
        axis.errorbar(
            ordered["M"],
            ordered["empirical_mean"],
            yerr=errors,
            fmt=mark,
            color=colour,
            markersize=3.5,
            markerfacecolor="white",
            elinewidth=0.8,
            linestyle="none",
        )
    widths = np.sort(rows["M"].unique())
    axis.set(xscale="log", yscale="log")
    axis.set_xticks(widths, [f"{width}" for width in widths])
    axis.xaxis.set_minor_locator(NullLocator())


def _handles(looks: dict[str, tuple[str, str]]) -> list[Line2D]:
    return [
        Line2D([], [], color=colour, marker=mark, markersize=3.5, markerfacecolor="white", linewidth=1.0, label=kind)
        for kind, (colour, mark) in looks.items()
    ]
