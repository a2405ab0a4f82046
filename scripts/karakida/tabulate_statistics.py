"""Table of Figures 1 and C.1: theory and sampled networks for every activation, width and number of samples."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import (
    eigenvalue_maximum,
    eigenvalue_mean,
    eigenvalue_second_moment,
    mean_field,
)

STATISTICS = ("mean", "second_moment", "maximum")


def theory(activation: str, sigma_w2: float, sigma_b2: float, cell: pd.Series) -> dict[str, float]:
    """Predictions of Theorems 1, 3 and 4 for one cell."""
    order = mean_field(get_activation(activation), sigma_w2, sigma_b2, depth=int(cell["L"]))
    width, samples, outputs = int(cell["M"]), int(cell["T"]), int(cell["C"])
    return {
        "mean": eigenvalue_mean(order, width, outputs),
        "second_moment": eigenvalue_second_moment(order, samples, outputs),
        "maximum": eigenvalue_maximum(order, width, samples),
    }


def tabulate_statistics(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each activation, cell and statistic, from the rows of sampled networks."""
    rows = []
    for (activation, *_), group in parts.groupby(["activation", "L", "M", "T", "C"], sort=False):
        first = group.iloc[0]
        predicted = theory(first["function"], first["sigma_w2"], first["sigma_b2"], first)
        for statistic in STATISTICS:
            rows.append(
                {
                    "activation": activation,
                    **{name: int(first[name]) for name in ("M", "T", "L", "C")},
                    "statistic": statistic,
                    "theory": predicted[statistic],
                    "empirical_mean": group[statistic].mean(),
                    "empirical_std": group[statistic].std(ddof=1),
                    "n_seeds": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_statistics)
