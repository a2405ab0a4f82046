"""Accuracy and loss of online training over depth and learning rate (Hayase, Karakida 2020 and 2021, Figure 4)."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from fisher_spectra.plotting.hayase_karakida.depth_maps import PREDICTIONS, draw_map
from fisher_spectra.plotting.learning_rate_map import LEARNING_RATE, legend_handles, title_of
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
# Digits of the ticks of losses, the first that gives enough ticks within their range.
_DIGITS = ((1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (*np.arange(1.0, 9.95, 0.1).round(1),))
_ENOUGH_TICKS = 4


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
    ticks = _ticks(*losses)
    bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()


def _ticks(low: float, high: float) -> list[float]:
    """Round losses within a range, both ends included: at least four if it has them."""
    found: list[float] = []
    for digits in _DIGITS:
        round_losses = [float(f"{digit}e{power}") for power in range(-6, 7) for digit in digits]
        found = [loss for loss in round_losses if low <= loss <= high]
        if len(found) >= _ENOUGH_TICKS:
            break
    return found


def _title(rows: pd.DataFrame) -> str:
    """Data set and epochs, for the first line of a panel's title."""
    dataset = str(rows["dataset"].iloc[0]).partition(" (")[0]  # maps of one data set have their epochs in brackets
    epochs = int(rows["epochs"].iloc[0])
    return f"{title_of(dataset, {'digits': 'digits'})}\n{epochs} epoch{'s' if epochs > 1 else ''}, "
