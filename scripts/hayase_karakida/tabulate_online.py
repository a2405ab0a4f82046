"""Table of Figure 4: means over trials, the two predicted borders, the measured ones and the distances between them."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.hayase_karakida.eigenvalue_recursions import learning_rate_lines
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.online.columns import column_with_borders


def tabulate_online(parts: pd.DataFrame, loss_limit: float) -> pd.DataFrame:
    """One row for each heat map, depth and learning rate."""
    maps = parts[["dataset", "epochs"]].drop_duplicates()
    # two maps of one data set are told apart by their epochs
    repeated = set(maps["dataset"][maps["dataset"].duplicated()])
    tables = []
    for _, column in parts.groupby(["dataset", "epochs", "L"], sort=False):
        first = column.iloc[0]
        dataset, epochs, depth = first["dataset"], int(first["epochs"]), int(first["L"])
        table = column_with_borders(column, learning_rate_lines(first["function"], depth), loss_limit)
        plural = "s" if epochs > 1 else ""
        table.insert(0, "dataset", f"{dataset} ({epochs} epoch{plural})" if dataset in repeated else dataset)
        table.insert(1, "L", depth)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_online)
