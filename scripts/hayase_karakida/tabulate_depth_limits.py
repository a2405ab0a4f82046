"""Table of the limits of large depth: exact recursion, limit formula and sampled networks, quantity by quantity.

`theory_limit` is Theorem 4.3, Proposition 4.4 or Corollary 4.5 with q, epsilon_1 and epsilon_2 taken at the last layer
of that depth, times L. `theory_exact` is the law itself: where the atom at the maximum has vanished, the recursion is
only an upper bound of the maximum, and the weight of the recursion is negative.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.atoms import depth_of_vanishing_atom, largest_atom_weight
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.hard_tanh import hard_tanh
from fisher_spectra.hayase_karakida.layer_map import LayerMap
from fisher_spectra.hayase_karakida.limits_of_large_depth import (
    isometry_rates,
    limiting_atom_weights,
    limiting_maximum,
    limiting_mean,
    limiting_mean_of_many_inputs,
)
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation, signal_propagation
from fisher_spectra.jobs.run_job import run_job


def predictions(quantity: str, propagation: SignalPropagation, samples: int) -> tuple[float, float, float]:
    """Recursion, limit formula and exact value of a quantity."""
    depth = propagation.depth
    if quantity == "vanishing_depth":
        vanished = np.flatnonzero(limiting_atom_weights(propagation) <= 0)
        limit = vanished[0] + 1 if vanished.size else np.nan
        exact = depth_of_vanishing_atom(propagation)
        return (float("nan") if exact is None else exact, limit, float("nan") if exact is None else exact)
    rates, q = isometry_rates(propagation), propagation.moments[-1]
    if quantity == "maximum":
        recursion = float(largest_eigenvalue_recursion(propagation)[-1])
        return recursion, depth * limiting_maximum(q, rates.epsilon_2), LayerMap(propagation).support_maximum
    if quantity == "atom_weight":
        recursion = float(largest_atom_weight(propagation)[-1])
        return recursion, float(limiting_atom_weights(propagation)[-1]), max(recursion, 0.0)
    mean = float(mean_eigenvalue_recursion(propagation)[-1])
    if quantity == "mean_many_inputs":
        limit = limiting_mean_of_many_inputs(depth / samples, q, rates.epsilon_1, rates.epsilon_2)
        return mean / samples, limit, mean / samples
    return mean, depth * limiting_mean(q, rates.epsilon_1, rates.epsilon_2), mean


def tabulate_depth_limits(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each setting, quantity, depth, number of inputs and width."""
    propagated = cache(lambda s, g, depth: signal_propagation(get_activation(hard_tanh(s, g)), depth))
    rows = []
    for _, group in parts.groupby(["setting", "quantity", "L", "N", "M"], sort=False):
        first = group.iloc[0]
        quantity, depth, samples = first["quantity"], int(first["L"]), int(first["N"])
        recursion, limit, exact = predictions(quantity, propagated(first["s"], first["g"], depth), samples)
        rows.append(
            {
                "setting": first["setting"],
                "L": depth,
                "s": first["s"],
                "g": first["g"],
                "quantity": quantity,
                "theory_recursion": recursion,
                "theory_limit": limit,
                "empirical": group["value"].mean(),
                "theory_exact": exact,
                "empirical_sem": group["value"].std(ddof=1) / np.sqrt(len(group)),
                "N": samples,
                "M": int(first["M"]),
                "n_networks": len(group),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_depth_limits)
