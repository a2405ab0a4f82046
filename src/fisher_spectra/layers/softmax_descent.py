"""Gradient descent on the cross-entropy beside its minimum: how fast the leading direction grows or shrinks.

At the teacher's own probabilities as labels the gradient vanishes. With delta f the change of the logits and v the
leading eigenvector of R F* R, a = v . R delta f follows a recursion of its own in first order,

    a_{n+1} = (1 + mu - eta lambda_1) a_n - mu a_{n-1},

whose larger root leaves the unit circle at eta_c = 2 (1 + mu) / lambda_1 (Karakida, Akaho, Amari 2019, Lemma 6).
"""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import scipy

from fisher_spectra.common.arguments import check_integer, check_momentum, check_positive
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.karakida.plain_descent import descend
from fisher_spectra.layers.protocol import Array
from fisher_spectra.layers.softmax import softmax, softmax_dual_fisher, softmax_root
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import FloatArray, RandomNetwork, forward

_START = 1e-6  # distance from the minimum as a share of the parameters: descent is linear there for many steps
# |a| beyond which descent is no longer linear, and below which, over its largest, rounding of the logits is seen in its
# seventh digit
_LARGEST, _SMALLEST = 1e-2, 1e-3
_PERIOD = 4  # steps in which an oscillating a has been large at least once


def growth_factor(factor: float, momentum: float = 0.0) -> float:
    """By what the leading direction grows in a step at `factor` times the critical rate: modulus of the larger root.

    Parameters
    ----------
    factor
        eta / eta_c > 0.
    momentum
        mu >= 0, < 1.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> from fisher_spectra.layers.softmax_descent import growth_factor
    >>> round(growth_factor(1.0), 12), round(growth_factor(1.1), 12), round(growth_factor(1.0, momentum=0.9), 12)
    (1.0, 1.2, 1.0)
    """
    factor, mu = check_positive("factor", factor), check_momentum(momentum)
    middle = 1.0 + mu - 2.0 * factor * (1.0 + mu)
    root = middle**2 - 4.0 * mu
    return math.sqrt(mu) if root < 0.0 else (abs(middle) + math.sqrt(root)) / 2.0


def leading_direction(teacher: RandomNetwork, inputs: Array) -> tuple[float, Array]:
    """lambda_1 of the cross-entropy's curvature at the teacher, and R v, shape (T, C)."""
    logits = forward(teacher, inputs).outputs
    matrix = softmax_dual_fisher(dual_fisher(teacher, inputs), logits)
    order = len(matrix)
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=[order - 1, order - 1])
    v = vectors[:, 0].reshape(teacher.n_outputs, len(inputs)).T
    return float(values[0]), np.einsum("tkj,tj->tk", softmax_root(softmax(logits)), v)


def measured_growth(
    rng: np.random.Generator, teacher: RandomNetwork, inputs: Array, factor: float, momentum: float, steps: int
) -> float:
    """Factor by which |a| grows in a step, of full-batch gradient descent from beside the teacher's parameters.

    Parameters
    ----------
    rng
        Of the start.
    teacher, inputs
        The minimum, and the inputs (T, M_0).
    factor, momentum
        eta over 2 (1 + mu) / lambda_1 with lambda_1 of this very network, and mu.
    steps
        At most so many, at least 8; fewer where a leaves the linear range or drowns in rounding. The growth is that
        between the largest |a| of the third and of the last quarter of them.
    """
    steps = check_integer("steps", steps, 8)
    largest, direction = leading_direction(teacher, inputs)
    eta = factor * learning_rate_limit(largest, momentum)
    logits = forward(teacher, inputs).outputs
    labels = softmax(logits)
    weights, biases = (tuple(_beside(rng, one) for one in parts) for parts in (teacher.weights, teacher.biases))
    start = RandomNetwork(weights, biases, teacher.activation)
    # the gradient of the cross-entropy by the logits stands where that of squared errors from targets of 0 has f
    run = descend(start, inputs, np.zeros_like(logits), eta, momentum, lambda f: softmax(f) - labels)
    seen = []
    for step in islice(run, steps):
        seen.append(abs(float(np.sum(direction * (step.outputs - logits)))))
        recent = max(seen[-_PERIOD:])
        if len(seen) >= 2 * _PERIOD and not _SMALLEST * max(seen) < recent < _LARGEST:
            break
    quarter = len(seen) // 4
    return float((max(seen[-quarter:]) / max(seen[-2 * quarter : -quarter])) ** (1.0 / quarter))


def _beside(rng: np.random.Generator, parameters: FloatArray) -> FloatArray:
    """Parameters at `_START` of their size from these; biases of 0 at that much of it."""
    return parameters + _START * rng.standard_normal(parameters.shape) * max(float(np.std(parameters)), _START)
