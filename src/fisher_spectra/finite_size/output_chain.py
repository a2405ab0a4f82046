"""Several outputs: C outputs are different mixtures of the same neurons, so that C outliers spread.

In the direction that all samples share, F* is the C x C matrix

    S = sum_{l=1}^L w_l E_l,  E_L = I,  E_l = E_{l+1}^{1/2} (Y^T Y / M_l) E_{l+1}^{1/2},
    w_l = (1 - 1/T) q_tilde_st^l (M_{l-1} q_hat_st^{l-1} + beta) + q_tilde^l (M_{l-1} q_hat^{l-1} + beta) / T,

of which the infinite-width theory keeps E_l = I: sum_l w_l is Theorem 4 of Karakida et al. 2019. Y (M_l x C) has rows
N(0, I) times sqrt(v), and v is distributed as (1 - 1/T) E[phi'|z]^2 + E[phi'^2|z] / T over z, normalised to mean 1.
The C outliers are the eigenvalues of S.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Node, Pencil
from fisher_spectra.finite_size.nodes import neuron_classes
from fisher_spectra.finite_size.upper_edge import UpperEdge, upper_edge
from fisher_spectra.finite_size.variables import OrderParameters

Array = npt.NDArray[np.float64]

# Numbers drawn at a time for the matrices Y.
_NUMBERS_AT_ONCE = 2**21


@dataclass(frozen=True)
class OutlierBranch:
    """The top eigenvalue of S over draws of the chain.

    Attributes
    ----------
    mean, deviation
        Mean and standard deviation over the draws.
    closed_form
        sum_l w_l + 2 sqrt(sum_j (C f_j / M_j) (sum_{l<=j} w_l)^2), f_j = E v^2; sum_l w_l for C = 1.
    """

    mean: float
    deviation: float
    closed_form: float


def layer_weights(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> Array:
    """w_1 .. w_L, shape (L,)."""
    shared, beta = 1.0 - 1.0 / samples, ensemble.bias_term
    return np.array(
        [
            shared * fields.q_tilde_st[layer] * (ensemble.widths[layer - 1] * fields.q_hat_st[layer - 1] + beta)
            + fields.q_tilde[layer] * (ensemble.widths[layer - 1] * fields.q_hat[layer - 1] + beta) / samples
            for layer in range(1, ensemble.depth + 1)
        ]
    )


def neuron_gains(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> list[Array]:
    """Equally probable values of v for each hidden layer 1 .. L-1, of mean 1."""
    gains = []
    for layer in range(1, ensemble.depth):
        classes = neuron_classes(ensemble.activations[layer - 1], fields.q[layer], fields.q_st[layer])
        v = (1.0 - 1.0 / samples) * classes.slope**2 + classes.slope_moment / samples
        mean = float(v.mean())
        gains.append(v / mean if mean > 0.0 else np.ones_like(v))
    return gains


def closed_form(weights: Array, gains: Sequence[Array], widths: Sequence[int]) -> float:
    """Largest eigenvalue of S to first order in sqrt(C / M_l), by the semicircle of the sum of the fluctuations.

    Parameters
    ----------
    weights
        w_1 .. w_L.
    gains
        v of the layers 1 .. L-1.
    widths
        M_0 .. M_L.
    """
    outputs = widths[-1]
    if outputs == 1:
        return float(weights.sum())
    below = np.cumsum(weights)[:-1]
    second = np.array([float((v**2).mean()) for v in gains])
    variance = np.sum(outputs * second / np.array(widths[1:-1]) * below**2)
    return float(weights.sum()) + 2.0 * math.sqrt(float(variance))


def sampled_chains(rng: np.random.Generator, gains: Sequence[Array], widths: Sequence[int], draws: int) -> list[Array]:
    """Draws of E_1 .. E_L, each of shape (draws, C, C)."""
    outputs = widths[-1]
    factor = np.broadcast_to(np.eye(outputs), (draws, outputs, outputs))
    chain = [factor]
    for layer in range(len(widths) - 2, 0, -1):
        v, width = gains[layer - 1], widths[layer]
        wishart = np.empty((draws, outputs, outputs))
        block = max(1, _NUMBERS_AT_ONCE // (width * outputs))
        for first in range(0, draws, block):
            size = min(block, draws - first)
            y = standard_normal(rng, (size, width, outputs), np.float32)
            if v.size > 1:
                y *= np.sqrt(v, dtype=np.float32)[rng.integers(v.size, size=(size, width, 1))]
            wishart[first : first + size] = y.transpose(0, 2, 1) @ y
        # Any root R with R R^T = E_{l+1} will do: Y^T Y is invariant under rotations. The symmetric one does not depend
        # on the signs of eigenvectors, which LAPACK leaves to the processor, and with them the draws of the next layer.
        values, vectors = np.linalg.eigh(wishart / width)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1)
        factor = factor @ root
        chain.append(factor @ factor.transpose(0, 2, 1))
    return chain[::-1]


def outlier_branch(weights: Array, gains: Sequence[Array], widths: Sequence[int], chain: list[Array]) -> OutlierBranch:
    """Top eigenvalue of S = sum_l w_l E_l: mean and deviation over draws of the chain, and the closed form."""
    total = sum(weight * matrices for weight, matrices in zip(weights, chain, strict=True))
    top = np.linalg.eigvalsh(total)[:, -1]
    # The mean of one output is known.
    mean = float(weights.sum()) if widths[-1] == 1 else float(top.mean())
    return OutlierBranch(mean, float(top.std(ddof=1)), closed_form(weights, gains, widths))


def chain_edge(weights: Array, widths: Sequence[int]) -> UpperEdge:
    """Upper edge of sum_l w_l E_l for v = 1 and C, M_l large, with its derivatives e_1 .. e_L by the weights."""
    depth, outputs = len(weights), widths[-1]
    one = np.ones(1)
    nodes = []
    for position, layer in enumerate(range(depth - 1, 0, -1)):
        first = position == 0
        nodes.append(
            Node(
                float(weights[layer - 1]),
                outputs / widths[layer],
                one,
                one if first else 0.0 * one,
                () if first else (position - 1,),
                np.zeros((1, 0)) if first else np.ones((1, 1)),
            )
        )
    edge = upper_edge(Pencil(float(weights[-1]), tuple(nodes)))
    return replace(edge, slopes=np.append(edge.slopes[::-1], 1.0))
