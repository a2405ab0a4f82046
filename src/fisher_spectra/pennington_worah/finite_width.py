"""The spectrum of Theorem 1 at a finite width: what the terms of `network_terms` do to it.

Beside the terms of the limit the Fisher matrix has a matrix R of entries that are nearly independent of them and of
each other, so that its 2 n^2 eigenvalues are those of a free sum. With the mean squares of the rows of R,

    v_ij / n = |R_ij|_F^2 / n^2  for its blocks i, j = 1, 2 (first and second layer),

the transforms g_1 and g_2 of the two layers, g_i(z) = tr (z - H)^{-1}_ii / n^2, solve

    (g_1, g_2) = E diag (z - D - Sigma - v v^T)^{-1},  Sigma_i = (v_i1 g_1 + v_i2 g_2) / n,

v and D of `limiting_spectrum`; the spectrum's is (g_1 + g_2) / 2. R is of the order n^(-1/2) and broadens the inverse
square roots at z_1 and z_4 over distances of the order (v/n)^(2/3), so that the Kolmogorov distance to the limit falls
as n^(-1/3), and not before sqrt(v/n) is small against the width 4 zeta of a component.

The mean squares are those of the leading order in 1/n, parts of rank n left out (they move the distribution by at most
1/n): with E f'' = E x f', tau = (1/2) E (x^2 - 1) f^2 and tau' the same of f'^2, the last two being the derivatives of
E f^2 and E f'^2 with respect to the variance of a unit. E f''' = 0 is needed: it multiplies rows of S and K by their
lengths, and a matrix that follows S and K does not lift the eigenvalues at z_1 and z_4 as an independent one does.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.errors import UserError
from fisher_spectra.gaussian.line_rules import gaussian_mean
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum, marchenko_pastur_gauss_rule
from fisher_spectra.pennington_worah.network_terms import TERMS, name_of_terms

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_ZERO = 1e-6  # means of functions with a kink are good to 1e-8
# Nodes of the outer integral (the inner one is in closed form), up to the width from which on they grow as n^(1/3), as
# do the places at which the density is found: peaks get narrower, and what is left of the distance smaller.
_NODES, _FEW = 48, 512
# Distance from the real axis, lowered in steps from where the fixed point is 1/z to where it blurs by less than the
# peaks are broadened: at most 2e-3, and a share of (v/n)^(2/3). Halving both changes distances by 0.0002 at n = 32768.
_HIGHEST, _LOWEST, _SHARE, _STEPS = 10.0, 2e-3, 0.04, 16
_ITERATIONS, _TOLERANCE = 100, 1e-10  # of Newton's method, which takes three or four; relative
_AT_A_TIME = 64  # places, whose values for all nodes stay in the processor's cache
_EVEN, _NEAR, _REACH = 90, 40, 0.08  # points over the spectrum and beside each peak, and how far in units of z_6


@dataclass(frozen=True)
class RowVariances:
    """n times the mean squares of the rows of R in its blocks (v_11, v_22, v_12); zero where nothing is kept."""

    first: float
    second: float
    mixed: float

    @classmethod
    def of(cls, activation: ActivationLike, kept: Collection[str] = TERMS) -> RowVariances:
        """Of the terms kept, a selection of `TERMS`.

        Raises
        ------
        UserError
            If the mean of the third derivative is not zero, or as `nonlinearity_constants`.
        ValueError
            If a term is not one of `TERMS`.
        """
        name_of_terms(kept)
        constants = nonlinearity_constants(activation)
        if not keeps_slopes(activation):
            raise UserError(f"activation {activation.spec}: the Gaussian mean of its third derivative must be 0 here")
        value_slope, slope_slope = (
            0.5 * gaussian_mean(lambda x: function(x) ** 2 * (x**2 - 1.0), kinks=activation.kinks)  # noqa: B023
            for function in (activation, activation.derivative)
        )
        fourth = gaussian_mean(lambda x: x * activation.derivative(x), kinks=activation.kinks) ** 4  # (E f'')^4
        # The squared length of a row of W1, and of a column of W2, has the variance 2/n.
        first = 2.0 * ((constants.eta_prime - constants.zeta) ** 2 + slope_slope**2)
        second = 2.0 * (value_slope - constants.zeta) ** 2
        shares = {
            "lengths": (first, second, 0.0),
            "correlations": (fourth, 0.5 * fourth, fourth),
            "curvature": (fourth, 0.0, 0.0),
        }
        return cls(*(float(sum(shares[term][block] for term in set(kept))) for block in range(3)))


def keeps_slopes(activation: ActivationLike) -> bool:
    """Whether E f''' = 0: the mean slope of a unit then does not change with its variance, to first order."""
    third = gaussian_mean(lambda x: (x**2 - 1.0) * activation.derivative(x), kinks=activation.kinks)
    return abs(third) < _ZERO * float(np.sqrt(nonlinearity_constants(activation).eta_prime))


@dataclass(frozen=True)
class FiniteWidthSpectrum:
    """Predicted spectral distribution of networks of width n.

    Attributes
    ----------
    limit
        The limiting spectrum, of a nonlinear activation with zeta > 0.
    variances
        Of the rows of the terms beside those of the limit.
    width
        n, at least 1.
    """

    limit: LimitingSpectrum
    variances: RowVariances
    width: int

    def places(self) -> Array:
        """Points from below the spectrum to above it, ascending, denser around z_1 and z_4."""
        features = self.limit.constants.features
        v = self.variances
        margin = 2.5 * np.sqrt((max(v.first, v.second) + v.mixed) / self.width) + 0.02 * features[5]
        even = np.linspace(features[0] - margin, features[5] + margin, math.ceil(_EVEN * self._fineness))
        near = features[5] * _REACH * np.linspace(-1.0, 1.0, math.ceil(_NEAR * self._fineness)) ** 3
        return np.unique(np.concatenate([even, features[0] + near, features[3] + near]))

    def transforms(self, x: Array) -> tuple[ComplexArray, ComplexArray]:
        """g_1 and g_2 just above the real axis at x, shape of x.

        Raises
        ------
        UserError
            If they are not found at some x.
        """
        g = np.empty((2, x.size), dtype=np.complex128)
        for first in range(0, x.size, _AT_A_TIME):
            some = slice(first, first + _AT_A_TIME)
            g[:, some] = self._from_far_above(x.ravel()[some])
        return g[0].reshape(x.shape), g[1].reshape(x.shape)

    def _from_far_above(self, x: Array) -> ComplexArray:
        """Both transforms, shape (2, n), each height from the one above."""
        v = self.variances
        lowest = min(_LOWEST, _SHARE * (max(v.first, v.second) / self.width) ** (2 / 3))
        steps = _STEPS + math.ceil(math.log2(_LOWEST / lowest))
        g: ComplexArray = np.tile(1.0 / (x + 1j * _HIGHEST), (2, 1))
        for height in np.geomspace(_HIGHEST, lowest, steps):
            g = self._solved(x + 1j * height, g)
        return g

    def _solved(self, z: ComplexArray, guess: ComplexArray) -> ComplexArray:
        """Both transforms at z, shape (2, n), by Newton's method from a guess.

        The equation's own iteration maps pairs of values in the lower half plane into it, strictly, so that there is a
        single solution (by the theorem of Earle and Hamilton, as in Helton, Rashidi Far, Speicher 2007). A step that
        leaves it is replaced by half a step of the iteration, which does not.
        """
        v, constants = self.variances, self.limit.constants
        shares = -np.array([[v.first, v.mixed], [v.mixed, v.second]]) / self.width
        shifts = np.array([[constants.upper_shift], [constants.lower_shift]])
        g, moving = guess.copy(), np.arange(z.size)
        for _ in range(_ITERATIONS):
            at = g[:, moving]
            means, (by_p, by_both, by_q) = self._means(z[moving] - shifts + shares @ at)
            # The Jacobian matrix of means - g, of which the mixed derivatives are one.
            j_11, j_12 = by_p * shares[0, 0] + by_both * shares[1, 0] - 1, by_p * shares[0, 1] + by_both * shares[1, 1]
            j_21, j_22 = by_both * shares[0, 0] + by_q * shares[1, 0], by_both * shares[0, 1] + by_q * shares[1, 1] - 1
            left = at - means
            determinant = j_11 * j_22 - j_12 * j_21
            newton = np.stack([j_22 * left[0] - j_12 * left[1], j_11 * left[1] - j_21 * left[0]]) / determinant
            below = np.all((at + newton).imag < 0, axis=0)
            step = np.where(below, newton, -0.5 * left)
            g[:, moving] = at + step
            moving = moving[np.any(np.abs(step) > _TOLERANCE * np.abs(at), axis=0) | ~below]
            if not moving.size:
                return g
        x = z[moving[0]].real
        raise UserError(f"width n = {self.width}: the predicted spectrum is not found at x = {x:.6g}")

    def cdf(self, x: Array) -> Array:
        """Distribution function at `places()`, from the density by the trapezoidal rule, shape of x."""
        g_1, g_2 = self.transforms(x)
        density = -(g_1 + g_2).imag / (2.0 * np.pi)
        cumulated = np.append(0.0, np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(x)))
        return np.asarray(cumulated / cumulated[-1])

    def distance_and_share(self, low: float, high: float) -> tuple[float, float]:
        """Kolmogorov distance to the limit, and the share of the eigenvalues between two places."""
        x = self.places()
        found = self.cdf(x)
        distance = np.max(np.abs(found - self.limit.cdf(x)))
        return float(distance), float(np.diff(np.interp([low, high], x, found))[0])

    @property
    def _fineness(self) -> float:
        """By how much finer everything has to be than for narrow networks."""
        return float(max(1.0, (self.width / _FEW) ** (1 / 3)))

    def _means(self, entries: ComplexArray) -> tuple[ComplexArray, tuple[ComplexArray, ComplexArray, ComplexArray]]:
        """Means of the diagonal of (diag(p, q) - v v^T)^{-1} over a and, in closed form, b; and their derivatives.

        `entries` are p and q, shape (2, n), as are the means m_1 and m_2. The derivatives are those of m_1 by p, of m_1
        by q and of m_2 by q, shape (n,); that of m_2 by p is that of m_1 by q.
        """
        zeta = self.limit.constants.zeta
        a, weights = marchenko_pastur_gauss_rule(math.ceil(_NODES * self._fineness), zeta)
        p, q = entries
        # det = (p - a) q - p b = p (y - b), and E 1 / (y - b) is the transform of Marchenko and Pastur. With 1/y and
        # r = sqrt(1 - 4 zeta / y) it is 2 / (y (1 + r)), and its derivative -1 / (y^2 r).
        inverse = _reciprocal(p[:, None] - a)
        inverse *= (p / q)[:, None]
        root = principal_root(1.0 - 4.0 * zeta * inverse)
        transform = inverse * _reciprocal(1.0 + root)
        slope = inverse * inverse
        slope *= _reciprocal(root)
        of_value = 2.0 * (transform @ np.stack([weights, weights * a], axis=1))
        of_slope = -(slope @ np.stack([weights, weights * a, weights * a**2], axis=1))
        (one, by_a), (slope_one, slope_a, slope_aa) = of_value.T, of_slope.T
        means = np.stack([(1.0 + q / p * by_a) / p, one - by_a / p])
        ratio = q / p
        by_p = -(1.0 + 2.0 * ratio * by_a) / p**2 + (ratio / p) ** 2 * slope_aa
        by_both = by_a / p**2 + ratio / p * (slope_a - slope_aa / p)
        by_q = slope_one - 2.0 * slope_a / p + slope_aa / p**2
        return means, (by_p, by_both, by_q)


def _reciprocal(z: ComplexArray) -> ComplexArray:
    """1 / z, in real numbers."""
    square = z.real * z.real
    square += z.imag * z.imag
    found = z.conj()
    found.real /= square
    found.imag /= square
    return found


def principal_root(z: ComplexArray) -> ComplexArray:
    """The root of z, not 0, with a real part that is not negative. In real numbers: a fourth of NumPy's time."""
    size = z.real * z.real
    size += z.imag * z.imag
    np.sqrt(size, out=size)
    size += np.abs(z.real)
    size *= 0.5
    np.sqrt(size, out=size)
    other = 0.5 * z.imag
    other /= size
    found = np.empty_like(z)
    right = z.real >= 0
    found.real = np.where(right, size, np.abs(other))
    found.imag = np.where(right, other, np.copysign(size, z.imag))
    return found
