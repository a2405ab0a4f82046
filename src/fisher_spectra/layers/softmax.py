"""The softmax with cross-entropy on top of linear outputs: curvature of sampled networks, outliers without sampling.

With the outputs f as logits and p = softmax(f) the curvature of the mean cross-entropy (Fisher and Gauss-Newton matrix
in one) has the dual R F* R, R = Q^{1/2}, where Q has a block Q_t = diag p_t - p_t p_t^T for each sample: Karakida,
Akaho, Amari 2019, Section 5. Its C - 1 outliers for given probabilities are in `finite_size.softmax`. Of a random
network the logits are Gaussian,

    f_k(t) = sqrt(q_st^L) z_k + sqrt(q^L - q_st^L) xi_kt,

with z_k common to all samples: it does not average out, so that outliers differ from network to network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_positive, check_type, finite_array
from fisher_spectra.finite_size.softmax import outliers_of_probabilities
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.layers.protocol import Array
from fisher_spectra.layers.stack import LayerStack, stack_kernels

# Outputs beyond which the lowest outliers were not separated from the bulk.
_MANY_OUTPUTS = 9


def softmax(logits: npt.ArrayLike) -> Array:
    """Probabilities (T, C) of logits (T, C)."""
    f = finite_array("logits", logits, np.float64)
    exponentials = np.exp(f - f.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def softmax_root(probabilities: Array) -> Array:
    """R_t = (diag p_t - p_t p_t^T)^{1/2} for each sample: shape (T, C, C), from p of shape (T, C)."""
    blocks = probabilities[:, :, None] * np.eye(probabilities.shape[1])
    blocks = blocks - probabilities[:, :, None] * probabilities[:, None, :]
    values, vectors = np.linalg.eigh(blocks)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1))


def softmax_dual_fisher(dual: npt.ArrayLike, logits: npt.ArrayLike) -> Array:
    """R F* R of the mean cross-entropy, from F* of the linear outputs.

    Parameters
    ----------
    dual
        F*, shape (C T, C T), ordered by output, then by sample, as :func:`dual_fisher` gives it.
    logits
        The outputs f, shape (T, C).

    Raises
    ------
    TypeError, ValueError
        If they do not fit together, or there are fewer than two outputs.

    Examples
    --------
    >>> fs.softmax_dual_fisher(np.eye(2), np.zeros((1, 2)))  # one sample, p = (1/2, 1/2)
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    f, matrix = finite_array("logits", logits, np.float64), finite_array("dual", dual, np.float64)
    if f.ndim != 2 or f.shape[1] < 2 or not len(f):
        raise ValueError(f"logits of shape {f.shape}: must be (T, C) with C >= 2")
    samples, outputs = f.shape
    order = samples * outputs
    if matrix.shape != (order, order):
        raise ValueError(
            f"dual of shape {matrix.shape}: must be ({order}, {order}) for logits (T, C) of shape {f.shape}"
        )
    root = softmax_root(softmax(f))
    left = np.einsum("skj,jsx->ksx", root, matrix.reshape(outputs, samples, order)).reshape(order, order)
    both = np.einsum("tkj,xjt->xkt", root, left.reshape(order, outputs, samples)).reshape(order, order)
    return np.asarray(0.5 * (both + both.T))


@dataclass(frozen=True)
class SoftmaxPrediction:
    """Outliers of the cross-entropy of random networks.

    Attributes
    ----------
    outliers
        Means over networks of lambda_1 >= .. >= lambda_{C-1}, shape (C - 1,).
    scatter
        Relative standard deviations of single networks, shape (C - 1,).
    bulk
        Mean of the other eigenvalues that are not 0, (C - 1)(T - 1) of them, at infinite width.
    reservations
        Sentences for the user: where the values are known to fail.
    """

    outliers: Array
    scatter: Array
    bulk: float
    reservations: tuple[str, ...]

    def critical_learning_rate(self, momentum: float = 0.0) -> float:
        """2 (1 + mu) / lambda_1: of gradient descent on the mean cross-entropy near a minimum, momentum mu.

        Raises
        ------
        ValueError
            If the momentum is not >= 0 and < 1.
        """
        return learning_rate_limit(float(self.outliers[0]), momentum)


def softmax_prediction(
    stack: LayerStack,
    samples: int,
    *,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
    draws: int = 400,
    seed: int = 0,
) -> SoftmaxPrediction:
    """Outliers of the softmax cross-entropy of random networks, by drawing their logits.

    Parameters
    ----------
    stack
        Layers up to the logits, C >= 2.
    samples
        T >= 2.
    input_moment, input_overlap
        As of :func:`stack_prediction`.
    draws, seed
        Sets of logits, at least 2; their means scatter by a hundredth for 400.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range, or there are fewer than two outputs.

    Examples
    --------
    >>> stack = fs.LayerStack(100, (fs.Dense(100, sigma_w2=2.0), fs.Dense(3, "relu", sigma_w2=2.0)))
    >>> fs.softmax_prediction(stack, samples=20).outliers.shape
    (2,)
    """
    check_type("stack", stack, LayerStack, "a LayerStack")
    outputs, draws = stack.outputs, check_integer("draws", draws, 2)
    if outputs < 2:
        raise ValueError(f"stack with {outputs} output: the softmax needs at least 2")
    last = stack_kernels(stack, samples, input_moment, input_overlap)[-1]
    one, two = last.tangent
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    found, bulk = [], 0.0
    for _ in range(draws):
        p = softmax(gaussian_logits(rng, last.q, last.q_st, samples, outputs))
        found.append(outliers_of_probabilities(one, two, p))
        trace = one * float(np.sum(p * (1.0 - p))) / samples
        bulk += (trace - float(found[-1].sum())) / ((outputs - 1) * (samples - 1)) / draws
    values = np.array(found)
    means = values.mean(axis=0)
    scatter = values.std(axis=0, ddof=1) / means
    return SoftmaxPrediction(means, scatter, bulk, tuple(_reservations(stack, one, two, scatter)))


def gaussian_logits(rng: np.random.Generator, q: float, q_st: float, samples: int, outputs: int) -> Array:
    """Logits (T, C) of variance q, with covariance q_st between two samples."""
    check_positive("q", q)
    if q_st < 0.0:  # of a centred last layer: -q / (T - 1)
        f = rng.standard_normal((samples, outputs))
        return np.asarray(np.sqrt(q - q_st) * (f - f.mean(axis=0)))
    common = np.sqrt(q_st) * rng.standard_normal(outputs)
    return np.asarray(common + np.sqrt(max(q - q_st, 0.0)) * rng.standard_normal((samples, outputs)))


def _reservations(stack: LayerStack, one: float, two: float, scatter: Array) -> list[str]:
    found = [
        f"Logits of one network have a part that is common to all samples: single networks scatter by {scatter[0]:.0%} "
        "about the mean. With the network's own probabilities softmax_outliers is within 2 to 13 % of it."
    ]
    if stack.outputs > _MANY_OUTPUTS:
        found.append(
            f"Of C - 1 = {stack.outputs - 1} outliers the lowest are not separated from the bulk: at C = 10 they lie "
            "3 to 20 % above its top. Do not count them by a gap."
        )
    if two <= 0.0 or two * len(scatter) < one * 1e-3:
        found.append(
            "Samples have (almost) no common direction (kappa_2 = 0 or small): there are no outliers, and the largest "
            "eigenvalue is the edge of the bulk, which is not derived for the softmax."
        )
    return found
