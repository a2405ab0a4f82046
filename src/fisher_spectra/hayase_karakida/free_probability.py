"""Transforms and convolutions of free probability, as small functions with the names of Hayase and Karakida.

With G the Cauchy transform of a law and h(z) = z G(z) - 1, the S-transform (10) of 2021 is (1 + w) / (w h^{-1}(w)), and
it multiplies under the free multiplicative convolution [x], (11). For the inverses of h this says

    h_{nu [x] mu}^{-1}(w) = h_mu^{-1}(w) h_nu^{-1}(w) w / (1 + w).

So a point z with the value w = h_mu(z) leads to the point y = z u w / (1 + w), u = h_nu^{-1}(w), at which
h_{nu [x] mu} has the same value w. For nu = (1 - alpha) delta_0 + alpha delta_gamma, u is gamma (w + alpha) / w, and
the step is explicit. A law is represented here by such pairs of a point and a value (`Point`); the laws of all layers
follow from each other in this way without any equation to solve.

Moments have a second, independent way: S-transforms as power series (`hayase_karakida.spectral_moments`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type, complex_array
from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_NEWTON_STEPS = 60
# Newton's method converges quadratically: it is at its end with a relative step of rounding, or with one of less than
# the second that is no longer a quarter of the one before.
_NO_STEP, _CONVERGED = 1e-15, 1e-13


# ---------------------------------------------------------------------------------------------------------------------
# Transforms of a law of finitely many values


def inverse_h_transform(law: DerivativeLaw, w: npt.ArrayLike, start: ComplexArray | None = None) -> ComplexArray:
    """h_nu^{-1}(w): the root u of h_nu(u) = w that `start` is close to.

    If nu has at most one value besides zero, it is gamma (w + alpha) / w everywhere. Otherwise, without `start`, the
    branch with u -> infinity for w -> 0 is found for w near 0 and for all w > 0. Entries where Newton's method does not
    converge are nan.

    Parameters
    ----------
    law
        nu.
    w
        Complex values of h_nu, any shape.
    start
        Guess of u, of the shape of w; not used if nu has at most one value besides zero.

    Returns
    -------
    Array of the shape of w.

    Examples
    --------
    >>> law = fs.two_point_law(alpha=0.75, gamma=2.0)
    >>> fs.inverse_h_transform(law, np.array([0.5 + 0j]))  # gamma (w + alpha) / w
    array([5.+0.j])
    """
    check_type("law", law, DerivativeLaw, "a DerivativeLaw")
    return _inverse_h_transform(law, _values_of_h(w), start)


def _values_of_h(w: npt.ArrayLike) -> ComplexArray:
    values = complex_array("w", w)
    if not values.all():
        raise ValueError("w = 0: must not be zero, of which the root is at infinity")
    return values


def _inverse_h_transform(law: DerivativeLaw, w: ComplexArray, start: ComplexArray | None) -> ComplexArray:
    """The same of values that may be none, where a search has gone astray."""
    if law.is_two_point:
        return np.asarray(law.gamma * (w + law.alpha) / w)
    values, weights = np.array(law.values)[:, None], np.array(law.weights)[:, None]
    wanted = w.ravel()
    u = _first_guess(values, weights, wanted) if start is None else start.flatten()
    change = np.full(u.shape, np.inf, dtype=np.complex128)
    moving = np.arange(u.size)
    at, before = u, np.full(u.shape, np.inf)
    for _ in range(_NEWTON_STEPS):
        h, slope = _h_transform(law, at)
        step = (wanted[moving] - h) / slope
        at = at + step
        u[moving], change[moving] = at, step
        length, size = np.abs(step), np.abs(at)
        # Beside the largest value, of which u may keep a few digits, a small step may be a large share of the distance.
        ended = (length <= _NO_STEP * size) | ((length <= _CONVERGED * size) & (length > 0.25 * before))
        going = ~ended & np.isfinite(step)
        if not going.any():
            break
        moving, at, before = moving[going], at[going], length[going]
    u[~(np.abs(change) <= 1e-10 * np.abs(u))] = np.nan
    return u.reshape(w.shape)


def _h_transform(law: DerivativeLaw, u: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """h_nu(u) = sum_k p_k v_k / (u - v_k) and its derivative, for u of shape (n,).

    In real numbers, of which a division takes a small part of a complex one's time.
    """
    unit, (values, masses) = law.unit, law.columns
    # 1 / (u - v) = real - i imaginary
    real, imaginary = u.real / unit - values, u.imag / unit
    inverse_square = real * real
    inverse_square += imaginary * imaginary
    np.divide(1.0, inverse_square, out=inverse_square)
    real *= inverse_square
    inverse_square *= imaginary
    imaginary = inverse_square
    of_real, of_imaginary = masses * real, masses * imaginary
    h, slope = np.empty_like(u), np.empty_like(u)
    add = np.add.reduce
    h.real, h.imag = add(of_real), -add(of_imaginary)
    slope.imag = 2 / unit * add(of_real * imaginary)
    of_real *= real
    of_imaginary *= imaginary
    of_imaginary -= of_real
    slope.real = add(of_imaginary) / unit
    return h, slope


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


def s_transform(law: DerivativeLaw, w: npt.ArrayLike) -> ComplexArray:
    """S_nu(w) = (1 + w) / (w h_nu^{-1}(w)), (10), for w as in `inverse_h_transform`.

    For (1 - alpha) delta_0 + alpha delta_gamma it is (w + 1) / (gamma (w + alpha)). In the papers' example of this, the
    text has alpha and 1 - alpha exchanged in the law.

    Parameters
    ----------
    law
        nu.
    w
        Complex, any shape.

    Returns
    -------
    Array of the shape of w.

    Examples
    --------
    >>> law = fs.two_point_law(alpha=0.75, gamma=2.0)
    >>> fs.s_transform(law, np.array([0.25 + 0j]))  # (w + 1) / (gamma (w + alpha))
    array([0.625+0.j])
    """
    w = _values_of_h(w)
    return (1 + w) / (w * inverse_h_transform(law, w))


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
) -> tuple[Point, ComplexArray, ComplexArray]:
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
    u, du
        And its derivative; where u is explicit, of no use and 0.
    """
    z, w = point.z, point.h
    if law.is_two_point:
        above = law.gamma * (w + law.alpha)
        ratio = above / (1 + w)
        dy = point.dz * ratio + z * (law.gamma - ratio) / (1 + w) * point.dh
        return Point(z * ratio, w, dy, point.dh), above / w, np.zeros_like(w)
    u = _inverse_h_transform(law, w, start)
    du = point.dh / _h_transform(law, u)[1]
    ratio = w / (1 + w)
    dy = (point.dz * u + z * du) * ratio + z * u * point.dh / (1 + w) ** 2
    return Point(z * u * ratio, w, dy, point.dh), u, du


def marchenko_pastur_convolution(point: Point) -> tuple[Point, ComplexArray]:
    """Free convolution with the Marchenko-Pastur law of ratio 1: y = z (1 + w); also u = (1 + w)^2 / w."""
    z, w = point.z, point.h
    return Point(z * (1 + w), w, point.dz * (1 + w) + z * point.dh, point.dh), (1 + w) ** 2 / w
