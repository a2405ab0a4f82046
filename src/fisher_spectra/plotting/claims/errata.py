"""Misprinted formulas of a paper beside what was sampled."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE

COLUMNS = ("formula", "place", "printed", "corrected", "sampled", "standard_error")

TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10)  # those within the axis are written
CLOSE_TICKS = (0.8, 0.9, 0.95, 0.98, 1, 1.02, 1.05, 1.1, 1.2)  # where that is 1 alone: all formulas are right
_MARGIN, _CLOSE_MARGIN = 0.1, 0.02  # beyond the outermost mark, in logarithms


def plot(frame: pd.DataFrame) -> Figure:
    """Printed and corrected value of each formula over the sampled one, with two standard errors of the latter.

    A formula of which nothing is printed has no mark for that.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    places = np.arange(len(frame))
    figure, axis = plt.subplots(figsize=(PAGE_WIDTH, 0.26 * len(frame) + 1.0))
    sampled = frame["sampled"].to_numpy(dtype=float)
    error = 2 * frame["standard_error"].to_numpy(dtype=float) / np.abs(sampled)
    axis.errorbar(
        np.ones_like(sampled),
        places,
        xerr=error,
        fmt="|",
        color="0.2",
        markersize=9,
        label="sampled, two standard errors",
    )
    corrected, printed = frame["corrected"] / sampled, frame["printed"] / sampled
    axis.plot(corrected, places, "D", color=PALETTE[1], markersize=4.5, label="right")
    axis.plot(printed, places, "X", color="black", markersize=5, label="as printed")
    axis.set(xscale="log", ylim=(len(frame) - 0.4, -0.6), xlabel="value / sampled value")
    _centre_on_one(axis, np.concatenate([corrected, printed, 1.0 + error]))
    labels = [f"{row['formula'].replace('_', ' ')}: {row['place']}" for _, row in frame.iterrows()]
    axis.set_yticks(places, labels, fontsize=7)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _centre_on_one(axis: Axes, ratios: npt.NDArray[np.float64]) -> None:
    """Limits as far to the left of 1 as to the right that all ratios are seen."""
    farthest = float(np.nanmax(np.abs(np.log(ratios))))
    spread = farthest + (_MARGIN if farthest > _MARGIN else _CLOSE_MARGIN)
    axis.set_xlim(np.exp(-spread), np.exp(spread))
    shown = [tick for tick in TICKS if abs(np.log(tick)) <= spread]
    if len(shown) == 1:
        shown = [tick for tick in CLOSE_TICKS if abs(np.log(tick)) <= spread]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.minorticks_off()
