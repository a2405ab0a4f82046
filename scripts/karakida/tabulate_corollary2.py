"""Table of Corollary 2: sampled numbers of eigenvalues of at least k beside the bound."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import corollary_2_bound, mean_field


def tabulate_corollary2(parts: pd.DataFrame, thresholds: list[float]) -> pd.DataFrame:
    """One row for each activation, cell and threshold k, from the rows of sampled networks."""
    rows = []
    for _, group in parts.groupby(["activation", "L", "M", "C"], sort=False):
        first = group.iloc[0]
        depth, width, outputs = (int(first[name]) for name in ("L", "M", "C"))
        order = mean_field(get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth)
        for k in thresholds:
            counts = group[f"count_{k:g}"]
            rows.append(
                {
                    "activation": first["activation"],
                    "M": width,
                    "L": depth,
                    "C": outputs,
                    "T": first["T"],
                    "k": k,
                    "bound": corollary_2_bound(order, width, k, outputs),
                    "count": counts.mean(),
                    "count_largest": counts.max(),
                    "n_seeds": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_corollary2)
