"""Accuracy and loss of online training over depth and learning rate (Hayase, Karakida 2020 and 2021, Figure 4)."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from fisher_spectra.plotting.learning_rate_map import (
    LEARNING_RATE,
    Prediction,
    draw_borders,
    draw_cells,
    legend_handles,
    title_of,
    typical_factor,
)
from fisher_spectra.plotting.style import PAGE_WIDTH

COLUMNS: tuple[str, ...] = (
    "dataset",
    "L",
    "eta",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "eta_boundary",
    "eta_paper",
    "diverged_fraction",
    "border",
    "border_loss",
    "loss_limit",
    "epochs",
)

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


class Quantity(NamedTuple):
    """What a panel shows: a column of the table, its name, and the column of its measured border."""

    column: str
    name: str
    border: str


# The first row of panels is the paper's, the second the preprint's.
ACCURACIES = (
    Quantity("train_accuracy", "training accuracy", "border"),
    Quantity("test_accuracy", "test accuracy", "border"),
)
LOSSES = (
    Quantity("train_loss", "training loss", "border_loss"),
    Quantity("test_loss", "test loss", "border_loss"),
)
_ONE_TWO_FIVE = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5)]


def plot(frame: pd.DataFrame) -> Figure:
    """Heat maps over depth and learning rate: accuracies above, losses below, training and test for each data set.

    Lines: 2 / L and 2 / lambda_max of the exact recursion. Diamonds: measured borders, where the training accuracy
    collapses (upper row) and where the test loss explodes (lower row). The text gives the median factor between the
    border and each line.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    datasets = list(frame["dataset"].unique())
    figure, axes = plt.subplots(
        2,
        2 * len(datasets),
        figsize=((1.3 if len(datasets) > 1 else 0.75) * PAGE_WIDTH, 4.6),
        squeeze=False,
        sharex="col",
    )
    losses = _range_of_losses(frame)
    accuracy, loss = Normalize(0.0, 1.0), LogNorm(*losses)
    for position, dataset in enumerate(datasets):
        rows = frame[frame["dataset"] == dataset]
        above, below = axes[:, 2 * position : 2 * position + 2]
        for side in range(2):
            draw_map(above[side], rows, ACCURACIES[side].column, ACCURACIES[side].border, accuracy)
            draw_map(below[side], rows, LOSSES[side].column, LOSSES[side].border, loss)
            above[side].set_title(f"{_title(rows)}{ACCURACIES[side].name}", fontsize=8)
            below[side].set_title(LOSSES[side].name, fontsize=8)
            below[side].set_xlabel(r"depth $L$")
        for axis in (above[1], below[1]):  # the same rates as in the panel to its left
            axis.tick_params(labelleft=False)
    for axis in axes[:, 0]:
        axis.set_ylabel(LEARNING_RATE)
    _draw_colour_bars(figure, axes, accuracy, losses)
    figure.legend(handles=legend_handles(PREDICTIONS), loc="outside lower center", ncols=4)
    return figure


def _range_of_losses(frame: pd.DataFrame) -> tuple[float, float]:
    """From the smallest of all losses to the limit."""
    losses = frame[["train_loss", "test_loss"]].to_numpy(dtype=float)
    limit = float(frame["loss_limit"].max())
    drawn = losses[np.isfinite(losses) & (losses > 0) & (losses <= limit)]
    return (float(drawn.min()) if drawn.size else 0.1), limit


def _draw_colour_bars(
    figure: Figure, axes: npt.NDArray[np.object_], accuracy: Normalize, losses: tuple[float, float]
) -> None:
    bar = figure.colorbar(ScalarMappable(accuracy, "viridis"), ax=list(axes[0]), label="accuracy", aspect=25, pad=0.01)
    bar.ax.minorticks_off()
    bar = figure.colorbar(
        ScalarMappable(LogNorm(*losses), "viridis"), ax=list(axes[1]), label="loss", aspect=25, pad=0.01, extend="max"
    )
    ticks = [tick for tick in _ONE_TWO_FIVE if losses[0] <= tick <= losses[1]]
    bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()


def _title(rows: pd.DataFrame) -> str:
    """Data set and epochs, for the first line of a panel's title."""
    dataset = str(rows["dataset"].iloc[0]).partition(" (")[0]  # maps of one data set have their epochs in brackets
    epochs = int(rows["epochs"].iloc[0])
    return f"{title_of(dataset, {'digits': 'digits'})}\n{epochs} epoch{'s' if epochs > 1 else ''}, "


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
