"""Gaussian moments of activations in closed form.

For centred jointly Gaussian (u, v) with variances q_s, q_t and covariance q_st this module gives
E phi(u) phi(v) and E phi'(u) phi'(v) wherever an elementary formula (or one with Owen's T function) exists:
piecewise linear functions with any number of kinks, scaled error functions, GELU, sine, quadratics.

Sources: Karakida, Akaho, Amari 2019, appendix B (erf, ReLU, linear; (B.10) and (B.12) are misprinted, see the
tests); Cho and Saul 2009 (kinks at zero); Owen 1956 (bivariate normal probabilities); the remaining ones follow
from Gaussian integration by parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, owens_t

Array = npt.NDArray[np.float64]
Moment = Callable[[npt.ArrayLike], Array]
Kernel = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], Array]

# A correlation this close to 1 is a sample paired with itself: products and square roots of equal variances round to
# 1 - 2e-16, and E phi' phi' of a kinked phi would turn that into an error of 1e-8 (it varies like sqrt(1 - c)).
_UNIT_CORRELATION = 1.0 - 4.0 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class ClosedForms:
    """Closed forms of one activation; ``None`` where there is none. Everything is vectorised over arrays.

    Attributes
    ----------
    moment, derivative_moment
        ``q -> E phi(sqrt(q) z)^2`` and ``q -> E phi'(sqrt(q) z)^2`` with z standard normal.
    kernel, derivative_kernel
        ``(q_s, q_t, q_st) -> E phi(u) phi(v)`` and ``E phi'(u) phi'(v)``; arguments broadcast together.
        The covariance must be positive semi-definite up to rounding;
        :mod:`fisher_spectra.gaussian_integrals` checks that.
    """

    moment: Moment | None = None
    derivative_moment: Moment | None = None
    kernel: Kernel | None = None
    derivative_kernel: Kernel | None = None


def correlation(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
    """Correlation q_st / sqrt(q_s q_t), broadcast, within [-1, 1]; 0 where a variance is 0.

    Values within a few rounding errors of 1 or -1 become exactly 1 or -1.
    """
    q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
    scale = np.sqrt(q_s) * np.sqrt(q_t)
    c = np.divide(q_st, scale, out=np.zeros_like(scale), where=scale > 0)
    c = np.where(np.abs(c) >= _UNIT_CORRELATION, np.sign(c), c)
    return np.asarray(c, dtype=np.float64)


def linear_closed_forms() -> ClosedForms:
    """phi(x) = x (Karakida et al., B.3)."""

    def one_like(q: npt.ArrayLike) -> Array:
        return np.ones_like(np.asarray(q, dtype=np.float64))

    return ClosedForms(
        moment=lambda q: np.array(q, dtype=np.float64),
        derivative_moment=one_like,
        kernel=lambda q_s, q_t, q_st: _broadcast(q_s, q_t, q_st)[2].copy(),
        derivative_kernel=lambda q_s, q_t, q_st: np.ones_like(_broadcast(q_s, q_t, q_st)[2]),
    )


def erf_closed_forms(inner: float, outer: float) -> ClosedForms:
    """phi(x) = outer erf(inner x) (Karakida et al., (B.7) and (B.8), for two variances and any scale)."""
    a2, c2 = 2.0 * inner**2, outer**2

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        # atan2 with the determinant keeps full accuracy where the arcsine's argument is close to 1.
        return np.asarray(c2 * 2.0 / np.pi * np.arctan2(a2 * q_st, np.sqrt(_shifted_determinant(q_s, q_t, q_st, a2))))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        return np.asarray(c2 * a2 * 2.0 / np.pi / np.sqrt(_shifted_determinant(q_s, q_t, q_st, a2)))

    return _from_kernels(kernel, derivative_kernel)


def gelu_closed_forms() -> ClosedForms:
    """phi(x) = x Phi(x), Phi the normal distribution function.

    With n the normal density, s = 1 + q_s, t = 1 + q_t, D = s t - q_st^2, Gaussian integration by parts gives
    E Phi(u) Phi(v) = 1/4 + arcsin(q_st / sqrt(s t)) / (2 pi), E n(u) n(v) = 1 / (2 pi sqrt D),
    E u n(u) Phi(v) = q_st / s * E n(u) n(v), E u v n(u) n(v) = q_st / D * E n(u) n(v), and from these the kernels.
    """

    def parts(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array, Array, Array, Array]:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        determinant = _shifted_determinant(q_s, q_t, q_st, 1.0)
        root = np.sqrt(determinant)
        both_below = 0.25 + np.arctan2(q_st, root) / (2.0 * np.pi)
        densities = 1.0 / (2.0 * np.pi * root)
        return q_st, determinant, both_below, densities, 1.0 / (1.0 + q_s) + 1.0 / (1.0 + q_t)

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c, _, both_below, densities, inverse_sum = parts(q_s, q_t, q_st)
        gram = _gram_determinant(*_broadcast(q_s, q_t, q_st))
        return np.asarray(c * both_below + densities * (gram + c**2 * inverse_sum))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c, determinant, both_below, densities, inverse_sum = parts(q_s, q_t, q_st)
        return np.asarray(both_below + densities * c * (inverse_sum + 1.0 / determinant))

    return _from_kernels(kernel, derivative_kernel)


def sine_closed_forms() -> ClosedForms:
    """phi(x) = sin x: E sin u sin v = exp(-(q_s + q_t)/2) sinh q_st, E cos u cos v the same with cosh."""

    def exponentials(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array]:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        # Exponents are at most 0, so neither factor overflows as sinh alone would for large variances.
        mean = 0.5 * (q_s + q_t)
        return np.exp(np.minimum(q_st - mean, 0.0)), np.exp(np.minimum(-q_st - mean, 0.0))

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        plus, minus = exponentials(q_s, q_t, q_st)
        return np.asarray(0.5 * (plus - minus))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        plus, minus = exponentials(q_s, q_t, q_st)
        return np.asarray(0.5 * (plus + minus))

    return _from_kernels(kernel, derivative_kernel)


def quadratic_closed_forms(constant: float, linear: float, quadratic: float) -> ClosedForms:
    """phi(x) = constant + linear x + quadratic x^2 (moments of a Gaussian pair up to order four)."""

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        means = (constant + quadratic * q_s) * (constant + quadratic * q_t)
        return np.asarray(means + linear**2 * q_st + 2.0 * quadratic**2 * q_st**2)

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        return np.asarray(linear**2 + 4.0 * quadratic**2 * _broadcast(q_s, q_t, q_st)[2])

    return _from_kernels(kernel, derivative_kernel)


@dataclass(frozen=True)
class _Ramp:
    """jump * max(side x - threshold, 0): a change of slope that acts away from the origin."""

    jump: float
    side: int
    threshold: float


def piecewise_linear_closed_forms(
    kinks: tuple[float, ...],
    slopes: tuple[float, ...],
    value_at_zero: float,
    derivative_at_zero: float,
) -> ClosedForms:
    """Continuous piecewise linear phi with any number of kinks.

    phi is written as value_at_zero + m x + sum of ramps that point away from the origin, so that for kinks far out
    (in units of sqrt q) every correction is small and nothing cancels. The mean of a product of two ramps needs the
    bivariate normal orthant probability, which Owen's T function gives to rounding accuracy.

    Parameters
    ----------
    kinks
        Ascending positions of the changes of slope, K of them.
    slopes
        The K + 1 slopes, from left to right.
    value_at_zero, derivative_at_zero
        phi(0), and phi'(0) by the activation's own convention: a Gaussian of variance 0 sits there.
    """
    base_slope = slopes[sum(1 for kink in kinks if kink < 0)]
    ramps = tuple(
        # Left of the origin the slope changes in the direction of -x, with the same sign of curvature.
        _Ramp(jump=slopes[i + 1] - slopes[i], side=1 if kink >= 0 else -1, threshold=abs(kink))
        for i, kink in enumerate(kinks)
    )

    def ramp_mean(ramp: _Ramp, q: Array) -> Array:
        root = np.sqrt(q)
        h = _standardised(ramp.threshold, root)
        return np.asarray(ramp.jump * (root * _density(h) - ramp.threshold * ndtr(-h)))

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        # The means depend on one variance each: evaluate them before broadcasting to all pairs.
        q_s = np.asarray(q_s, dtype=np.float64)
        q_t = np.asarray(q_t, dtype=np.float64)
        c = correlation(q_s, q_t, q_st)
        root_s, root_t = np.sqrt(q_s), np.sqrt(q_t)
        mean_s: Array = np.zeros_like(q_s)
        mean_t: Array = np.zeros_like(q_t)
        gain_s: Array = np.full_like(q_s, base_slope)
        gain_t: Array = np.full_like(q_t, base_slope)
        for ramp in ramps:
            mean_s = mean_s + ramp_mean(ramp, q_s)
            mean_t = mean_t + ramp_mean(ramp, q_t)
            gain_s = gain_s + ramp.jump * ramp.side * ndtr(-_standardised(ramp.threshold, root_s))
            gain_t = gain_t + ramp.jump * ramp.side * ndtr(-_standardised(ramp.threshold, root_t))
        # E u phi(v) = q_st E phi'(v): of the two gains, the linear part has been counted once too often.
        total = value_at_zero * (value_at_zero + mean_s + mean_t)
        total = total + base_slope * (gain_s + gain_t - base_slope) * (c * root_s * root_t)
        for first in ramps:
            h = _standardised(first.threshold, root_s)
            for second in ramps:
                k = _standardised(second.threshold, root_t)
                product = _ramp_product(h, k, c * (first.side * second.side))
                total = total + first.jump * second.jump * root_s * root_t * product
        # A variable of variance 0 is the constant 0: no ramp acts on it.
        return np.asarray(np.broadcast_to(total, c.shape), dtype=np.float64)

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        q_s = np.asarray(q_s, dtype=np.float64)
        q_t = np.asarray(q_t, dtype=np.float64)
        c = correlation(q_s, q_t, q_st)
        root_s, root_t = np.sqrt(q_s), np.sqrt(q_t)
        mean_s = _derivative_mean(q_s)
        mean_t = _derivative_mean(q_t)
        total = mean_s * base_slope + base_slope * mean_t - base_slope**2
        for first in ramps:
            h = _standardised(first.threshold, root_s)
            for second in ramps:
                k = _standardised(second.threshold, root_t)
                weight = first.jump * first.side * second.jump * second.side
                total = total + weight * _orthant(h, k, c * (first.side * second.side))
        constant = (q_s == 0) | (q_t == 0)
        return np.asarray(np.where(constant, mean_s * mean_t, total), dtype=np.float64)

    def _derivative_mean(q: Array) -> Array:
        root = np.sqrt(q)
        mean: Array = np.full_like(q, base_slope)
        for ramp in ramps:
            mean = mean + ramp.jump * ramp.side * ndtr(-_standardised(ramp.threshold, root))
        return np.where(q == 0, derivative_at_zero, mean)

    def moment(q: npt.ArrayLike) -> Array:
        q = np.asarray(q, dtype=np.float64)
        return kernel(q, q, q)

    def derivative_moment(q: npt.ArrayLike) -> Array:
        q = np.asarray(q, dtype=np.float64)
        root = np.sqrt(q)
        total: Array = np.full_like(q, base_slope**2)
        # From the origin outwards, each kink replaces the square of the slope before it by that behind it.
        for i, kink in enumerate(kinks):
            before, behind = (slopes[i], slopes[i + 1]) if kink >= 0 else (slopes[i + 1], slopes[i])
            total = total + (behind**2 - before**2) * ndtr(-_standardised(abs(kink), root))
        return np.where(q == 0, derivative_at_zero**2, total)

    return ClosedForms(
        moment=moment, derivative_moment=derivative_moment, kernel=kernel, derivative_kernel=derivative_kernel
    )


def _from_kernels(kernel: Kernel, derivative_kernel: Kernel) -> ClosedForms:
    """Moments as kernels of a variable with itself, for formulas without loss at correlation 1."""
    return ClosedForms(
        moment=lambda q: kernel(q, q, q),
        derivative_moment=lambda q: derivative_kernel(q, q, q),
        kernel=kernel,
        derivative_kernel=derivative_kernel,
    )


def _broadcast(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array, Array]:
    s, t, st = np.broadcast_arrays(
        np.asarray(q_s, dtype=np.float64), np.asarray(q_t, dtype=np.float64), np.asarray(q_st, dtype=np.float64)
    )
    return s, t, st


def _gram_determinant(q_s: Array, q_t: Array, q_st: Array) -> Array:
    return np.maximum(q_s * q_t - q_st**2, 0.0)


def _shifted_determinant(q_s: Array, q_t: Array, q_st: Array, scale: float) -> Array:
    """det(1 + scale Sigma), expanded so that it stays accurate for large variances at correlation 1."""
    return np.asarray(1.0 + scale * (q_s + q_t) + scale**2 * _gram_determinant(q_s, q_t, q_st))


def _density(h: Array) -> Array:
    # Clipping avoids overflow of h^2; the density is zero in floating point from |h| = 39 on.
    return np.asarray(np.exp(-0.5 * np.minimum(np.abs(h), 40.0) ** 2) / np.sqrt(2.0 * np.pi))


# Stands for an infinite threshold: beyond it every normal tail is 0 in floating point, and its square is finite.
_FAR = 1e3


def _standardised(threshold: float, root: Array) -> Array:
    """threshold / sqrt(q), limited to a value beyond which the normal tail vanishes (also for q = 0)."""
    if threshold == 0.0:
        return np.zeros_like(root)
    limited = np.divide(threshold, root, out=np.full_like(root, _FAR), where=root > threshold / _FAR)
    return np.asarray(limited, dtype=np.float64)


def _conditional_tail(h: Array, k: Array, c: Array) -> Array:
    """P(Y > k | X = h) for standard normal X, Y with correlation c; 1/2 where c = +-1 and k = c h."""
    spread = np.sqrt((1.0 - c) * (1.0 + c))
    distance = c * h - k
    on_a_line = np.where(distance == 0, 0.0, np.copysign(np.inf, distance))
    return np.asarray(ndtr(np.divide(distance, spread, out=on_a_line, where=spread > 0)))


def _orthant(h: Array, k: Array, c: Array) -> Array:
    """P(X > h, Y > k) for h, k >= 0 and correlation c (Owen 1956, (2.1) with both arguments on one side)."""
    h, k, c = np.broadcast_arrays(h, k, c)
    spread = np.sqrt((1.0 - c) * (1.0 + c))
    at_origin = (h == 0) & (k == 0)
    result = np.where(at_origin, 0.25 + np.arcsin(c) / (2.0 * np.pi), 0.0)
    # Collinear variables: X = Y, or X = -Y with no room for both to exceed non-negative thresholds.
    collinear = (spread == 0) & ~at_origin
    result = np.where(collinear, np.where(c > 0, ndtr(-np.maximum(h, k)), 0.0), result)
    general = ~at_origin & ~collinear
    if np.any(general):
        hg, kg, cg, sg = h[general], k[general], c[general], spread[general]
        # A threshold at 0 is the limit from above: the slope of its wedge is infinite.
        slope_h = np.divide(kg - cg * hg, hg * sg, out=np.full_like(hg, np.inf), where=hg > 0)
        slope_k = np.divide(hg - cg * kg, kg * sg, out=np.full_like(kg, np.inf), where=kg > 0)
        value = 0.5 * (ndtr(-hg) + ndtr(-kg)) - owens_t(hg, slope_h) - owens_t(kg, slope_k)
        result[general] = np.maximum(value, 0.0)
    return np.asarray(result, dtype=np.float64)


def _ramp_product(h: Array, k: Array, c: Array) -> Array:
    """E (X - h)_+ (Y - k)_+ for h, k >= 0: twice integrating the orthant probability over its thresholds."""
    h, k, c = np.broadcast_arrays(h, k, c)
    if not np.any(h) and not np.any(k):
        # Cho and Saul 2009; Karakida et al. (B.11).
        return np.asarray((np.sqrt((1.0 - c) * (1.0 + c)) + c * (0.5 * np.pi + np.arcsin(c))) / (2.0 * np.pi))
    spread2 = (1.0 - c) * (1.0 + c)
    spread = np.sqrt(spread2)
    quadratic = (h - k) ** 2 + 2.0 * (1.0 - c) * h * k
    exponent = np.divide(quadratic, 2.0 * spread2, out=np.full_like(spread2, np.inf), where=spread2 > 0)
    joint = spread * np.exp(-exponent) / (2.0 * np.pi)
    return np.asarray(
        (c + h * k) * _orthant(h, k, c)
        - k * _density(h) * _conditional_tail(h, k, c)
        - h * _density(k) * _conditional_tail(k, h, c)
        + joint
    )
