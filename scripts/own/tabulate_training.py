"""Table of an own network's training: mean final losses, diverged fractions, predicted and measured borders."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.divergence_border import divergence_border


def tabulate_training(
    parts: pd.DataFrame, predictions: pd.DataFrame, momentum: float, divergence_loss: float
) -> pd.DataFrame:
    """One row for each factor of the widths and each learning rate, from those of trials.

    `predictions` has the rows of theory and those of the sampled networks; the critical learning rate of a network is
    2 (1 + mu) over its own largest curvature.
    """
    theory, networks = predictions[predictions["curvature"].isna()], predictions[predictions["curvature"].notna()]
    sampled = (2.0 * (1.0 + momentum) / networks["curvature"]).groupby(networks["factor"])
    tables = []
    for factor, column in parts.groupby("factor"):
        table = (
            column.groupby("rate_factor")
            .agg(
                eta=("eta", "first"),
                loss=("loss", "mean"),
                diverged_fraction=("diverged", "mean"),
                n_trials=("trial", "size"),
            )
            .reset_index()
        )
        predicted = theory[theory["factor"] == factor].iloc[0]
        border = divergence_border(table["eta"].to_numpy(), table["diverged_fraction"].to_numpy())
        table.insert(0, "factor", factor)
        table.insert(1, "widths", predicted["widths"])
        for name in ("finite_rate", "infinite_rate"):
            table[name] = predicted[name]
        table["sampled_rate"], table["sampled_rate_std"] = sampled.mean()[factor], sampled.std(ddof=1)[factor]
        table["border"] = border.learning_rate
        table["divergence_loss"] = divergence_loss
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_training)
