"""Table of Figure 5: histograms of the eigenvalues of H_L after training and before, in bins of lambda / L.

`weight_above` is the share of eigenvalues beyond the last bin, `mean` and `mean_initial` the mean eigenvalue. A network
that diverged has no eigenvalues: its weights are 0 and its mean is not a number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.hayase_karakida.eigenvalue_recursions import learning_rate_lines
from fisher_spectra.jobs.run_job import run_job


def weights_of(eigenvalues: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Share of the eigenvalues in each bin."""
    known = np.sort(eigenvalues.dropna().to_numpy())
    return np.diff(np.searchsorted(known, edges, side="right")) / max(len(known), 1)


def tabulate_spectra(parts: pd.DataFrame, bins: int, largest: float) -> pd.DataFrame:
    """One row for each depth, learning rate and bin, of which there are `bins` up to `largest` times L."""
    over_depth = np.linspace(0.0, largest, bins + 1)
    tables = []
    for _, column in parts.groupby(["dataset", "L"], sort=False):
        first = column.iloc[0]
        depth = int(first["L"])
        edges = depth * over_depth
        initial = weights_of(column["eigenvalue"][column["eta"] == 0], edges)
        lines = learning_rate_lines(first["function"], depth)
        for eta, cell in column[column["eta"] > 0].groupby("eta"):
            tables.append(
                pd.DataFrame(
                    {
                        "dataset": first["dataset"],
                        "L": depth,
                        "eta": eta,
                        "lambda": (edges[:-1] + edges[1:]) / 2,
                        "weight": weights_of(cell["eigenvalue"], edges),
                        "weight_initial": initial,
                        "bin_low": edges[:-1],
                        "bin_high": edges[1:],
                        "weight_above": (cell["eigenvalue"] > edges[-1]).sum() / max(cell["eigenvalue"].count(), 1),
                        "mean": cell["eigenvalue"].mean(),
                        "mean_initial": column["eigenvalue"][column["eta"] == 0].mean(),
                        "diverged": cell["diverged"].max(),
                        **lines,
                        "M": cell["M"].iloc[0],
                        "n_eigenvalues": cell["eigenvalue"].count(),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_spectra)
