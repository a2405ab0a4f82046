"""Table of Figure 3: conditioning m2/m1^2 and loss reduction by one gradient step, for each family and alpha.

loss_reduction is -Delta L of (33), mean over networks; predicted_limit is eps^2 n^2 m1^2/m2 with the moments (27), and
predicted_network the mean of the quadratic prediction with the exact moments of each network. rank_correlation is
Spearman's, between m2_over_m1_squared and loss_reduction over the family; a good conditioning is a small ratio and goes
with a large reduction, so that it is near -1. After the rows of networks come those of the kind "limit", theory
alone at many alphas, with n_networks = 0 and nan in what is measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.one_step_descent import limiting_loss_reduction

COLUMNS = [
    *("family", "alpha", "m2_over_m1_squared", "loss_reduction", "loss_reduction_std", "predicted_limit"),
    *(
        "predicted_network",
        "initial_loss",
        "eta",
        "eta_prime",
        "zeta",
        "n",
        "samples",
        "perturbation",
        "n_networks",
        "kind",
    ),
]
COMPARED = ["m2_over_m1_squared", "loss_reduction"]


def of_limit(function: str, first: pd.Series) -> dict[str, float]:
    """What Theorem 1 says of an activation, for the width and the perturbation of the networks."""
    constants = nonlinearity_constants(get_activation(function))
    return {
        "m2_over_m1_squared": constants.conditioning,
        "predicted_limit": limiting_loss_reduction(constants, int(first["n"]), first["perturbation"]),
        "eta": constants.eta,
        "eta_prime": constants.eta_prime,
        "zeta": constants.zeta,
        **{name: first[name] for name in ("n", "samples", "perturbation")},
    }


def tabulate_fig3(parts: pd.DataFrame, points: int) -> pd.DataFrame:
    """One row for each family and alpha, from those of networks, and `points` rows of the limit of each family."""
    rows = []
    for (family, alpha, function), group in parts.groupby(["family", "alpha", "function"], sort=False):
        rows.append(
            {
                "family": family,
                "alpha": alpha,
                "loss_reduction": group["loss_reduction"].mean(),
                "loss_reduction_std": group["loss_reduction"].std(ddof=1),
                "predicted_network": group["predicted_network"].mean(),
                "initial_loss": group["initial_loss"].mean(),
                "n_networks": len(group),
                "kind": "networks",
            }
            | of_limit(str(function), group.iloc[0])
        )
    for family, group in parts.groupby("family", sort=False):
        first = group.iloc[0]
        name = str(first["function"]).partition("(")[0]
        for alpha in np.linspace(group["alpha"].min(), group["alpha"].max(), points).tolist():
            row = {"family": family, "alpha": alpha, "n_networks": 0, "kind": "limit"}
            rows.append(row | of_limit(f"{name}(alpha={alpha!r})", first))
    frame = pd.DataFrame(rows)[COLUMNS]
    correlations = {
        family: group.loc[group["n_networks"] > 0, COMPARED].corr(method="spearman").iloc[0, 1]
        for family, group in frame.groupby("family")
    }
    frame["rank_correlation"] = frame["family"].map(correlations)
    return frame[[*COLUMNS[:-1], "rank_correlation", "kind"]]


if __name__ == "__main__":
    run_job(tabulate_fig3)
