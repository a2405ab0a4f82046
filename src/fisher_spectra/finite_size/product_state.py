"""Bulk with several outputs: F* ~ sum_l E_l x A_l, with A_l = aH_{l-1} H_{l-1} + a_I,l I on the samples.

The largest eigenvalue is that of a product of a vector over the outputs and one over the samples, each of which sees
the mean of the other: e_l = <E_l> makes the coefficients of the samples' chain, W_l = <A_l> those of the outputs', and
both means are derivatives of the two edges (Hellmann and Feynman). lambda of the joint solution is sum_l e_l W_l. In
sampled networks the top eigenvector of sum_l E_l x A_l is such a product to 0.1 %.

Two corrections make the edge of infinite matrices the mean top eigenvalue of finite ones. The largest of T eigenvalues
lies below the edge of the samples' chain by 1.2065 units of Tracy and Widom, and the top eigenvalue of C x C matrices
sum_l W_l E_l is drawn. And the slopes of a network differ between samples: every sample s has its own E_l + Q(s), so
that F* ~ (1 + Q) A (1 + Q), which lifts the eigenvalue by the self-energy of Q in the first order of its variance v:

    x = lambda_0 + v g (lambda_0 + m)^2,  g = 1 / (x - m - 4 v g m^2),  m: mean of the bulk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Pencil
from fisher_spectra.finite_size.fluctuations import slope_noise
from fisher_spectra.finite_size.nodes import activity_coefficients, activity_nodes, identity_coefficients
from fisher_spectra.finite_size.output_chain import chain_edge
from fisher_spectra.finite_size.upper_edge import UpperEdge, upper_edge
from fisher_spectra.finite_size.variables import OrderParameters, diagonal_sum, off_diagonal_sum

Array = npt.NDArray[np.float64]

LARGEST_NOISE = 0.4
_REPETITIONS = 4
# Mean and standard deviation of the law of Tracy and Widom for real symmetric matrices.
_TRACY_WIDOM_MEAN, _TRACY_WIDOM_DEVIATION = -1.2065, 1.268


@dataclass(frozen=True)
class ProductState:
    """Joint solution.

    Attributes
    ----------
    eigenvalue
        lambda for infinitely many samples and outputs at the same ratios.
    output_factors
        e_1 .. e_L; all 1 for C = 1.
    weights
        W_1 .. W_L.
    samples_edge
        The edge of the samples' chain with coefficients e_l.
    outputs_edge
        That of the outputs' chain with weights W_l.
    """

    eigenvalue: float
    output_factors: Array
    weights: Array
    samples_edge: UpperEdge
    outputs_edge: float


@dataclass(frozen=True)
class FiniteEdge:
    """A branch of finite matrices.

    Attributes
    ----------
    mean, scatter
        Of its top eigenvalue over networks; the scatter is a relative standard deviation.
    noise
        Relative variance of what differs between the samples of a network; the theory wants it small.
    """

    mean: float
    scatter: float
    noise: float = 0.0


def product_state(
    ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, spectrum: Array | None = None
) -> ProductState:
    """Top of the bulk with C outputs, for slopes that depend little on the sample (odd phi, small sb2)."""
    own = identity_coefficients(ensemble, fields, samples)
    a = activity_coefficients(ensemble, fields, samples)
    pencil = Pencil(float(own.sum()), tuple(activity_nodes(ensemble, fields, samples, a)), spectrum)
    factors = np.ones(ensemble.depth)
    for _ in range(_REPETITIONS):
        edge = upper_edge(pencil.with_coefficients(float(factors @ own), factors * a))
        weights = a * edge.slopes + own
        # The edge is homogeneous of degree one, and known better than its slopes.
        weights *= edge.position / max(float(factors @ weights), np.finfo(np.float64).tiny)
        if ensemble.outputs == 1 or edge.position == 0.0:
            return ProductState(edge.position, factors, weights, edge, float(weights.sum()))
        outputs = chain_edge(weights, ensemble.widths)
        factors = outputs.slopes
    return ProductState(outputs.position, factors, weights, edge, outputs.position)


def finite_edge(edge: UpperEdge, samples: int) -> FiniteEdge:
    """Mean and scatter of the largest of T eigenvalues below this edge, by Tracy and Widom."""
    if edge.position == 0.0:
        return FiniteEdge(0.0, 0.0)
    spacing = edge.spacing(samples) / edge.position
    return FiniteEdge(edge.position * (1.0 + _TRACY_WIDOM_MEAN * spacing), _TRACY_WIDOM_DEVIATION * spacing)


def finite_product_state(
    ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, state: ProductState, chain: list[Array]
) -> FiniteEdge:
    """The product state of finite matrices: from T samples, and from draws of E_1 .. E_L for C outputs."""
    of_samples = finite_edge(state.samples_edge, samples)
    if of_samples.mean == 0.0:
        return of_samples
    total = sum(weight * matrices for weight, matrices in zip(state.weights, chain, strict=True))
    top = np.linalg.eigvalsh(total)[:, -1]
    mean = float(state.weights.sum()) if ensemble.outputs == 1 else float(top.mean())
    shrunk = state.eigenvalue * (of_samples.mean / state.samples_edge.position) * (mean / state.outputs_edge)
    noise = slope_variance(ensemble, fields, state)
    lifted = _lifted(shrunk, noise * share_of_noise(noise), bulk_mean(ensemble, fields, samples))
    return FiniteEdge(lifted, math.hypot(of_samples.scatter, float(top.std(ddof=1)) / float(top.mean())), noise)


def share_of_noise(noise: float) -> float:
    """What is kept of a relative variance: all of it up to LARGEST_NOISE, nothing from twice that on.

    The first order was within 3 % of sampled networks up to 0.4, and wrong by factors where chaos makes it larger.
    """
    return min(1.0, max(0.0, 2.0 * LARGEST_NOISE - noise) / max(noise, LARGEST_NOISE))


def bulk_mean(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> float:
    """Mean of the bulk of one output, alpha (kappa_1 - kappa_2) M / T, and the biases' share."""
    return (diagonal_sum(ensemble, fields) - off_diagonal_sum(ensemble, fields)) / samples


def slope_variance(ensemble: LayeredEnsemble, fields: OrderParameters, state: ProductState) -> float:
    """v: variance of Q over the samples, relative, summed over the output vectors that it couples to the leading one.

    The source in layer m acts on the layers below, of which the leading state has the share b_m. One other output
    vector has E b^2 = 1 where the leading one has e_m, and that itself the fourth moment 3.
    """
    shares = np.cumsum(state.output_factors * state.weights) / float(state.output_factors @ state.weights)
    return sum(
        slope_noise(ensemble, fields, layer)
        / ensemble.widths[layer]
        * ((ensemble.outputs - 1) / float(state.output_factors[layer - 1]) + 3.0)
        * float(shares[layer - 1]) ** 2
        for layer in range(1, ensemble.depth)
    )


def _lifted(eigenvalue: float, variance: float, mean: float) -> float:
    """x of the equations at the head of the module."""

    def excess(x: float) -> float:
        if variance * mean == 0.0:
            g = 1.0 / (x - mean)
        else:
            # The root of 4 v m^2 g^2 - (x - m) g + 1 that tends to 1 / (x - m).
            root = math.sqrt(max((x - mean) ** 2 - 16.0 * variance * mean**2, 0.0))
            g = 2.0 / (x - mean + root)
        return x - eigenvalue - variance * g * (eigenvalue + mean) ** 2

    least = max(eigenvalue, mean * (1.0 + 4.0 * math.sqrt(variance)))
    if not least > mean or excess(least) >= 0.0:
        return least
    most = 2.0 * least
    while excess(most) < 0.0:
        most *= 2.0
    return float(scipy.optimize.brentq(excess, least, most, rtol=1e-12))
