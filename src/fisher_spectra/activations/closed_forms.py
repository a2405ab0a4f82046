"""Gaussian moments of activations in closed form.

For centred jointly Gaussian (u, v) with variances q_s, q_t and covariance q_st this module gives
E phi(u) phi(v) and E phi'(u) phi'(v) wherever a formula without loss of digits exists:
scaled error functions, GELU, sine, quadratics, piecewise linear functions. With kinks off the origin these take one
smooth integral over the correlation, to rounding.

Sources: Karakida, Akaho, Amari 2019, appendix B (erf, ReLU, linear; (B.10) and (B.12) are misprinted, see the
tests); Cho and Saul 2009 (kinks at zero); Plackett 1954 (derivative of a bivariate normal probability by the
correlation); the remaining ones follow from Gaussian integration by parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import scipy

Array = npt.NDArray[np.float64]
Moment = Callable[[npt.ArrayLike], Array]
Kernel = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], Array]
InPlace = Callable[[Array, Array], None]

_LARGEST_SQUARED = 1e150  # the square is a number
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
        :mod:`fisher_spectra.gaussian.integrals` checks that.
    equal_variances
        ``(pairs, out)``: all four of both variances q and the covariance q_st, |q_st| <= q: the same numbers but for
        rounding, at a fraction of the time, as what the four have in common is computed once, and nearly all of it in
        place. ``pairs``, shape (2, n), is q and q_st, and is lost; ``out``, shape (4, n), gets moment, kernel,
        derivative_moment and derivative_kernel.
    """

    moment: Moment | None = None
    derivative_moment: Moment | None = None
    kernel: Kernel | None = None
    derivative_kernel: Kernel | None = None
    equal_variances: InPlace | None = None


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
        return np.asarray(c2 * 2.0 / np.pi * np.arctan2(a2 * q_st, _root_of_shifted_determinant(q_s, q_t, q_st, a2)))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        return np.asarray(c2 * a2 * 2.0 / np.pi / _root_of_shifted_determinant(q_s, q_t, q_st, a2))

    def equal_variances(pairs: Array, out: Array) -> None:
        (q, q_st), (tangents, roots) = pairs, out.reshape(2, 2, -1)
        large = q > _LARGEST_SQUARED / a2
        rescued = _root_of_shifted_determinant(q[large], q[large], q_st[large], a2) if large.any() else None
        np.multiply(a2, pairs, out=tangents)
        s, st = tangents
        np.multiply(2.0, s, out=roots[0])
        roots[0] += 1.0
        with np.errstate(over="ignore"):
            np.subtract(s, st, out=roots[1])
            roots[1] *= np.add(s, st, out=q)
            roots[1] += roots[0]
        np.sqrt(roots, out=roots)
        if rescued is not None:
            roots[1, large] = rescued
        tangents /= roots
        np.arctan(tangents, out=tangents)
        tangents *= c2 * 2.0 / np.pi
        np.divide(c2 * a2 * 2.0 / np.pi, roots, out=roots)

    return replace(_from_kernels(kernel, derivative_kernel), equal_variances=equal_variances)


def gelu_closed_forms() -> ClosedForms:
    """phi(x) = x Phi(x), Phi the normal distribution function.

    With n the normal density, s = 1 + q_s, t = 1 + q_t, D = s t - q_st^2, Gaussian integration by parts gives
    E Phi(u) Phi(v) = 1/4 + arcsin(q_st / sqrt(s t)) / (2 pi), E n(u) n(v) = 1 / (2 pi sqrt D),
    E u n(u) Phi(v) = q_st / s * E n(u) n(v), E u v n(u) n(v) = q_st / D * E n(u) n(v), and from these the kernels.
    """

    def parts(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array, Array, Array, Array]:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        root = _root_of_shifted_determinant(q_s, q_t, q_st, 1.0)
        both_below = 0.25 + np.arctan2(q_st, root) / (2.0 * np.pi)
        return q_st, _root_of_determinant(q_s, q_t, q_st), root, both_below, 1.0 / (1.0 + q_s) + 1.0 / (1.0 + q_t)

    # Products are ordered so that none overflows before the result does.
    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c, gram_root, root, both_below, inverse_sum = parts(q_s, q_t, q_st)
        densities = gram_root / root * gram_root + c / root * (c * inverse_sum)
        return np.asarray(c * both_below + densities / (2.0 * np.pi))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c, _, root, both_below, inverse_sum = parts(q_s, q_t, q_st)
        return np.asarray(both_below + c / root * (inverse_sum + (1.0 / root) ** 2) / (2.0 * np.pi))

    return _from_kernels(kernel, derivative_kernel)


def sine_closed_forms() -> ClosedForms:
    """phi(x) = sin x: E sin u sin v = exp(-(q_s + q_t)/2) sinh q_st, E cos u cos v the same with cosh."""

    # The larger of the two exponents, at most 0 (sinh alone would overflow for large variances), and their distance.
    def exponents(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array]:
        q_s, q_t, q_st = _broadcast(q_s, q_t, q_st)
        return np.minimum(np.abs(q_st) - (0.5 * q_s + 0.5 * q_t), 0.0), -2.0 * np.abs(q_st)

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        larger, distance = exponents(q_s, q_t, q_st)
        return np.asarray(np.sign(q_st) * (-0.5 * np.exp(larger) * np.expm1(distance)))

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        larger, distance = exponents(q_s, q_t, q_st)
        return np.asarray(0.5 * np.exp(larger) * (1.0 + np.exp(distance)))

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


def piecewise_linear_closed_forms(
    kinks: tuple[float, ...],
    slopes: tuple[float, ...],
    value_at_zero: float,
    derivative_at_zero: float,
) -> ClosedForms:
    """Continuous piecewise linear phi with any number of kinks.

    Without a kink off the origin the formulas are elementary (Cho and Saul 2009). In general, with h_i = kink_i /
    sqrt(q_s), k_i = kink_i / sqrt(q_t), c the correlation and n_2 the bivariate normal density, differentiating by
    the correlation (Plackett 1954) leaves point masses at the kinks and gives

        E phi'(u) phi'(v) = E phi'(u) E phi'(v) + int_0^c S(r) dr,
        E phi(u) phi(v) = E phi(u) E phi(v) + sqrt(q_s q_t) (c E phi'(u) E phi'(v) + int_0^c (c - r) S(r) dr),
        S(r) = sum_ij jump_i jump_j n_2(h_i, k_j; r).

    The one-dimensional integrals are computed to rounding (:func:`_kink_integrals`). Nothing cancels, neither for
    kinks far out (in units of sqrt q) nor for kinks close to the origin, where phi saturates.

    Parameters
    ----------
    kinks
        Ascending positions of the changes of slope, K of them.
    slopes
        The K + 1 slopes, from left to right.
    value_at_zero, derivative_at_zero
        phi(0), and phi'(0) by the activation's own convention: a Gaussian of variance 0 sits there.
    """

    def derivative_moment(q: npt.ArrayLike) -> Array:
        q = np.asarray(q, dtype=np.float64)
        squares = tuple(slope**2 for slope in slopes)
        return np.where(q == 0, derivative_at_zero**2, _mean_of_steps(kinks, squares, np.sqrt(q)))

    if any(kink != 0.0 for kink in kinks):
        kernel, derivative_kernel = _kernels_by_correlation(kinks, slopes, value_at_zero, derivative_at_zero)
        equal_variances = None
    else:
        kernel, derivative_kernel = _kernels_bent_at_origin(slopes, value_at_zero, derivative_at_zero)
        equal_variances = partial(_bent_at_origin, slopes, value_at_zero, derivative_at_zero)

    def moment(q: npt.ArrayLike) -> Array:
        return kernel(q, q, q)

    return ClosedForms(moment, derivative_moment, kernel, derivative_kernel, equal_variances)


def _kernels_bent_at_origin(
    slopes: tuple[float, ...], value_at_zero: float, derivative_at_zero: float
) -> tuple[Kernel, Kernel]:
    """E phi phi and E phi' phi' for phi(x) = value_at_zero + slopes[0] x + (slopes[-1] - slopes[0]) max(x, 0)."""
    left, jump = slopes[0], slopes[-1] - slopes[0]
    mean_slope = left + 0.5 * jump

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c = correlation(q_s, q_t, q_st)
        root_s, root_t = np.sqrt(np.asarray(q_s, dtype=np.float64)), np.sqrt(np.asarray(q_t, dtype=np.float64))
        mean_s, mean_t = (jump * (root * (1.0 / np.sqrt(2.0 * np.pi))) for root in (root_s, root_t))
        # Karakida et al. (B.11); of the two mean slopes, the linear part has been counted once too often.
        product = (np.sqrt((1.0 - c) * (1.0 + c)) + c * (0.5 * np.pi + np.arcsin(c))) / (2.0 * np.pi)
        total = value_at_zero * (value_at_zero + mean_s + mean_t)
        total = total + left * (2.0 * mean_slope - left) * (c * root_s * root_t)
        return np.asarray(total + jump**2 * root_s * root_t * product)

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c = correlation(q_s, q_t, q_st)
        mean_s, mean_t = (
            np.where(np.asarray(q, dtype=np.float64) == 0, derivative_at_zero, mean_slope) for q in (q_s, q_t)
        )
        total = left * (2.0 * mean_slope - left) + jump**2 * (0.25 + np.arcsin(c) / (2.0 * np.pi))
        constant = (np.asarray(q_s) == 0) | (np.asarray(q_t) == 0)
        return np.asarray(np.where(constant, mean_s * mean_t, total), dtype=np.float64)

    return kernel, derivative_kernel


def _bent_at_origin(
    slopes: tuple[float, ...], value_at_zero: float, derivative_at_zero: float, pairs: Array, out: Array
) -> None:
    """All four of :func:`_kernels_bent_at_origin` for equal variances; see `ClosedForms.equal_variances`."""
    left, jump = slopes[0], slopes[-1] - slopes[0]
    of_linear = left * (left + jump)
    (q, c), (moment, kernel, slope, share) = pairs, out
    constant = None if q.all() else q == 0.0
    np.divide(c, q, out=c, where=True if constant is None else ~constant)
    unit = np.abs(c, out=moment) >= _UNIT_CORRELATION
    if unit.any():
        c[unit] = np.sign(c[unit])
    np.arcsin(c, out=share)
    share *= 0.5 / np.pi
    share += 0.25  # of pairs that are both positive
    np.subtract(1.0, c, out=moment)
    moment *= np.add(1.0, c, out=kernel)
    np.sqrt(moment, out=moment)
    moment *= 0.5 / np.pi
    moment += np.multiply(c, share, out=kernel)
    np.multiply(of_linear, c, out=kernel)
    moment *= jump**2
    kernel += moment
    kernel *= q
    np.multiply(of_linear + 0.5 * jump**2, q, out=moment)
    share *= jump**2
    share += of_linear
    slope[:] = of_linear + 0.5 * jump**2
    if value_at_zero:
        out[:2] += value_at_zero * (value_at_zero + 2.0 * jump / np.sqrt(2.0 * np.pi) * np.sqrt(q))
    if constant is not None:
        out[2:, constant] = derivative_at_zero**2


def _kernels_by_correlation(
    kinks: tuple[float, ...], slopes: tuple[float, ...], value_at_zero: float, derivative_at_zero: float
) -> tuple[Kernel, Kernel]:
    """E phi phi and E phi' phi' for any kinks; the formulas are in :func:`piecewise_linear_closed_forms`."""
    jumps = np.diff(slopes)
    total_jump = slopes[-1] - slopes[0]

    def mean(root: Array) -> Array:
        """E phi, with phi = phi(0) + slope x + sum of jump_i (+-x - |kink_i|)_+ that act away from the origin."""
        h = [_standardised(abs(kink), root) for kink in kinks]
        nearest = np.minimum.reduce(h)
        # Densities relative to the largest: of kinks close in, the jumps cancel before anything is rounded.
        relative = total_jump + sum(j * np.expm1(0.5 * (nearest**2 - x**2)) for j, x in zip(jumps, h, strict=True))
        tails = sum(j * abs(kink) * scipy.special.ndtr(-x) for j, kink, x in zip(jumps, kinks, h, strict=True))
        return np.asarray(value_at_zero + root * _density(nearest) * relative - tails)

    def mean_slope(root: Array) -> Array:
        return np.where(root == 0, derivative_at_zero, _mean_of_steps(kinks, slopes, root))

    def integrals(root_s: Array, root_t: Array, c: Array) -> tuple[Array, Array]:
        h, k = (
            np.array([_standardised(kink, np.broadcast_to(root, c.shape).ravel()) for kink in kinks])
            for root in (root_s, root_t)
        )
        first, second = _kink_integrals(h, k, jumps, total_jump, c.ravel())
        return first.reshape(c.shape), second.reshape(c.shape)

    def kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        # The means depend on one variance each: evaluate them before broadcasting to all pairs.
        c = correlation(q_s, q_t, q_st)
        root_s, root_t = np.sqrt(np.asarray(q_s, dtype=np.float64)), np.sqrt(np.asarray(q_t, dtype=np.float64))
        slope_part = c * mean_slope(root_s) * mean_slope(root_t) + integrals(root_s, root_t, c)[1]
        return np.asarray(mean(root_s) * mean(root_t) + root_s * root_t * slope_part)

    def derivative_kernel(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
        c = correlation(q_s, q_t, q_st)
        root_s, root_t = np.sqrt(np.asarray(q_s, dtype=np.float64)), np.sqrt(np.asarray(q_t, dtype=np.float64))
        return np.asarray(mean_slope(root_s) * mean_slope(root_t) + integrals(root_s, root_t, c)[0])

    return kernel, derivative_kernel


def _mean_of_steps(kinks: tuple[float, ...], levels: tuple[float, ...], root: Array) -> Array:
    """Mean of a step function with the given levels between the kinks, for a Gaussian of deviation root."""
    if not any(kinks):  # half on either side, whatever the deviation
        return np.full_like(root, 0.5 * levels[0] + 0.5 * levels[-1])
    ends = [np.full_like(root, -np.inf), *(_standardised(kink, root) for kink in kinks), np.full_like(root, np.inf)]
    total: Array = np.zeros_like(root)
    for level, a, b in zip(levels, ends[:-1], ends[1:], strict=True):
        # Probability of [a, b]: from the error function around the origin, from the tails far out.
        near = 0.5 * (scipy.special.erf(b / np.sqrt(2.0)) - scipy.special.erf(a / np.sqrt(2.0)))
        far = np.where(
            a > 0, scipy.special.ndtr(-a) - scipy.special.ndtr(-b), scipy.special.ndtr(b) - scipy.special.ndtr(a)
        )
        total = total + level * np.where((a > 0.5) | (b < -0.5), far, near)
    return total


# Gauss-Legendre panels of w = artanh r, in which the integrand is smooth on the scale of 1 whatever the kinks: with 16
# nodes the nearest singularities, +-i pi / 2, cost (pi + sqrt(pi^2 + 1))^-32 = 1e-26 on a panel of length 1.
_UNIT_NODES, _UNIT_WEIGHTS = np.polynomial.legendre.leggauss(16)
# Correlations beyond e^-(2 w) from 1 contribute e^-w: nothing in double precision.
_LARGEST_ARTANH = 37.0
# Limit on temporary arrays.
_MAXIMUM_VALUES = 2**18


def _kink_integrals(h: Array, k: Array, jumps: Array, total_jump: float, c: Array) -> tuple[Array, Array]:
    """int_0^c S(r) dr and int_0^c (c - r) S(r) dr with S(r) = sum_ij jump_i jump_j n_2(h_i, k_j; r).

    Parameters
    ----------
    h, k
        Kinks in units of the two deviations, shape (K, n).
    jumps, total_jump
        Changes of slope, shape (K,), and their sum (0 where phi saturates, whatever rounding did to the jumps).
    c
        Correlations, shape (n,).

    Notes
    -----
    In r = tanh w, n_2(h, k; r) dr = exp(-Q) dw / (2 pi cosh w), Q = ((h - k)^2 cosh^2 w + h k (1 + e^-2w)) / 2 for
    w >= 0; a negative w is the same with -k. Only differences of the exp(-Q) enter, beside the sum of the jumps.
    """
    sign = np.where(c < 0, -1.0, 1.0)
    # Close to the origin all masses merge until 1 / cosh w is as small as the kinks.
    sizes = np.abs(np.concatenate([h, k]))
    smallest = np.min(np.where(sizes > 0, np.minimum(sizes, 1.0), 1.0), axis=0)
    with np.errstate(divide="ignore"):
        upper = np.minimum(np.arctanh(np.abs(c)), _LARGEST_ARTANH - np.log(smallest))
    first, second = np.zeros_like(c), np.zeros_like(c)
    panels = np.ceil(upper).astype(np.intp)
    for count in np.unique(panels[panels > 0]):
        nodes = ((np.arange(count)[:, None] + 0.5 * (_UNIT_NODES + 1.0)) / count).reshape(-1, 1)
        weights = np.tile(_UNIT_WEIGHTS / (2.0 * count), count)
        members = np.flatnonzero(panels == count)
        for part in np.array_split(members, -(-members.size * nodes.size // _MAXIMUM_VALUES)):
            end = upper[part]
            decay = np.exp(-end * nodes)
            inverse_cosh = 2.0 * decay / (1.0 + decay**2)
            exponents = [
                _pair_exponent(h_i[part], sign[part] * k_j[part], decay, inverse_cosh) for h_i in h for k_j in k
            ]
            least = np.minimum.reduce(exponents)
            masses = total_jump**2 + sum(
                weight * np.expm1(least - exponent)
                for weight, exponent in zip(np.outer(jumps, jumps).ravel(), exponents, strict=True)
            )
            integrand = masses * np.exp(-least) * inverse_cosh / (2.0 * np.pi)
            # c - r = tanh(end) - tanh(w), without cancellation.
            distance = decay * inverse_cosh * -np.expm1(-2.0 * end * (1.0 - nodes)) / (1.0 + np.exp(-2.0 * end))
            first[part] = sign[part] * end * (weights @ integrand)
            second[part] = end * (weights @ (integrand * distance))
    return first, second


def _pair_exponent(h: Array, k: Array, decay: Array, inverse_cosh: Array) -> Array:
    """Q of :func:`_kink_integrals`, limited to a value whose exponential vanishes."""
    distance = np.minimum(np.abs(h - k), 4.0 * _FAR * inverse_cosh) / inverse_cosh
    return np.asarray(0.5 * (distance**2 + h * k * (1.0 + decay**2)))


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


def largest_covariance(q_s: Array, q_t: Array) -> Array:
    """sqrt(q_s q_t), without overflow; exactly q where both are q, so that a sample equals itself."""
    return np.where(q_s == q_t, q_s, np.sqrt(q_s) * np.sqrt(q_t))


def _root_of_determinant(q_s: Array, q_t: Array, q_st: Array) -> Array:
    """sqrt(q_s q_t - q_st^2), by factors of which none overflows."""
    limit = largest_covariance(q_s, q_t)
    below, above = (np.maximum(0.5 * limit + side * q_st, 0.0) for side in (-0.5, 0.5))
    return np.asarray(2.0 * np.sqrt(below) * np.sqrt(above))


def _root_of_shifted_determinant(q_s: Array, q_t: Array, q_st: Array, scale: float) -> Array:
    """sqrt(det(1 + scale Sigma)), expanded so that it stays accurate for large variances at correlation 1."""
    # 1 + scale trace Sigma + scale^2 det Sigma, by roots: none of the three squares overflows.
    root_of_scale = np.sqrt(scale)
    trace_part = np.hypot(np.hypot(1.0, root_of_scale * np.sqrt(q_s)), root_of_scale * np.sqrt(q_t))
    return np.asarray(np.hypot(trace_part, scale * _root_of_determinant(q_s, q_t, q_st)))


def _density(h: Array) -> Array:
    # Clipping avoids overflow of h^2; the density is zero in floating point from |h| = 39 on.
    return np.asarray(np.exp(-0.5 * np.minimum(np.abs(h), 40.0) ** 2) / np.sqrt(2.0 * np.pi))


# Stands for an infinite threshold: beyond it every normal tail is 0 in floating point, and its square is finite.
_FAR = 1e3


def _standardised(kink: float, root: Array) -> Array:
    """kink / sqrt(q), limited to a value beyond which the normal tail vanishes (also for q = 0)."""
    limited = np.full_like(root, np.copysign(_FAR, kink) if kink else 0.0)
    return np.divide(kink, root, out=limited, where=root > abs(kink) / _FAR)
