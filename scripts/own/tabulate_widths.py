"""Table of an own network's eigenvalue statistics against the factor of its hidden widths: theory and networks."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job

# of each statistic, the columns of the predictions at infinite and at finite width
STATISTICS = {
    "mean": ("infinite_mean", None),
    "second_moment": ("infinite_second_moment", None),
    "maximum": ("infinite_maximum", "finite_maximum"),
    "critical_rate": ("infinite_rate", "finite_rate"),
}


def tabulate_widths(parts: pd.DataFrame, predictions: pd.DataFrame, momentum: float) -> pd.DataFrame:
    """One row for each factor and statistic.

    The critical learning rate of a network is 2 (1 + mu) over its own largest curvature.
    """
    sampled = parts.assign(critical_rate=2.0 * (1.0 + momentum) / parts["curvature"])
    rows = []
    for _, predicted in predictions.sort_values("factor").iterrows():
        group = sampled[sampled["factor"] == predicted["factor"]]
        for statistic, (infinite, finite) in STATISTICS.items():
            mean = group[statistic].mean()
            rows.append(
                {
                    "factor": predicted["factor"],
                    "widths": predicted["widths"],
                    "statistic": statistic,
                    "theory": predicted[infinite],
                    "finite_size": None if finite is None else predicted[finite],
                    "empirical_mean": mean,
                    "empirical_std": group[statistic].std(ddof=1),
                    "n_seeds": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_widths)
