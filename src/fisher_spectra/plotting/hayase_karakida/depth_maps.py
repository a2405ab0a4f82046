"""Heat maps over depth and learning rate with the borders of Hayase and Karakida: a part of several figures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from fisher_spectra.plotting.learning_rate_map import Prediction, draw_borders, draw_cells, typical_factor

# The two lie within a few per cent of each other: the paper's is a broad band below the other, so that both are seen.
PREDICTIONS = (
    Prediction("eta_paper", r"$2/L$", r"$2/L$", {"color": "red", "linestyle": "-", "linewidth": 2.8}),
    Prediction(
        "eta_boundary",
        r"$2/\lambda_{\max}$, exact recursion",
        r"$2/\lambda_{\max}$",
        {"color": "black", "linestyle": (0, (4, 3)), "linewidth": 1.1},
    ),
)


def draw_map(axis: Axes, rows: pd.DataFrame, column: str, border: str, norm: Normalize) -> None:
    """One column of a table over (L, eta); cells most of whose trials diverged are gray.

    Parameters
    ----------
    axis
        Where it is drawn.
    rows
        Of one map.
    column, border
        What is shown in colour, and its measured border.
    norm
        From values to colours.
    """
    values = rows[column]
    shown = rows.assign(shown=values.where((rows["diverged_fraction"] <= 0.5) & np.isfinite(values)))
    cells = shown.pivot_table(index="eta", columns="L", values="shown", aggfunc="first", dropna=False)
    depths = cells.columns.to_numpy(dtype=float)
    columns = rows.drop_duplicates("L").sort_values("L")
    draw_cells(axis, cells, norm)
    draw_borders(axis, depths, columns, PREDICTIONS, columns[border], markersize=3.2)
    ticks = _spread(depths)
    axis.set_xticks(ticks, [f"{depth:g}" for depth in ticks])
    axis.minorticks_off()
    _write_factors(axis, columns, border)


def _spread(depths: npt.NDArray[np.float64]) -> list[float]:
    """Depths to be written on a logarithmic axis: no two closer than a factor of 1.6."""
    chosen: list[float] = []
    for depth in depths:
        if not chosen or depth >= 1.6 * chosen[-1]:
            chosen.append(float(depth))
    return chosen


def _write_factors(axis: Axes, columns: pd.DataFrame, border: str) -> None:
    """Say in the panel how far each line lies from the measured border, as a typical factor."""
    if not columns[border].notna().any():
        return
    factors = [(line.short, typical_factor(columns[border], columns[line.column])) for line in PREDICTIONS]
    text = "\n".join(rf"{short}: $\times$ {factor:.2f}" for short, factor in factors)
    axis.text(0.96, 0.96, text, transform=axis.transAxes, ha="right", va="top", fontsize=6.5)
