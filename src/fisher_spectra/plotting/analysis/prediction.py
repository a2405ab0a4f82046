"""Predicted largest eigenvalues of networks as lines, sampled ones as points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, legend_below

COLUMNS: tuple[str, ...] = ("source", "largest_eigenvalue", "low", "high", "critical_learning_rate")

# what is drawn of the theory, in this order: label, colour, style of the line
LINES = {
    "infinite_width": ("infinite width", PALETTE[7], ":"),
    "infinite_width_on_data": ("infinite width, the data's overlaps", PALETTE[2], "--"),
    "finite_size": ("finite size, with its stated error", PALETTE[0], "-"),
}
_SMALLEST = 1e-100  # eigenvalue for which a rate is still a finite number


def plot(frame: pd.DataFrame) -> Figure:
    """One axis of eigenvalues, with the critical learning rates above.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axis = subplots(figsize=(PAGE_WIDTH, 2.4))
    handles: list[Any] = []
    for source, (label, colour, style) in LINES.items():
        for value, low, high in _values(frame, source):
            handles.append(axis.axvline(value, color=colour, linestyle=style, label=label))
            if np.isfinite(low):
                axis.axvspan(low, high, color=colour, alpha=0.15, linewidth=0)
    networks = _values(frame, "network")[:, 0]
    if networks.size:
        # heights tell networks of nearly the same value apart, and mean nothing
        heights = (np.arange(networks.size) + 0.5) / networks.size
        handles += axis.plot(networks, heights, "o", color=PALETTE[1], alpha=0.8, label="sampled networks")
    for value, low, _ in _values(frame, "mean_of_networks"):
        handles.append(
            axis.errorbar(value, 0.5, xerr=value - low, fmt="D", color="black", markersize=5, label="their mean")
        )
    axis.set(xscale="log", ylim=(0, 1), yticks=[], xlabel=r"largest eigenvalue of $F$")
    # eigenvalue times critical rate is the same number everywhere
    product = float(frame["largest_eigenvalue"].iloc[0] * frame["critical_learning_rate"].iloc[0])
    above = axis.secondary_xaxis("top", functions=(lambda x: _divided(product, x), lambda x: _divided(product, x)))
    above.set_xlabel("critical learning rate")
    for one in (axis.xaxis, above.xaxis):  # less than a decade, mostly: powers of ten would not do
        one.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        one.set_minor_locator(NullLocator())
    legend_below(figure, handles)
    return figure


def _values(frame: pd.DataFrame, source: str) -> npt.NDArray[np.float64]:
    """Value, low and high of the rows of a source, shape (rows, 3)."""
    rows = frame.loc[frame["source"] == source, ["largest_eigenvalue", "low", "high"]]
    return rows.to_numpy(dtype=np.float64)


def _divided(product: float, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """product / values, also at the zeros that matplotlib tries."""
    return product / np.maximum(np.asarray(values, dtype=np.float64), _SMALLEST)
