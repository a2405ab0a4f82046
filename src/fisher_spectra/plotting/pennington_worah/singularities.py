"""Resolvent at the singular points of the density (Pennington and Worah 2018, Section 3.2, (26))."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, mark_of, name_of, style_of
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("nonlinearity", "feature", "n", "epsilon", "theory", "empirical", "exponent")


def plot(frame: pd.DataFrame) -> Figure:
    """eps |Im G(z + i eps)| against eps at z_1 and z_4: limit as lines, sampled networks as points.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    features = list(frame["feature"].unique())
    figure, axes = plt.subplots(1, len(features), figsize=(PAGE_WIDTH, 3.0), squeeze=False, sharey=True)
    widths = sorted(frame["n"].unique())
    for axis, feature in zip(axes[0], features, strict=True):
        _draw_feature(axis, frame[frame["feature"] == feature], widths)
        number = feature.removeprefix("z")
        axis.set(xscale="log", yscale="log", xlabel=r"$\varepsilon$", ylim=(2e-6, 1.6), title=rf"$z = z_{number}$")
        axis.legend(loc="lower right", handlelength=2.6, fontsize=7)
    axes[0, 0].set_ylabel(r"$\varepsilon\,|\mathrm{Im}\,G(z + i\varepsilon)|$")
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3, color="0.3", label=f"networks, $n = {width:.0f}$",
               markerfacecolor="0.3" if width == widths[-1] else "white")
        for width in widths
    ]  # fmt: skip
    handles.insert(0, Line2D([], [], color="0.3", label="limit"))
    legend_below(figure, handles)
    label_panels(list(axes[0]))
    return figure


def _draw_feature(axis: Axes, frame: pd.DataFrame, widths: Sequence[float]) -> None:
    """Limit and networks of every width at one point; filled marks: the largest width."""
    for position, (key, rows) in enumerate(frame.groupby("nonlinearity", sort=False)):
        name, colour = str(key), colour_of(str(key), position)
        line = rows[rows["n"] == widths[-1]].sort_values("epsilon")
        exponent = round(float(line["exponent"].iloc[0]), 2) + 0.0
        axis.plot(
            line["epsilon"],
            line["theory"],
            color=colour,
            linestyle=style_of(name),
            label=rf"{name_of(name)}: $\propto\varepsilon^{{{exponent:g}}}$",
        )
        for width in widths:
            part = rows[rows["n"] == width].sort_values("epsilon")
            axis.plot(
                part["epsilon"],
                part["empirical"],
                linestyle="none",
                marker=mark_of(name),
                markersize=3,
                color=colour,
                markerfacecolor=colour if width == widths[-1] else "white",
                markeredgewidth=0.6,
            )
