"""Table of finite sizes: largest eigenvalue by Theorem 4, at finite size, and of sampled networks."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job

SHAPE = ["activation", "widths", "T", "sigma_b2"]


def tabulate_finite_size(parts: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """One row for each point of each sweep; the shape that belongs to all of them was sampled once."""
    sampled = (
        parts.groupby(SHAPE, sort=False)["maximum"]
        .agg(empirical_mean="mean", empirical_std="std", n_seeds="size")
        .reset_index()
    )
    return predictions.merge(sampled, on=SHAPE, how="left", validate="many_to_one")


if __name__ == "__main__":
    run_job(tabulate_finite_size)
