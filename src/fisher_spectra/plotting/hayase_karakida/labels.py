"""Online training with label vectors of two norms (Hayase, Karakida 2021, Section 5.2 and Figure 4)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.hayase_karakida.depth_maps import PREDICTIONS, draw_map
from fisher_spectra.plotting.learning_rate_map import LEARNING_RATE, legend_handles, title_of
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "label_norm",
    "dataset",
    "L",
    "eta",
    "train_accuracy",
    "eta_boundary",
    "eta_paper",
    "diverged_fraction",
    "border",
    "border_half_width",
)

NAMES = {"root_width": r"labels of norm $\sqrt{M}$", "one": "labels of norm 1"}
COLOURS = {"root_width": PALETTE[0], "one": PALETTE[1]}
MARKS = {"root_width": "o", "one": "D"}


def plot(frame: pd.DataFrame) -> Figure:
    """Training accuracy over depth and learning rate for each norm, and the measured borders in units of 2/L.

    Lines and diamonds of the maps are those of Figure 4. Bars of the borders: half a step of the grid of rates. Dotted:
    the root of the depth, what is left of a border that falls as one over it.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    norms = list(frame["label_norm"].unique())
    figure, axes = plt.subplots(1, len(norms) + 1, figsize=(PAGE_WIDTH, 2.9), squeeze=False)
    maps, borders = axes[0, :-1], axes[0, -1]
    accuracy = Normalize(0.0, 1.0)
    for axis, norm in zip(maps, norms, strict=True):
        rows = frame[frame["label_norm"] == norm]
        draw_map(axis, rows, "train_accuracy", "border", accuracy)
        axis.set_title(
            f"{NAMES.get(norm, norm)}\n{title_of(str(rows['dataset'].iloc[0]), {'digits': 'digits'})}", fontsize=7.5
        )
        axis.set_xlabel(r"depth $L$")
    maps[0].set_ylabel(LEARNING_RATE)
    bar = figure.colorbar(ScalarMappable(accuracy, "viridis"), ax=list(maps), label="training accuracy", pad=0.02)
    bar.ax.minorticks_off()
    _draw_borders(borders, frame, norms)
    label_panels(list(axes[0]))
    marks = [Line2D([], [], label=NAMES.get(norm, norm), **_look(norm)) for norm in norms]
    power = Line2D([], [], color="0.4", linestyle=":", label=r"$\propto \sqrt{L}$")
    legend_below(figure, [*legend_handles(PREDICTIONS), *marks, power])
    return figure


def _look(norm: str) -> dict[str, Any]:
    """Of the borders of one norm."""
    colour, mark = COLOURS.get(norm, PALETTE[4]), MARKS.get(norm, "v")
    return {"color": colour, "marker": mark, "markerfacecolor": "white", "linewidth": 0.9}


def _draw_borders(axis: Axes, frame: pd.DataFrame, norms: list[str]) -> None:
    """Measured borders over 2/L."""
    axis.axhline(1.0, **PREDICTIONS[0].style)
    for norm in norms:
        columns = frame[frame["label_norm"] == norm].drop_duplicates("L").sort_values("L")
        factor = columns["border"] / columns["eta_paper"]
        spread = (
            factor * (np.exp(columns["border_half_width"]) - 1),
            factor * (1 - np.exp(-columns["border_half_width"])),
        )
        axis.errorbar(
            columns["L"],
            factor,
            yerr=spread[::-1],
            elinewidth=0.8,
            **_look(norm),
        )
    depths = np.sort(frame["L"].unique())
    first = frame[(frame["label_norm"] == norms[-1]) & (frame["L"] == depths[0])].iloc[0]
    guide = first["border"] / first["eta_paper"] * np.sqrt(depths / depths[0])
    axis.plot(depths, guide, color="0.4", linestyle=":")
    axis.set(xscale="log", yscale="log", xlabel=r"depth $L$", ylabel="measured border over $2/L$")
    shown = [depth for depth in (2, 5, 10, 20, 50, 100) if depth in depths] or list(depths)
    axis.set_xticks(shown, [f"{depth}" for depth in shown])
    ticks = (0.5, 1, 2, 5, 10)
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
