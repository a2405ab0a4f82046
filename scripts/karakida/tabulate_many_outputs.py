"""Table of Section 3.4: statistics of networks with C proportional to M beside the bounds (17) and (18)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import ManyOutputsBounds, many_outputs_bounds, mean_field


def limits(bounds: ManyOutputsBounds) -> dict[str, tuple[float, float]]:
    """Lower and upper bound of each statistic."""
    return {
        "mean": (bounds.mean, bounds.mean),  # (17) gives the mean itself
        "second_moment": (bounds.second_moment_lower, bounds.second_moment_upper),
        "maximum": (bounds.maximum_lower, bounds.maximum_upper),
    }


def tabulate_many_outputs(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each activation, cell and statistic, from the rows of sampled networks."""
    rows = []
    for (activation, *_), group in parts.groupby(["activation", "L", "M", "T", "C"], sort=False):
        first = group.iloc[0]
        order = mean_field(
            get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth=int(first["L"])
        )
        sizes = int(first["M"]), int(first["T"]), int(first["C"])
        right = limits(many_outputs_bounds(order, *sizes))
        printed = limits(many_outputs_bounds(order, *sizes, printed=True))
        for statistic in right:
            rows.append(
                {
                    "activation": activation,
                    **{name: int(first[name]) for name in ("M", "T", "L", "C")},
                    "statistic": statistic,
                    "lower_bound": right[statistic][0],
                    "upper_bound": right[statistic][1],
                    "lower_bound_printed": printed[statistic][0],
                    "upper_bound_printed": printed[statistic][1],
                    "empirical_mean": group[statistic].mean(),
                    "empirical_sem": group[statistic].std(ddof=1) / np.sqrt(len(group)),
                    "n_seeds": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_many_outputs)
