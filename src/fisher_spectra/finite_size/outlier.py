"""The outlier's order 1/M: a bulk that it is coupled to, and samples that differ in their row sums.

Without the bulk's own part m the outlier has theta = r - m, where r is the top eigenvalue of the chain of outputs. Over
a bulk with Stieltjes transform G it stands at x with theta G(x) = 1, and only if theta G(edge) > 1 (Baik, Ben Arous,
Peche 2005; Benaych-Georges, Nadakuditi 2011). The bulk is that of one output: near the crossover of the two
branches it explains how far the outlier of sampled networks lies above r; that of the leading output vector does not.

In the plane of its eigenvector and of what the relative row sums 1 + a_s (`fluctuations`) make of it, F* is then

    (x, s; s, m + x Var(a)),  s^2 = x^2 (Var(a) + (C - 1) Var(a_across)).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Pencil, mean_and_variance
from fisher_spectra.finite_size.fluctuations import RelativeVariances, relative_variances
from fisher_spectra.finite_size.output_chain import OutlierBranch
from fisher_spectra.finite_size.product_state import FiniteEdge, share_of_noise
from fisher_spectra.finite_size.upper_edge import inverse_stieltjes_transform
from fisher_spectra.finite_size.variables import OrderParameters

Array = npt.NDArray[np.float64]


def lifted_outlier(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    samples: int,
    outliers: OutlierBranch,
    bulk: Pencil,
    edge: float,
) -> FiniteEdge | None:
    """Mean and relative scatter of the top outlier for Gaussian inputs, to order 1/M; ``None`` if the bulk swallows it.

    Parameters
    ----------
    ensemble, fields, samples
        The networks, their moments, and T.
    outliers
        Of the chain of outputs.
    bulk, edge
        The bulk of one output, and its upper edge.
    """
    m, _ = mean_and_variance(bulk)
    strength = outliers.mean - m
    x: float | None
    if edge == 0.0:  # all samples are the same
        x = outliers.mean
    elif strength > 0.0:
        x = inverse_stieltjes_transform(bulk, 1.0 / strength)
    else:
        x = None
    if x is None:
        return None
    return _with_row_sums(ensemble, samples, relative_variances(ensemble, fields, samples), outliers, x, m, 0.0)


def lifted_outlier_of_data(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    outliers: OutlierBranch,
    bulk: Pencil,
    kernel: Array,
) -> FiniteEdge:
    """The same for given data, from the infinite-width dual Fisher matrix of one output on them, shape (T, T).

    That matrix has the data's own norms and the data's own bulk, whose eigenvectors are orthogonal to the leading one.
    So the outlier is coupled only to what finite widths add to the bulk's variance.
    """
    samples = len(kernel)
    values = np.linalg.eigvalsh(kernel)[:-1]
    m, variance = mean_and_variance(bulk)
    added = max(variance - float(values.var()), 0.0)
    variances = relative_variances(ensemble, fields, samples, random_inputs=False)
    return _with_row_sums(ensemble, samples, variances, outliers, outliers.mean, m, added)


def _with_row_sums(
    ensemble: LayeredEnsemble,
    samples: int,
    variances: RelativeVariances,
    outliers: OutlierBranch,
    x: float,
    bulk_mean: float,
    coupling: float,
) -> FiniteEdge:
    others = (ensemble.outputs - 1) * variances.of_samples_across
    noise = variances.of_samples + others
    share = share_of_noise(noise)
    coupling = coupling + x**2 * share * noise
    second = bulk_mean + x * share * variances.of_samples
    mean = 0.5 * (x + second) + math.sqrt((0.5 * (x - second)) ** 2 + coupling)
    # The eigenvalue goes with sum_s (1 + a_s)^2: the mean over T samples leaves 4 Var(a) / T.
    scatter = (outliers.deviation / outliers.mean) ** 2 + variances.of_networks
    scatter += 4.0 * share * variances.of_samples / samples
    return FiniteEdge(mean, math.sqrt(max(scatter, 0.0)), noise)
