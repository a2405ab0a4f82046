"""The spectrum of the reader's own module, with its critical learning rate and what theory says of it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, legend_below

COLUMNS: tuple[str, ...] = (
    "kind",
    "loss",
    "lambda_low",
    "lambda_high",
    "eigenvalues",
    "eigenvalues_error",
    "learning_rate",
)

BARS, LARGEST, THEORY, INFINITE = "0.55", PALETTE[0], PALETTE[3], PALETTE[1]
_TINY = 1e-300
_TICK = 0.10  # height of the ticks of the largest eigenvalues, as a share of the panel


def plot(frame: pd.DataFrame) -> Figure:
    """Number of eigenvalues in logarithmic bins, with the largest ones and the theory's.

    The upper axis has the learning rate above which the direction of an eigenvalue diverges.

    Parameters
    ----------
    frame
        Table with `COLUMNS`: rows of the kinds ``bin`` and ``largest``, perhaps ``theory`` and ``infinite_width``.
    """
    figure, axis = plt.subplots(figsize=(0.75 * PAGE_WIDTH, 3.1))
    bins, largest = frame[frame["kind"] == "bin"], frame[frame["kind"] == "largest"]
    handles = [*_draw_bins(axis, bins), *_draw_largest(axis, largest)]
    for kind, colour, style, label in (
        ("theory", THEORY, "--", "theory at these widths"),
        ("infinite_width", INFINITE, ":", "theory at infinite width"),
    ):
        for _, row in frame[frame["kind"] == kind].iterrows():
            handles.append(axis.axvline(row["lambda_low"], color=colour, linestyle=style, linewidth=1.3, label=label))
    loss = str(frame["loss"].iloc[0]).replace("_", " ")
    axis.set(xscale="log", yscale="log", xlabel=rf"eigenvalue $\lambda$ (loss {loss})", ylabel="eigenvalues in the bin")
    axis.set_xlim(*_range(frame))
    known = frame[frame["learning_rate"].notna()].iloc[0]
    product = known["learning_rate"] * known["lambda_low"]
    # matplotlib tries 0, too
    rates = axis.secondary_xaxis("top", functions=(lambda x: product / np.maximum(x, _TINY),) * 2)
    rates.set_xlabel(r"learning rate $2(1+\mu)/\lambda$")
    legend_below(figure, handles)
    return figure


def _draw_bins(axis: Axes, bins: pd.DataFrame) -> list[Line2D]:
    """Outline and errors of the numbers of eigenvalues; bins without any stay empty."""
    if bins.empty:
        return []
    low, high, numbers = (bins[name].to_numpy() for name in ("lambda_low", "lambda_high", "eigenvalues"))
    axis.stairs(numbers, [*low, high[-1]], fill=True, color="0.85", baseline=_least(bins))
    axis.stairs(numbers, [*low, high[-1]], color=BARS, linewidth=0.9, baseline=_least(bins))
    shown = bins[(bins["eigenvalues_error"] > 0) & (bins["eigenvalues"] >= _least(bins))]
    handle = Line2D([], [], color=BARS, linewidth=0.9, label="number of eigenvalues")
    if len(shown):
        centres = (shown["lambda_low"] * shown["lambda_high"]) ** 0.5
        axis.errorbar(
            centres, shown["eigenvalues"], shown["eigenvalues_error"], fmt="none", color="0.25", elinewidth=0.8
        )
        handle.set_label("number of eigenvalues, with standard error")
    axis.set_ylim(_least(bins), 2.0 * numbers.max())
    return [handle]


def _draw_largest(axis: Axes, largest: pd.DataFrame) -> list[Line2D]:
    """Short ticks from below, the longest for the largest of all."""
    if largest.empty:
        return []
    values = largest["lambda_low"][largest["lambda_low"] > 0]
    for position, value in enumerate(values):
        height = 1.0 if position == 0 else _TICK
        axis.axvline(value, ymax=height, color=LARGEST, linewidth=1.3 if position == 0 else 0.9, gid="largest")
    return [
        Line2D([], [], color=LARGEST, linewidth=1.3, label=f"largest eigenvalue (ticks: the {len(values)} largest)")
    ]


def _least(bins: pd.DataFrame) -> float:
    """Lowest number shown: below one eigenvalue, as a bin of random probes may hold a part of one on the average."""
    return 0.5 if (bins["eigenvalues_error"] == 0).all() else 0.1


def _range(frame: pd.DataFrame) -> tuple[float, float]:
    """From the lowest bin that has eigenvalues to above everything that is drawn."""
    filled = frame[(frame["eigenvalues"] >= 0.1) & (frame["lambda_high"] > 0)]
    lowest = filled["lambda_low"][filled["lambda_low"] > 0].min()
    return float(lowest / 1.5), float(2.0 * frame["lambda_high"].max())
