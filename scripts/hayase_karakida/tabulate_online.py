"""Table of Figure 4: means over trials, the two predicted borders, the measured ones and the distances between them.

A trial that diverged answers no better than chance, so it counts with that accuracy, and with an infinite loss.
`border` is where the training accuracy collapses, `border_test` where the test accuracy does, `border_loss` where the
test loss exceeds `loss_limit`.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.collapse_border import accuracy_border, loss_border
from fisher_spectra.training.divergence_border import DivergenceBorder

NONE = DivergenceBorder(float("nan"), 0.0, float("inf"))


def accuracy_collapse(column: pd.DataFrame, accuracy: str, chance: float) -> DivergenceBorder:
    """Border of an accuracy; none where nothing was learned at any rate."""
    if column[accuracy].max() <= chance:
        return NONE
    return accuracy_border(column["eta"], column[accuracy], chance)


def loss_explosion(column: pd.DataFrame, limit: float) -> DivergenceBorder:
    """Border of the test loss; none where it is above the limit at every rate."""
    if not (column["test_loss"] <= limit).any():
        return NONE
    return loss_border(column["eta"], column["test_loss"], limit)


def tabulate_online(parts: pd.DataFrame, loss_limit: float) -> pd.DataFrame:
    """One row for each heat map, depth and learning rate."""
    cells = parts.copy()
    maps = cells[["dataset", "epochs"]].drop_duplicates()
    # two maps of one data set are told apart by their epochs
    repeated = set(maps["dataset"][maps["dataset"].duplicated()])
    cells["chance"] = 1 / cells["classes"]
    for name in ("train_accuracy", "test_accuracy"):
        cells[name] = cells[name].where(cells["diverged"] == 0, cells["chance"])
    tables = []
    for _, column in cells.groupby(["dataset", "epochs", "L"], sort=False):
        first = column.iloc[0]
        dataset, epochs, depth = first["dataset"], int(first["epochs"]), int(first["L"])
        table = (
            column.groupby("eta")
            .agg(
                train_loss=("train_loss", "mean"),
                test_loss=("test_loss", "mean"),
                train_accuracy=("train_accuracy", "mean"),
                test_accuracy=("test_accuracy", "mean"),
                diverged_fraction=("diverged", "mean"),
                n_trials=("trial", "size"),
            )
            .reset_index()
        )
        plural = "s" if epochs > 1 else ""
        table.insert(0, "dataset", f"{dataset} ({epochs} epoch{plural})" if dataset in repeated else dataset)
        table.insert(1, "L", depth)
        propagation = signal_propagation(get_activation(first["function"]), depth)
        lines = {
            "eta_boundary": 2 / float(largest_eigenvalue_recursion(propagation)[-1]),
            "eta_paper": 2 / depth,
        }
        borders = {
            "border": accuracy_collapse(table, "train_accuracy", first["chance"]),
            "border_test": accuracy_collapse(table, "test_accuracy", first["chance"]),
            "border_loss": loss_explosion(table, loss_limit),
        }
        table = table.assign(**lines)
        for name, border in borders.items():
            table[name] = border.learning_rate
            table[f"{name}_half_width"] = border.half_width
            for line, eta in lines.items():
                table[f"log_distance_{name}_{line}"] = border.log_distance(eta)
        table["epochs"], table["M"], table["samples"] = epochs, first["M"], first["samples"]
        table["chance"], table["loss_limit"] = first["chance"], loss_limit
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_online)
