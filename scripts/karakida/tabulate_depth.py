"""Table of the depth: largest eigenvalue, its share of the trace and critical learning rate, theory and networks."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import (
    critical_learning_rate,
    eigenvalue_maximum,
    eigenvalue_mean,
    learning_rate_limit,
    mean_field,
)


def tabulate_depth(parts: pd.DataFrame, momentum: float) -> pd.DataFrame:
    """One row for each activation, depth and statistic, from the rows of sampled networks.

    The critical learning rate of a network is 2 (1 + mu) over its own largest eigenvalue (Lemma 6).
    """
    rows = []
    for _, group in parts.groupby(["activation", "M", "T", "L", "C"], sort=False):
        first = group.iloc[0]
        width, samples, depth, outputs = (int(first[name]) for name in ("M", "T", "L", "C"))
        order = mean_field(get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth)
        parameters = (width + 1) * ((depth - 1) * width + outputs)
        trace = eigenvalue_mean(order, width, outputs) * order.alpha * width**2
        maximum = eigenvalue_maximum(order, width, samples)
        found = {
            "maximum": (maximum, group["maximum"]),
            "share_of_trace": (maximum / trace, group["maximum"] / (group["mean"] * parameters)),
            "critical_learning_rate": (
                critical_learning_rate(order, width, samples, momentum),
                group["maximum"].map(lambda largest: learning_rate_limit(largest, momentum)),
            ),
        }
        for statistic, (theory, sampled) in found.items():
            rows.append(
                {
                    **{name: first[name] for name in ("activation", "M", "T", "L", "C")},
                    "statistic": statistic,
                    "theory": theory,
                    "empirical_mean": sampled.mean(),
                    "empirical_std": sampled.std(ddof=1),
                    "n_seeds": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_depth)
