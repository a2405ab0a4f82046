"""Above the critical learning rate: the border of divergence, and maximum, loss and dead units along training."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import WIDTH
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "activation",
    "M",
    "momentum",
    "factor",
    "start_loss",
    "peak_loss",
    "loss_late",
    "peak_ratio",
    "end_ratio",
    "dead",
    "border",
    "border_half_width",
    "border_over_theorem_7",
)

OWN_RATE = r"$\eta\,\lambda_{\max}^{0}/2(1+\mu)$"
# Runs that are thrown out, by up to ten decades, leave the frame: the others could not be told apart beside them.
_RATIOS = (0.005, 100.0)
_TICKS = (0.5, 1, 2, 3, 5, 10)


def plot(frame: pd.DataFrame) -> Figure:
    """One column of panels for each momentum; below the first row the largest width alone.

    From above: the border of divergence against the width, in units of each network's own critical learning rate
    (filled, with the grid's uncertainty) and in units of Theorem 7 (open). Then, against eta over the own critical
    learning rate: lambda_max eta / 2 (1 + mu) at its peak (open) and at the end (filled), the loss over that at the
    start likewise, and the share of dead units. Vertical lines: the borders.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    momenta = list(frame["momentum"].unique())
    figure, axes = plt.subplots(
        4, len(momenta), figsize=(PAGE_WIDTH, 8.2), squeeze=False, sharey="row", height_ratios=(1.15, 1, 1, 0.8)
    )
    widest = frame[frame["M"] == frame["M"].max()]
    for column, momentum in enumerate(momenta):
        _draw_borders(axes[0, column], frame[frame["momentum"] == momentum])
        axes[0, column].set_title(f"momentum {momentum:g}")
        _draw_along(list(axes[1:, column]), widest[widest["momentum"] == momentum])
    labels = (f"border, {OWN_RATE}", r"$\lambda_{\max}\,\eta/2(1+\mu)$", "loss over start", "dead units")
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    label_panels(list(axes.flat))
    activations = list(frame["activation"].unique())
    handles = [
        Line2D([], [], color=colour_of(a, k), marker=mark_of(a, k), linewidth=1.0, label=name_of(a))
        for k, a in enumerate(activations)
    ]
    handles += [
        Line2D([], [], color="0.3", marker="o", linestyle="", label="own border; end of training"),
        Line2D(
            [], [], color="0.3", marker="o", markerfacecolor="white", linestyle="", label="border over Theorem 7; peak"
        ),
    ]
    legend_below(figure, handles)
    return figure


def _draw_borders(axis: Axes, rows: pd.DataFrame) -> None:
    columns = rows.drop_duplicates(["activation", "M"])
    axis.axhline(1.0, color="0.6", linewidth=0.8)
    for place, (activation, own) in enumerate(columns.groupby("activation", sort=False)):
        own = own.sort_values("M")
        colour, mark = colour_of(str(activation), place), mark_of(str(activation), place)
        half = np.where(np.isfinite(own["border_half_width"]), own["border_half_width"], 0.0)
        bars = [own["border"] * (1 - np.exp(-half)), own["border"] * (np.exp(half) - 1)]
        axis.errorbar(
            own["M"], own["border"], yerr=bars, marker=mark, color=colour, linewidth=1.0, elinewidth=0.8, capsize=2
        )
        _draw_open(axis, own["M"], own["border_over_theorem_7"], mark, colour)
    widths = sorted(columns["M"].unique())
    axis.set(xscale="log", yscale="log", xlabel=WIDTH)
    axis.set_xticks(widths, [f"{width:g}" for width in widths])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_yticks(_TICKS)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_locator(NullLocator())


def _draw_along(axes: list[Axes], rows: pd.DataFrame) -> None:
    ratio, loss, dead = axes
    ratio.axhline(1.0, color="0.6", linewidth=0.8)
    loss.axhline(1.0, color="0.6", linewidth=0.8)
    for place, (activation, own) in enumerate(rows.groupby("activation", sort=False)):
        own = own.sort_values("factor")
        colour, mark = colour_of(str(activation), place), mark_of(str(activation), place)
        pairs = (
            (ratio, own["end_ratio"], own["peak_ratio"]),
            (loss, own["loss_late"] / own["start_loss"], own["peak_loss"] / own["start_loss"]),
            (dead, own["dead"], None),
        )
        for axis, end, peak in pairs:
            axis.axvline(own["border"].iloc[0], color=colour, linewidth=0.7, alpha=0.6)
            axis.plot(own["factor"], end, marker=mark, color=colour, linewidth=1.0)
            if peak is not None:
                _draw_open(axis, own["factor"], peak, mark, colour)
    for axis in axes:
        axis.set(xscale="log", xlabel=OWN_RATE if axis is dead else "")
        axis.set_xticks(_TICKS[1:], [f"{value:g}" for value in _TICKS[1:]])
        axis.xaxis.set_minor_locator(NullLocator())
    ratio.set(yscale="log", ylim=_RATIOS)
    loss.set_yscale("log")
    dead.set_ylim(-0.03, 1.03)


def _draw_open(axis: Axes, across: pd.Series, values: pd.Series, mark: str, colour: str) -> None:
    axis.plot(across, values, ":", marker=mark, color=colour, markerfacecolor="white", linewidth=0.9)
