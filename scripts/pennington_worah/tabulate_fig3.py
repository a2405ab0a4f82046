"""Table of Figure 3: conditioning m2/m1^2 and loss reduction by one gradient step, for each family and alpha.

loss_reduction is -Delta L of (33), mean over networks; predicted_limit is eps^2 n^2 m1^2/m2 with the moments (27), and
predicted_network the mean of the quadratic prediction with the exact moments of each network. rank_correlation is
Spearman's, between m2_over_m1_squared and loss_reduction over the family; a good conditioning is a small ratio and goes
with a large reduction, so that it is near -1.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.one_step_descent import limiting_loss_reduction

COMPARED = ["m2_over_m1_squared", "loss_reduction"]


def tabulate_fig3(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each family and alpha, from those of networks."""
    rows = []
    for (family, alpha, function), group in parts.groupby(["family", "alpha", "function"], sort=False):
        first = group.iloc[0]
        constants = nonlinearity_constants(get_activation(str(function)))
        rows.append(
            {
                "family": family,
                "alpha": alpha,
                "m2_over_m1_squared": constants.conditioning,
                "loss_reduction": group["loss_reduction"].mean(),
                "loss_reduction_std": group["loss_reduction"].std(ddof=1),
                "predicted_limit": limiting_loss_reduction(constants, int(first["n"]), first["perturbation"]),
                "predicted_network": group["predicted_network"].mean(),
                "initial_loss": group["initial_loss"].mean(),
                "eta": constants.eta,
                "eta_prime": constants.eta_prime,
                "zeta": constants.zeta,
                **{name: first[name] for name in ("n", "samples", "perturbation")},
                "n_networks": len(group),
            }
        )
    frame = pd.DataFrame(rows)
    correlations = {
        family: group[COMPARED].corr(method="spearman").iloc[0, 1] for family, group in frame.groupby("family")
    }
    frame["rank_correlation"] = frame["family"].map(correlations)
    return frame


if __name__ == "__main__":
    run_job(tabulate_fig3)
