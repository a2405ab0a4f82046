"""The outlier's order 1/M: a bulk that it is coupled to, and samples that differ in their row sums.

Without the bulk's own part m the outlier has theta = r - m, where r is the top eigenvalue of the chain of outputs. Over
a bulk with Stieltjes transform G it stands at x with theta G(x) = 1, and only if theta G(edge) > 1 (Baik, Ben Arous,
Peche 2005; Benaych-Georges, Nadakuditi 2011). The bulk is that which the leading output vector sees.

In the plane of its eigenvector and of what the relative row sums 1 + a_s (`fluctuations`) make of it, F* is then

    (x, s; s, m + x Var(a)),  s^2 = x^2 (Var(a) + (C - 1) Var(a_across)).
"""

from __future__ import annotations

import math

from scipy.optimize import brentq

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Pencil, mean_and_variance, stieltjes_transform
from fisher_spectra.finite_size.fluctuations import relative_variances
from fisher_spectra.finite_size.output_chain import OutlierBranch
from fisher_spectra.finite_size.product_state import FiniteEdge
from fisher_spectra.finite_size.variables import OrderParameters

_BESIDE = 1e-6  # of the edge, relative: there the Stieltjes transform is still real


def lifted_outlier(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    outliers: OutlierBranch,
    bulk: Pencil,
    edge: float,
    random_inputs: bool,
) -> FiniteEdge | None:
    """Mean and relative scatter of the top outlier, to order 1/M; ``None`` if the bulk swallows it.

    Parameters
    ----------
    ensemble, fields
        The networks and their moments.
    outliers
        Of the chain of outputs.
    bulk, edge
        The bulk that the leading output vector sees, and its upper edge.
    random_inputs
        False for given data, whose norms are part of the infinite-width kernel.
    """
    m, _ = mean_and_variance(bulk)
    strength = outliers.mean - m
    least = edge * (1.0 + _BESIDE)

    def excess(x: float) -> float:
        return 1.0 - strength * stieltjes_transform(bulk, x)

    if strength <= 0.0 or excess(least) >= 0.0:
        return None
    x = float(brentq(excess, least, edge + strength, rtol=1e-10))
    variances = relative_variances(ensemble, fields, random_inputs)
    others = (ensemble.outputs - 1) * variances.of_samples_across
    coupling = x**2 * (variances.of_samples + others)
    second = m + x * variances.of_samples
    mean = 0.5 * (x + second) + math.sqrt((0.5 * (x - second)) ** 2 + coupling)
    return FiniteEdge(mean, math.hypot(outliers.deviation / outliers.mean, math.sqrt(variances.of_networks)))
