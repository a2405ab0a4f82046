"""Order parameters of networks whose biases are not Gaussian.

A pre-activation u_i(t) = sum_j W_ij h_j(t) + b_i is Gaussian given b_i, since the sum has many terms, whatever their
law; b_i is a single number and keeps its own law at any width. So the weights of a wide network may have any law of
finite variance, its biases may not: with b drawn from theirs and a common Gaussian field z,

    u = b + sqrt(sigma_w2 q_hat_st) z + sqrt(sigma_w2 (q_hat - q_hat_st)) xi,

and the moments of (9) to (12) of Karakida, Akaho, Amari 2019 are means over b, z and xi. With Gaussian b these are the
recursions of the paper. A derivation of this project.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import shown
from fisher_spectra.common.gauss_legendre import gauss_legendre
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.nodes import neurons_given
from fisher_spectra.finite_size.variables import OrderParameters
from fisher_spectra.networks.laws import Law

Array = npt.NDArray[np.float64]

# Of the rules over a bias and the common field: exact for polynomials of degree 63. What they average is a mean over xi
# already, smooth for kinked activations, too.
_NODES = 32


def bias_rule(law: Law) -> tuple[Array, Array]:
    """Values and probabilities of a bias of variance 1 that stand for its law in means of smooth functions.

    Raises
    ------
    ValueError
        If there is no rule for the law.
    """
    match law:
        case "gaussian":
            return _standard_normal_rule()
        case "binary":
            return np.array([-1.0, 1.0]), np.array([0.5, 0.5])
        case "uniform":
            nodes, weights = gauss_legendre(_NODES)
            return math.sqrt(3.0) * nodes, 0.5 * weights
        case "laplace":
            nodes, weights = np.polynomial.laguerre.laggauss(_NODES)
            nodes, weights = math.sqrt(0.5) * nodes, 0.5 * weights
            return np.concatenate([-nodes[::-1], nodes]), np.concatenate([weights[::-1], weights])
        case _:
            raise ValueError(f"law = {shown(law)}: must be gaussian, uniform, binary or laplace")


def _standard_normal_rule() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / math.sqrt(2.0 * math.pi)


def order_parameters_of_bias_law(
    ensemble: LayeredEnsemble, law: Law, input_moment: float = 1.0, input_overlap: float = 0.0
) -> OrderParameters:
    """The order parameters with biases of the given law and the variances sigma_b2 of the ensemble.

    Parameters
    ----------
    ensemble
        The networks; sigma_w2 and sigma_b2 are variances, whatever the laws.
    law
        Of the biases: gaussian, uniform, binary or laplace.
    input_moment, input_overlap
        q_hat^0 and q_hat_st^0 >= 0.

    Raises
    ------
    ValueError
        If there is no rule for the law.
    """
    depth, w2, b2 = ensemble.depth, ensemble.sigma_w2, ensemble.sigma_b2
    q, q_st, q_hat, q_hat_st = [math.nan], [math.nan], [input_moment], [input_overlap]
    slopes: list[tuple[float, float]] = []
    for layer in range(1, depth + 1):
        of_weights, of_weights_st = w2[layer - 1] * q_hat[-1], w2[layer - 1] * q_hat_st[-1]
        q.append(of_weights + b2[layer - 1])
        q_st.append(of_weights_st + b2[layer - 1])
        if layer == depth:
            break
        common, probabilities = _common_fields(law, b2[layer - 1], of_weights_st)
        spread = math.sqrt(max(of_weights - of_weights_st, 0.0))
        given = neurons_given(ensemble.activations[layer - 1], common, spread)
        q_hat.append(float(probabilities @ (given.activity_variance + given.activity**2)))
        q_hat_st.append(float(probabilities @ given.activity**2))
        slopes.append((float(probabilities @ given.slope_moment), float(probabilities @ given.slope**2)))
    q_tilde, q_tilde_st = [math.nan] * depth + [1.0], [math.nan] * depth + [1.0]
    for layer in range(depth - 1, 0, -1):
        same, other = slopes[layer - 1]
        q_tilde[layer] = w2[layer] * q_tilde[layer + 1] * same
        q_tilde_st[layer] = w2[layer] * q_tilde_st[layer + 1] * other
    return OrderParameters(tuple(q), tuple(q_st), tuple(q_hat), tuple(q_hat_st), tuple(q_tilde), tuple(q_tilde_st))


def _common_fields(law: Law, sigma_b2: float, variance: float) -> tuple[Array, Array]:
    """b + sqrt(variance) z on a grid of both, and their probabilities; both of shape (nodes,)."""
    values, probabilities = bias_rule(law)
    z, weights = _standard_normal_rule() if variance > 0.0 else (np.zeros(1), np.ones(1))
    common = math.sqrt(sigma_b2) * values[:, None] + math.sqrt(variance) * z
    return common.ravel(), np.outer(probabilities, weights).ravel()
