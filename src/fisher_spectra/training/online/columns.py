"""A depth of a heat map over (L, eta): means over trials, measured borders, and their distances from predicted ones."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from fisher_spectra.training.collapse_border import accuracy_border, loss_border
from fisher_spectra.training.divergence_border import DivergenceBorder

_NONE = DivergenceBorder(float("nan"), 0.0, float("inf"))
_MEANS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def column_with_borders(trials: pd.DataFrame, lines: Mapping[str, float], loss_limit: float) -> pd.DataFrame:
    """One row for each learning rate of one depth, the predicted borders and the measured ones beside it.

    A trial that diverged answers no better than chance, so it counts with that accuracy, and with an infinite loss.

    Parameters
    ----------
    trials
        One row for each learning rate and trial: eta, trial, diverged (0 or 1), classes, epochs, M, samples, and the
        losses and accuracies on training and test samples.
    lines
        Predicted borders by their names.
    loss_limit
        Test loss above which it counts as exploded.

    Returns
    -------
    DataFrame
        eta; means over trials; diverged_fraction, n_trials; the lines; border, where the training accuracy collapses,
        border_test, where the test accuracy does, border_loss, where the test loss exceeds the limit, each with half a
        step of the grid (in logarithms) and its log distances from the lines; epochs, M, samples, chance, loss_limit.
    """
    first = trials.iloc[0]
    chance = 1 / first["classes"]
    answered = trials.copy()
    for name in ("train_accuracy", "test_accuracy"):
        answered[name] = answered[name].where(answered["diverged"] == 0, chance)
    means = {name: (name, "mean") for name in _MEANS}
    counts = {"diverged_fraction": ("diverged", "mean"), "n_trials": ("trial", "size")}
    table = answered.groupby("eta").agg(**means, **counts).reset_index()
    borders = {
        "border": _accuracy_collapse(table, "train_accuracy", chance),
        "border_test": _accuracy_collapse(table, "test_accuracy", chance),
        "border_loss": _loss_explosion(table, loss_limit),
    }
    table = table.assign(**lines)
    for name, border in borders.items():
        table[name] = border.learning_rate
        table[f"{name}_half_width"] = border.half_width
        for line, eta in lines.items():
            table[f"log_distance_{name}_{line}"] = border.log_distance(eta)
    table["epochs"], table["M"], table["samples"] = first["epochs"], first["M"], first["samples"]
    table["chance"], table["loss_limit"] = chance, loss_limit
    return table


def _accuracy_collapse(column: pd.DataFrame, accuracy: str, chance: float) -> DivergenceBorder:
    """Border of an accuracy; none where nothing was learned at any rate."""
    if column[accuracy].max() <= chance:
        return _NONE
    return accuracy_border(column["eta"], column[accuracy], chance)


def _loss_explosion(column: pd.DataFrame, limit: float) -> DivergenceBorder:
    """Border of the test loss; none where it is above the limit at every rate."""
    if not (column["test_loss"] <= limit).any():
        return _NONE
    return loss_border(column["eta"], column["test_loss"], limit)
