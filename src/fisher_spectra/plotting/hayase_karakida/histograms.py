"""Histograms of sampled eigenvalues as bars, and limiting laws in the same bins as an outline."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.style import PALETTE

SAMPLED = PALETTE[1]  # orange, as in the papers
THEORY = "black"
EIGENVALUE = r"eigenvalue $\lambda$"


def edges_of(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Edges of adjacent bins, in rising order; one more than `rows`."""
    return np.append(rows["bin_low"].to_numpy(), rows["bin_high"].to_numpy()[-1])


def draw_bars(axis: Axes, rows: pd.DataFrame, column: str) -> None:
    """A bar for each bin as high as `column`."""
    axis.bar(
        rows["bin_low"],
        rows[column],
        width=rows["bin_high"] - rows["bin_low"],
        align="edge",
        color=SAMPLED,
        edgecolor="white",
        linewidth=0.3,
    )


def draw_outline(axis: Axes, rows: pd.DataFrame, column: str, **style: Any) -> None:
    """A line along the tops of the bins, as high as `column`; bins without mass are gaps."""
    values = rows[column].to_numpy(dtype=float)
    axis.stairs(np.where(values > 0, values, np.nan), edges_of(rows), color=THEORY, **style)


def bars_handle(networks: int, width: int) -> Patch:
    """What the legend says of the bars."""
    return Patch(facecolor=SAMPLED, label=f"{networks} network{'s' if networks > 1 else ''}, $M$ = {width}")


def line_handle(label: str, **style: Any) -> Line2D:
    """What the legend says of a line of theory."""
    return Line2D([], [], color=THEORY, label=label, **style)
