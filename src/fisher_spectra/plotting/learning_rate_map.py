"""Maps over a learning rate and a width or depth, with predicted and measured borders of convergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.datasets.variants import OWN_PREFIX, is_own
from fisher_spectra.plotting.style import PALETTE

LEARNING_RATE = r"learning rate $\eta$"
DIVERGED = "0.72"  # gray of cells whose training diverged
TITLES = {"gaussian": "Gaussian inputs, teacher network"} | {name: one.title for name, one in DATASETS.items()}


@dataclass(frozen=True)
class Prediction:
    """A predicted border: its column of the table, its names in the legend and in a panel, and the look of its line."""

    column: str
    label: str
    short: str
    style: dict[str, Any]


def title_of(dataset: str, short: dict[str, str] | None = None) -> str:
    """Name of a data set as it is printed, with its variant, as in ``cifar10, jpeg mirror``; `short` names go first.

    Data of the reader's own are called that, whatever the name of their file; no sign in it begins a formula.
    """
    if is_own(dataset):
        return f"own data: {dataset.removeprefix(OWN_PREFIX)}".replace("$", r"\$")
    name, comma, variant = dataset.partition(", ")
    return f"{(short or {}).get(name, TITLES.get(name, name))}{comma}{variant}"


def log_edges(centres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Edges of the cells whose centres lie at `centres` on a logarithmic axis; shape (n + 1,)."""
    logs = np.log(centres)
    if logs.size == 1:
        return np.asarray(np.exp([logs[0] - 0.5, logs[0] + 0.5]))
    middle = (logs[1:] + logs[:-1]) / 2
    return np.asarray(np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]])))


def draw_cells(axis: Axes, cells: pd.DataFrame, norm: Normalize) -> QuadMesh:
    """Colour map on logarithmic axes; what is not a number is gray.

    Parameters
    ----------
    axis
        Where it is drawn.
    cells
        Values, one row for each learning rate (the index) and one column for each width or depth.
    norm
        From values to colours.
    """
    across, rates = (log_edges(labels.to_numpy(dtype=float)) for labels in (cells.columns, cells.index))
    axis.set_facecolor(DIVERGED)
    values = np.ma.masked_invalid(cells.to_numpy(dtype=float))
    mesh = axis.pcolormesh(across, rates, values, norm=norm, cmap="viridis", rasterized=True)
    axis.set(xscale="log", yscale="log", xlim=(across[0], across[-1]), ylim=(rates[0], rates[-1]))
    axis.minorticks_off()
    return mesh


def draw_borders(
    axis: Axes,
    centres: npt.NDArray[np.float64],
    columns: pd.DataFrame,
    predictions: Sequence[Prediction],
    measured: pd.Series,
    markersize: float,
) -> None:
    """Predicted borders as lines, the measured one as diamonds.

    Parameters
    ----------
    axis
        A map with cells.
    centres
        Widths or depths of its columns, in rising order.
    columns
        One row for each of them, with the columns of the `predictions`.
    predictions, measured
        The borders.
    markersize
        Size of a diamond, in points.
    """
    edges = log_edges(centres)
    for prediction in predictions:
        values = columns[prediction.column].to_numpy(dtype=float)
        axis.plot(edges, _continued(edges, centres, values), **prediction.style)
    axis.plot(centres, measured, "D", color=PALETTE[1], markeredgecolor="black", markersize=markersize)


def _continued(
    edges: npt.NDArray[np.float64], centres: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """At the edges of columns what is known at their centres: power laws between two, continued beyond the last."""
    logs = np.interp(np.log(edges), np.log(centres), np.log(values))
    if len(centres) > 1:
        slope = np.diff(np.log(values)) / np.diff(np.log(centres))
        logs[0] = np.log(values[0]) + slope[0] * np.log(edges[0] / centres[0])
        logs[-1] = np.log(values[-1]) + slope[-1] * np.log(edges[-1] / centres[-1])
    return np.asarray(np.exp(logs))


def typical_factor(measured: pd.Series, predicted: pd.Series) -> float:
    """Median factor between a measured and a predicted border, at least 1."""
    return float(np.exp(np.nanmedian(np.abs(np.log(measured / predicted)))))


def legend_handles(predictions: Sequence[Prediction]) -> list[Artist]:
    """What the legend of maps names: the predictions, the measured border, and diverged cells."""
    measured = Line2D(
        [], [], linestyle="none", marker="D", color=PALETTE[1], markeredgecolor="black", label="measured border"
    )
    lines = [Line2D([], [], label=prediction.label, **prediction.style) for prediction in predictions]
    return [*lines, measured, Patch(facecolor=DIVERGED, label="diverged")]
