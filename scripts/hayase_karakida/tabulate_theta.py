"""Table of Figure 2: mean and maximum of the eigenvalues of Theta / M and of its block diagonal, beside theory.

`theory` is that of one input over N: m_1(mu_L) / N, exact for both matrices, and ||mu_L||_inf / N, which is the
maximum of the block diagonal. `theory_full` is what the maximum of the whole would be at exact isometry, where
Theta / M is the overlap matrix of the inputs times the identity: ||mu_L||_inf / N times (1 + sqrt(N / M))^2.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.eigenvalue_recursions import mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.layer_map import LayerMap
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.jobs.run_job import run_job


def tabulate_theta(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each panel, depth, number of inputs and statistic."""
    rows = []
    for _, group in parts.groupby(["varied", "L", "N", "M"], sort=False):
        first = group.iloc[0]
        depth, samples, width = int(first["L"]), int(first["N"]), int(first["M"])
        propagation = signal_propagation(get_activation(first["function"]), depth)
        mean = float(mean_eigenvalue_recursion(propagation)[-1]) / samples
        maximum = LayerMap(propagation).support_maximum / samples
        edge = (1 + math.sqrt(samples / width)) ** 2 if samples > 1 else 1.0
        for statistic, full, block, theory, theory_full in (
            ("mean", "mean", "mean", mean, mean),
            ("maximum", "maximum_full", "maximum_block", maximum, maximum * edge),
        ):
            root = np.sqrt(len(group))
            rows.append(
                {
                    "varied": first["varied"],
                    "L": depth,
                    "N": samples,
                    "M": width,
                    "statistic": statistic,
                    "full": group[full].mean(),
                    "block_diagonal": group[block].mean(),
                    "theory": theory,
                    "theory_full": theory_full,
                    "full_sem": group[full].std(ddof=1) / root,
                    "block_diagonal_sem": group[block].std(ddof=1) / root,
                    "n_networks": len(group),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_theta)
