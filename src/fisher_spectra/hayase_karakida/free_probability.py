"""Transforms and convolutions of free probability, as small functions with the names of Hayase and Karakida.

With G the Cauchy transform of a law and h(z) = z G(z) - 1, the S-transform (10) of 2021 is (1 + w) / (w h^{-1}(w)), and
it multiplies under the free multiplicative convolution [x], (11). For the inverses of h this says

    h_{nu [x] mu}^{-1}(w) = h_mu^{-1}(w) h_nu^{-1}(w) w / (1 + w).

So a point z with the value w = h_mu(z) leads to the point y = z u w / (1 + w), u = h_nu^{-1}(w), at which
h_{nu [x] mu} has the same value w. For nu = (1 - alpha) delta_0 + alpha delta_gamma, u is gamma (w + alpha) / w, and
the step is explicit. A law is represented here by such pairs of a point and a value (`Point`); the laws of all layers
follow from each other in this way without any equation to solve.

Moments have a second, independent way: S-transforms as power series (`free_multiplicative_moments`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.hayase_karakida.signal_propagation import DerivativeLaw, SignalPropagation

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_NEWTON_STEPS = 60
_CONVERGED = 1e-13  # relative step of Newton's method; it converges quadratically


# ---------------------------------------------------------------------------------------------------------------------
# Transforms of a law of finitely many values


def cauchy_transform(law: DerivativeLaw, z: ComplexArray) -> ComplexArray:
    """G_nu(z) = sum of weight / (z - value)."""
    return sum((p / (z - v) for v, p in zip(law.values, law.weights, strict=True)), np.zeros_like(z))


def h_transform(law: DerivativeLaw, z: ComplexArray) -> ComplexArray:
    """h_nu(z) = z G_nu(z) - 1 = sum of weight * value / (z - value)."""
    return sum((p * v / (z - v) for v, p in zip(law.values, law.weights, strict=True)), np.zeros_like(z))


def inverse_h_transform(law: DerivativeLaw, w: ComplexArray, start: ComplexArray | None = None) -> ComplexArray:
    """h_nu^{-1}(w): the root u of h_nu(u) = w that `start` is close to.

    If nu has at most one value besides zero, it is gamma (w + alpha) / w everywhere. Otherwise, without `start`, the
    branch with u -> infinity for w -> 0 is found for w near 0 and for all w > 0. Entries where Newton's method does not
    converge are nan.
    """
    if law.is_two_point:
        return np.asarray(law.gamma * (w + law.alpha) / w)
    values = np.array(law.values).reshape(-1, *(1,) * w.ndim)
    weights = np.array(law.weights).reshape(values.shape)
    u = _first_guess(values, weights, w) if start is None else start.copy()
    for _ in range(_NEWTON_STEPS):
        inverse = 1 / (u - values)
        terms = weights * values * inverse
        step = (terms.sum(0) - w) / (terms * inverse).sum(0)
        u = u + step
        if np.all((np.abs(step) <= _CONVERGED * np.abs(u)) | ~np.isfinite(step)):
            break
    u[~(np.abs(step) <= 1e-10 * np.abs(u))] = np.nan
    return u


def _first_guess(values: Array, weights: Array, w: ComplexArray) -> ComplexArray:
    """Where Newton's method for h_nu(u) = w begins; values and weights vary along the first axis."""
    mean = (weights * values).sum(0)
    # the expansion at infinity, where w is small
    guess = np.asarray(mean / w + (weights * values**2).sum(0) / mean, dtype=np.complex128)
    positive = (w.imag == 0) & (w.real > 0)
    if positive.any():
        # Of the law with all that is above v_k moved down to v_k and the rest to zero, u is v_k (1 + P_k / w) with the
        # weight P_k. Its h is below h_nu, so u lies left of the root of the convex h_nu, and Newton's method rises to
        # it; at the largest of these points h_nu exceeds w by a factor log(1 / weight) at most.
        weight_from = np.flip(np.cumsum(np.flip(weights, 0), 0), 0)
        guess = np.where(positive, (values * (1 + weight_from / w)).real.max(0), guess)
    return guess


def s_transform(law: DerivativeLaw, w: ComplexArray) -> ComplexArray:
    """S_nu(w) = (1 + w) / (w h_nu^{-1}(w)), (10), for w as in `inverse_h_transform`.

    For (1 - alpha) delta_0 + alpha delta_gamma it is (w + 1) / (gamma (w + alpha)). In the papers' example of this, the
    text has alpha and 1 - alpha exchanged in the law.
    """
    return (1 + w) / (w * inverse_h_transform(law, w))


def marchenko_pastur_s_transform(w: ComplexArray) -> ComplexArray:
    """S(w) = 1 / (1 + w) of the Marchenko-Pastur law of ratio 1: W W^T with independent N(0, 1/M) entries."""
    return 1 / (1 + w)


# ---------------------------------------------------------------------------------------------------------------------
# Propagation of a law by points


@dataclass(frozen=True)
class Point:
    """Points z with the values h(z) = z G(z) - 1 of a law, and the derivatives of both by one complex parameter."""

    z: ComplexArray
    h: ComplexArray
    dz: ComplexArray
    dh: ComplexArray

    @property
    def cauchy_transform(self) -> ComplexArray:
        """G(z)."""
        return (1 + self.h) / self.z


def point_mass(q: float, z: ComplexArray) -> Point:
    """delta_q at z; the parameter is z itself."""
    inverse = 1 / (z - q)
    h = q * inverse
    return Point(z, h, np.ones_like(z), -h * inverse)


def pushforward(point: Point, shift: float, scale: float) -> Point:
    """(shift + scale .)_* mu, the law of shift + scale X: z' = shift + scale z with the same G dz."""
    inverse = (shift / scale) / point.z
    change = inverse + inverse * point.h
    return Point(
        scale * point.z + shift,
        point.h + change,
        scale * point.dz,
        point.dh + inverse * point.dh - change / point.z * point.dz,
    )


def free_multiplicative_convolution(
    point: Point, law: DerivativeLaw, start: ComplexArray | None = None
) -> tuple[Point, ComplexArray]:
    """nu [x] mu at the points that those of mu lead to.

    Parameters
    ----------
    point
        Points of mu.
    law
        nu.
    start
        Guess of u = h_nu^{-1}(w), used if nu has more than one value besides zero.

    Returns
    -------
    Point
        Points y = z u w / (1 + w) of nu [x] mu.
    ndarray
        u.
    """
    z, w = point.z, point.h
    if law.is_two_point:
        above = law.gamma * (w + law.alpha)
        ratio = above / (1 + w)
        dy = point.dz * ratio + z * (law.gamma - ratio) / (1 + w) * point.dh
        return Point(z * ratio, w, dy, point.dh), above / w
    u = inverse_h_transform(law, w, start)
    values = np.array(law.values).reshape(-1, *(1,) * w.ndim)
    weights = np.array(law.weights).reshape(values.shape)
    du = -point.dh / (weights * values / (u - values) ** 2).sum(0)
    ratio = w / (1 + w)
    dy = (point.dz * u + z * du) * ratio + z * u * point.dh / (1 + w) ** 2
    return Point(z * u * ratio, w, dy, point.dh), u


def marchenko_pastur_convolution(point: Point) -> tuple[Point, ComplexArray]:
    """Free convolution with the Marchenko-Pastur law of ratio 1: y = z (1 + w); also u = (1 + w)^2 / w."""
    z, w = point.z, point.h
    return Point(z * (1 + w), w, point.dz * (1 + w) + z * point.dh, point.dh), (1 + w) ** 2 / w


# ---------------------------------------------------------------------------------------------------------------------
# Moments, by power series


def free_multiplicative_moments(first: Sequence[float], second: Sequence[float]) -> Array:
    """Moments m_1 .. m_n of mu [x] nu from those of mu and of nu, both with positive means.

    With psi(t) = sum_k m_k t^k and its inverse series chi, S(w) = chi(w) (1 + w) / w multiplies.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} moments: must be as many")
    n = len(first)
    # With both means 1 the coefficients stay of order one.
    scales = float(first[0]), float(second[0])
    powers = np.arange(1, n + 1)
    chi = [
        _inverse_series(np.array(m, dtype=np.float64) / s**powers) for m, s in zip((first, second), scales, strict=True)
    ]
    # chi = w + ..: chi_1 chi_2 / w times (1 + w), a series that begins with w.
    product = np.convolve(chi[0], chi[1])[:n]
    product[1:] += product[:-1].copy()
    return _inverse_series(product) * (scales[0] * scales[1]) ** powers


def _inverse_series(series: Array) -> Array:
    """Coefficients of t, t^2, .. of the inverse of s_1 t + s_2 t^2 + .., by Lagrange's formula."""
    n = len(series)
    reciprocal = np.zeros(n)  # of s_1 + s_2 t + ..
    reciprocal[0] = 1 / series[0]
    for k in range(1, n):
        reciprocal[k] = -reciprocal[0] * np.dot(series[1 : k + 1], reciprocal[k - 1 :: -1])
    inverse, power = np.empty(n), np.ones(1)
    for k in range(1, n + 1):
        power = np.convolve(power, reciprocal)[:n]
        inverse[k - 1] = power[k - 1] / k
    return inverse


def pushforward_moments(moments: Sequence[float], shift: float, scale: float) -> Array:
    """Moments m_1 .. m_n of shift + scale X."""
    # Multiplying by (shift + scale X) raises the degree of a polynomial in X, whose mean is taken at the end.
    known = np.array([1.0, *moments])
    polynomial = np.ones(1)
    result = []
    for _ in moments:
        polynomial = np.convolve(polynomial, [shift, scale])
        result.append(float(np.dot(polynomial, known[: len(polynomial)])))
    return np.array(result)


def moment_recursion(propagation: SignalPropagation, order: int, gaussian_weights: bool = False) -> Array:
    """m_1 .. m_order of mu_L, layer by layer from (15); needs no density and no root.

    Rounding grows with the order; at order 8 and L = 100 ten digits are left.
    """
    moments = propagation.moments[0] ** np.arange(1.0, order + 1)
    for law, q, sigma2 in zip(propagation.laws, propagation.moments[1:], propagation.sigma2[1:], strict=True):
        moments = free_multiplicative_moments(moments.tolist(), [law.moment(k) for k in range(1, order + 1)])
        if gaussian_weights:
            moments = free_multiplicative_moments(moments.tolist(), _catalan_numbers(order))
        moments = pushforward_moments(moments.tolist(), q, sigma2)
    return moments


def _catalan_numbers(order: int) -> list[float]:
    """Moments of the Marchenko-Pastur law of ratio 1."""
    numbers = [1.0]
    for k in range(1, order):
        numbers.append(numbers[-1] * 2 * (2 * k + 1) / (k + 2))
    return numbers
