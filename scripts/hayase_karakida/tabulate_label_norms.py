"""Table of Figure 4 with label vectors of two norms: the columns of Figure 4, one map for each norm."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.hayase_karakida.eigenvalue_recursions import learning_rate_lines
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.training.online.columns import column_with_borders


def tabulate_label_norms(parts: pd.DataFrame, loss_limit: float) -> pd.DataFrame:
    """One row for each norm of the label vectors, depth and learning rate."""
    tables = []
    names = ["label_norm", "dataset", "L"]
    for _, column in parts.groupby(names, sort=False):
        first = column.iloc[0]
        table = column_with_borders(column, learning_rate_lines(first["function"], int(first["L"])), loss_limit)
        for place, name in enumerate(names):
            table.insert(place, name, first[name])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_label_norms)
