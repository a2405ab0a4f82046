"""Mean-field theory of the Fisher information matrix of a random deep network.

Karakida, Akaho, Amari 2019, sections 2.4 and 3. Network: widths M_l = alpha_l M (l = 0 .. L-1), C linear outputs,
weights W^l ~ N(0, sigma_w^2 / M_{l-1}), biases b^l ~ N(0, sigma_b^2), T samples, M large. The Fisher matrix is
F = (1/T) sum_t sum_k grad f_k(t) grad f_k(t)^T over all P = alpha M^2 parameters.

With C > 1 outputs there are C eigenvalues of the order of the maximum (the dual matrix is block diagonal with C equal
blocks). A correction to the printed text: (A.37) lacks the factor alpha of (16).
The Fisher-Rao norm (Theorem 5) is in :mod:`fisher_spectra.karakida.fisher_rao_norm`, many networks at once in
:mod:`fisher_spectra.karakida.mean_fields`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.arguments import (
    check_integer,
    check_momentum,
    check_positive,
    check_type,
    real_number,
    shown,
)
from fisher_spectra.gaussian.integrals import derivative_kernel, derivative_second_moment, kernel, second_moment
from fisher_spectra.karakida.ensemble import OVERLAP_TOLERANCE, Architecture, Ensemble
from fisher_spectra.karakida.theorems import lemma_6, theorem_1, theorem_3, theorem_4


@dataclass(frozen=True)
class MeanField:
    """Macroscopic variables of a network; made by :func:`mean_field`.

    Per-layer tuples are indexed by the layer l of the paper. Entries that do not exist are ``nan``: q[0], q_st[0] (the
    input has no pre-activation), q_tilde[0] and q_tilde_st[0].

    Attributes
    ----------
    activation, sigma_w2, sigma_b2, architecture
        The network.
    q, q_st
        Second moment q^l of the pre-activations and their covariance between two samples, l = 1 .. L; length L + 1.
    q_hat, q_hat_st
        The same of the activities h^l, l = 0 .. L - 1; length L.
    q_tilde, q_tilde_st
        Squared norm of the backpropagated derivative of one output, l = 1 .. L; length L + 1.
    alpha
        Parameters per M^2.
    kappa_1, kappa_2
        (13) and (15); kappa_2 is exactly 0 for an odd activation without biases on uncorrelated inputs, and where all
        of it is rounding.
    """

    activation: Activation
    sigma_w2: float
    sigma_b2: float
    architecture: Architecture
    q: tuple[float, ...]
    q_st: tuple[float, ...]
    q_hat: tuple[float, ...]
    q_hat_st: tuple[float, ...]
    q_tilde: tuple[float, ...]
    q_tilde_st: tuple[float, ...]
    alpha: float
    kappa_1: float
    kappa_2: float


@dataclass(frozen=True)
class ManyOutputsBounds:
    """Mean, and bounds of second moment and maximum, for C = O(M) outputs; (17) and (18)."""

    mean: float
    second_moment_lower: float
    second_moment_upper: float
    maximum_lower: float
    maximum_upper: float


def mean_field(
    activation: Activation | str,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    alphas: Sequence[float] | None = None,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
) -> MeanField:
    """Macroscopic variables by the recursions (9) to (12), kappa_1 by (13) and kappa_2 by (15).

    Parameters
    ----------
    activation
        Of all hidden layers; the output is linear.
    sigma_w2, sigma_b2
        Variances of weights (times the width below, > 0) and biases (>= 0).
    depth
        L >= 2.
    alphas
        alpha_0 .. alpha_{L-1}; all 1 by default.
    input_moment, input_overlap
        q_hat^0 = sum_i x_i(t)^2 / M_0 > 0 and q_hat_st^0 = sum_i x_i(s) x_i(t) / M_0 of two different samples: 1 and
        0 for independent standard normal inputs; for data see :func:`fisher_spectra.datasets.overlaps.input_moments`.

    Raises
    ------
    ValueError
        If a value is out of range, or the moments grow from layer to layer beyond floating point.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(field.kappa_1, 5), round(field.kappa_2, 5)
    (0.80828, 0.13675)
    """
    ensemble = Ensemble.of(activation, sigma_w2, sigma_b2, depth, alphas)
    input_moment = check_positive("input_moment", input_moment)
    input_overlap = real_number("input_overlap", input_overlap)
    if not abs(input_overlap) <= input_moment * (1.0 + OVERLAP_TOLERANCE):
        raise ValueError(f"input_overlap = {input_overlap}: must be between -{input_moment:g} and {input_moment:g}")
    # That of a sample with its duplicate may exceed their moment by rounding.
    input_overlap = min(max(input_overlap, -input_moment), input_moment)
    q, q_st, q_hat, q_hat_st = _forward(ensemble, input_moment, input_overlap)
    q_tilde, q_tilde_st = _backward(ensemble, q, q_st)
    kappa_1, kappa_2 = _kappas(ensemble, q_hat, q_hat_st, q_tilde, q_tilde_st)
    return MeanField(
        activation=ensemble.activation,
        sigma_w2=ensemble.sigma_w2,
        sigma_b2=ensemble.sigma_b2,
        architecture=ensemble.architecture,
        q=tuple(q),
        q_st=tuple(q_st),
        q_hat=tuple(q_hat),
        q_hat_st=tuple(q_hat_st),
        q_tilde=tuple(q_tilde),
        q_tilde_st=tuple(q_tilde_st),
        alpha=ensemble.architecture.alpha,
        kappa_1=kappa_1,
        kappa_2=kappa_2,
    )


def _forward(
    ensemble: Ensemble, input_moment: float, input_overlap: float
) -> tuple[list[float], list[float], list[float], list[float]]:
    """q, q_hat of one sample and q_st, q_hat_st of two by (9) and (10), from the input upwards."""
    activation, sigma_w2, sigma_b2 = ensemble.activation, ensemble.sigma_w2, ensemble.sigma_b2
    depth = ensemble.architecture.depth
    q, q_st = [math.nan], [math.nan]
    q_hat, q_hat_st = [float(input_moment)], [float(input_overlap)]
    for layer in range(1, depth + 1):
        q.append(sigma_w2 * q_hat[layer - 1] + sigma_b2)
        if not math.isfinite(q[layer]):
            raise ValueError(
                f"layer {layer} of {depth}: the second moment of the pre-activations overflows; {_growth(ensemble)}"
            )
        q_st.append(sigma_w2 * q_hat_st[layer - 1] + sigma_b2)
        if layer < depth:
            q_hat.append(float(second_moment(activation, q[layer])))
            q_hat_st.append(float(kernel(activation, q[layer], q[layer], q_st[layer])))
    return q, q_st, q_hat, q_hat_st


def _backward(ensemble: Ensemble, q: list[float], q_st: list[float]) -> tuple[list[float], list[float]]:
    """q_tilde and q_tilde_st by (11) and (12), from the output downwards."""
    activation, sigma_w2, depth = ensemble.activation, ensemble.sigma_w2, ensemble.architecture.depth
    q_tilde, q_tilde_st = [math.nan] * depth + [1.0], [math.nan] * depth + [1.0]
    for layer in range(depth - 1, 0, -1):
        q_tilde[layer] = sigma_w2 * q_tilde[layer + 1] * float(derivative_second_moment(activation, q[layer]))
        gain_st = float(derivative_kernel(activation, q[layer], q[layer], q_st[layer]))
        q_tilde_st[layer] = sigma_w2 * q_tilde_st[layer + 1] * gain_st
    return q_tilde, q_tilde_st


def _kappas(
    ensemble: Ensemble, q_hat: list[float], q_hat_st: list[float], q_tilde: list[float], q_tilde_st: list[float]
) -> tuple[float, float]:
    """kappa_1 by (13) and kappa_2 by (15)."""
    alpha, widths = ensemble.architecture.alpha, ensemble.architecture.alphas
    terms_1 = [a * t * h for a, t, h in zip(widths, q_tilde[1:], q_hat, strict=True)]
    if not math.isfinite(sum(terms_1)):
        raise ValueError(f"kappa_1 of depth {ensemble.architecture.depth} overflows; {_growth(ensemble)}")
    kappa_1 = math.fsum(terms_1) / alpha
    kappa_2 = math.fsum(a * t * h for a, t, h in zip(widths, q_tilde_st[1:], q_hat_st, strict=True)) / alpha
    # Where q_hat_st vanishes on paper, rounding leaves a share of q_hat, of either sign.
    rounding = float(np.finfo(np.float64).eps) * math.fsum(
        a * abs(t) * h for a, t, h in zip(widths, q_tilde_st[1:], q_hat, strict=True)
    )
    if ensemble.activation.is_odd:
        # Nothing is rounded in signs: kappa_2 vanishes without biases on uncorrelated inputs, else nowhere.
        rounding = math.inf if ensemble.sigma_b2 == 0.0 and q_hat_st[0] == 0.0 else 0.0
    return kappa_1, 0.0 if abs(kappa_2) <= rounding else kappa_2


def _growth(ensemble: Ensemble) -> str:
    return f"with {ensemble.activation.spec} and sigma_w2 = {ensemble.sigma_w2:g} moments grow from layer to layer"


def eigenvalue_mean(mf: MeanField, width: float, outputs: int = 1) -> float:
    """Mean of the P eigenvalues, m = C kappa_1 / M; Theorem 1, (13). Holds for C = O(M) too, (17).

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    width
        M > 0. Biases contribute a relative 1/M more, which the limit neglects.
    outputs
        C >= 1.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.eigenvalue_mean(field, width=1000), 8)
    0.00080828
    """
    width = _checked(mf, width)
    return float(theorem_1(mf.kappa_1, width, check_integer("outputs", outputs, 1)))


def eigenvalue_second_moment(mf: MeanField, samples: float, outputs: int = 1) -> float:
    """Mean of the squared eigenvalues, s = C alpha ((T-1)/T kappa_2^2 + kappa_1^2 / T); Theorem 3, (14).

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    samples
        T >= 1; ``math.inf`` for the Fisher matrix of the input distribution.
    outputs
        C >= 1, of order one.

    Raises
    ------
    ValueError
        If a value is out of range.

    Notes
    -----
    Without biases, with an odd activation and uncorrelated inputs kappa_2 = 0, and terms of order 1/M that the limit
    neglects can be larger than kappa_1^2 / T (footnote 4 of the paper).

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.eigenvalue_second_moment(field, samples=100), 6)
    0.07514
    """
    _checked(mf, 1.0)
    samples = _checked_samples(samples)
    return float(theorem_3(mf.alpha, mf.kappa_1, mf.kappa_2, samples, check_integer("outputs", outputs, 1)))


def eigenvalue_maximum(mf: MeanField, width: float, samples: float) -> float:
    """Largest eigenvalue, alpha ((T-1)/T kappa_2 + kappa_1 / T) M; Theorem 4, (16).

    For C outputs (of order one) the C largest eigenvalues all have this value to leading order.

    If kappa_2 < 0 (negatively correlated inputs and an odd activation) the uniform vector is no longer the leading
    one, and the largest eigenvalue is the other one of the limit, alpha (kappa_1 - kappa_2) M / T.

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    width
        M > 0.
    samples
        T >= 1, ``math.inf`` allowed.

    Raises
    ------
    ValueError
        If a value is out of range.

    Notes
    -----
    For kappa_2 = 0 see :func:`eigenvalue_second_moment`: what is left, alpha kappa_1 M / T, is of the order of the
    neglected terms unless T is small.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.eigenvalue_maximum(field, width=1000, samples=100), 3)
    430.397
    """
    width = _checked(mf, width)
    return float(theorem_4(mf.alpha, mf.kappa_1, mf.kappa_2, width, _checked_samples(samples)))


def critical_learning_rate(mf: MeanField, width: float, samples: float, momentum: float = 0.0) -> float:
    """eta_c = 2 (1 + mu) / lambda_max: gradient descent with momentum mu diverges above it; Theorem 7, (22).

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    width, samples
        M and T as in :func:`eigenvalue_maximum`. The loss is E = sum_t |y(t) - f(t)|^2 / (2 T).
    momentum
        0 <= mu < 1.

    Raises
    ------
    ValueError
        If a value is out of range, or the largest eigenvalue is 0 to this order (kappa_2 = 0 and T infinite).

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.critical_learning_rate(field, width=1000, samples=100, momentum=0.9), 6)
    0.008829
    """
    largest = eigenvalue_maximum(mf, width, samples)
    if largest == 0.0:
        raise ValueError(
            "kappa_2 = 0 (as of an odd activation without biases on uncorrelated inputs): for infinitely many samples "
            "the largest eigenvalue is of lower order in M, outside the theory (footnote 4 of Karakida et al. 2019)"
        )
    return learning_rate_limit(largest, momentum)


def learning_rate_limit(largest_eigenvalue: float, momentum: float = 0.0) -> float:
    """2 (1 + mu) / lambda, Lemma 6: gradient descent with momentum diverges along an eigenvector beyond it."""
    momentum = check_momentum(momentum)
    largest_eigenvalue = check_positive("largest_eigenvalue", largest_eigenvalue)
    return float(lemma_6(largest_eigenvalue, momentum))


def corollary_2_bound(mf: MeanField, width: float, threshold: float, outputs: int = 1) -> float:
    """Bound on the number of eigenvalues >= k, alpha kappa_1 C M / k; Corollary 2, (A.16).

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    width, outputs
        M and C as in :func:`eigenvalue_mean`.
    threshold
        k > 0.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.corollary_2_bound(field, width=1000, threshold=1.0), 2)
    2424.83
    """
    width, threshold = _checked(mf, width), check_positive("threshold", threshold)
    return mf.alpha * width * width * eigenvalue_mean(mf, width, outputs) / threshold


def many_outputs_bounds(
    mf: MeanField, width: float, samples: float, outputs: int, *, printed: bool = False
) -> ManyOutputsBounds:
    """Bounds for C = O(M): m' = m, s <= s' <= C s, lambda <= lambda' <= sqrt(alpha C s) M; (17) and (18).

    The number of parameters is P = alpha M^2 in the paper, which leaves out the weights of the output layer. With
    C = O(M) they are as many as those of a hidden layer, P = (alpha + alpha_{L-1} C / M) M^2, and mean and second
    moment, which are divided by P, are smaller by the share of alpha in the bracket. The maximum knows no P.

    Parameters
    ----------
    mf
        Theory of one output.
    width, samples, outputs
        M, T and C.
    printed
        As printed, without the weights of the output layer.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> bounds = fs.many_outputs_bounds(field, width=1000, samples=100, outputs=10)
    >>> round(bounds.maximum_lower, 3), round(bounds.maximum_upper, 3)
    (430.397, 4747.851)
    """
    width = _checked(mf, width)
    check_integer("outputs", outputs, 1)
    share = 1.0
    if not printed:
        share = mf.alpha / (mf.alpha + mf.architecture.alphas[-1] * outputs / width)
    second_moment = eigenvalue_second_moment(mf, samples, outputs)
    return ManyOutputsBounds(
        mean=share * eigenvalue_mean(mf, width, outputs),
        second_moment_lower=share * second_moment,
        second_moment_upper=share * outputs * second_moment,
        maximum_lower=eigenvalue_maximum(mf, width, samples),
        maximum_upper=math.sqrt(mf.alpha * outputs * second_moment) * width,
    )


def _checked(mf: MeanField, width: float) -> float:
    """The width as a number, if both arguments are what they should be."""
    check_type("mf", mf, MeanField, "what mean_field returns")
    return check_positive("width", width)


def _checked_samples(samples: float) -> float:
    number = real_number("samples", samples, "a number >= 1")
    if not number >= 1:
        raise ValueError(f"samples = {shown(samples)}: must be a number >= 1")
    return number
