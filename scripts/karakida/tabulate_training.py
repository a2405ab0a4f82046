"""Table of Figures 2 and C.2: mean final losses, diverged fractions, predicted and measured borders."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.divergence_border import divergence_border

KEYS = ["dataset", "activation", "M"]
LINES = {"eta_c": "paper", "eta_c_overlap": "overlap", "eta_c_data": "data"}
FINITE_SIZE = "eta_c_finite_size"  # added later: its columns stand last


def tabulate_training(parts: pd.DataFrame, predictions: pd.DataFrame, divergence_loss: float) -> pd.DataFrame:
    """One row for each data set, activation, width and learning rate, from those of trials."""
    tables = []
    for _, column in parts.groupby(KEYS, sort=False):
        table = (
            column.groupby("eta")
            .agg(loss=("loss", "mean"), diverged_fraction=("diverged", "mean"), n_trials=("trial", "size"))
            .reset_index()
        )
        for place, key in enumerate(KEYS):
            table.insert(place, key, column.iloc[0][key])
        ((_, predicted),) = predictions[(predictions[KEYS] == column.iloc[0][KEYS]).all(axis=1)].iterrows()
        border = divergence_border(table["eta"].to_numpy(), table["diverged_fraction"].to_numpy())
        for line in LINES:
            table[line] = predicted[line]
        table["divergence_loss"] = divergence_loss
        table["border"] = border.learning_rate
        table["border_half_width"] = border.half_width
        for line, name in LINES.items():
            table[f"log_distance_{name}"] = border.log_distance(predicted[line])
        table[FINITE_SIZE] = predicted[FINITE_SIZE]
        table["log_distance_finite_size"] = border.log_distance(predicted[FINITE_SIZE])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_training)
