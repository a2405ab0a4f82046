"""Table of Figure 4 with label vectors of two norms: the columns of Figure 4, one map for each norm."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.hayase_karakida.eigenvalue_recursions import learning_rate_lines
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.online.columns import column_with_borders


def tabulate_label_norms(parts: pd.DataFrame, loss_limit: float) -> pd.DataFrame:
    """One row for each norm of the label vectors, depth and learning rate."""
    tables = []
    for (norm, dataset, depth), column in parts.groupby(["label_norm", "dataset", "L"], sort=False):
        table = column_with_borders(column, learning_rate_lines(column["function"].iloc[0], int(depth)), loss_limit)
        for place, (name, value) in enumerate({"label_norm": norm, "dataset": dataset, "L": depth}.items()):
            table.insert(place, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_label_norms)
