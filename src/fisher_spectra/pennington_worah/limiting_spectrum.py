"""Limiting spectrum of the Fisher matrix: Theorem 1 of Pennington and Worah (2018) in the form of 2 x 2 matrices.

With a, b independent Marchenko-Pastur variables of ratio 1 scaled by zeta (support [0, 4 zeta]), the limit of the
empirical distribution of the 2 n^2 eigenvalues is the mean distribution of the two eigenvalues of

    A = diag(eta' - zeta, eta - zeta) + v v^T,   v = (sqrt a, sqrt b),

and equation (20) is G(z) = E (1/2) tr (z - A)^{-1}. For given a, an eigenvalue at lambda needs
b = (lambda - d_2)(lambda - d_1 - a) / (lambda - d_1), d_1 = eta' - zeta, d_2 = eta - zeta: one of the two integrals is
done, and the other one has algebraic singularities at known places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import check_integer, check_type
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.double_exponential import unit_rule

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
_Scalar = TypeVar("_Scalar", bound=np.generic)

_BISECTIONS = 100  # halves any bracket down to neighbouring floating point numbers
_COMPLEX_NODES_PER_UNIT = 64  # branch points beside, not beyond, the ends halve the strip of analyticity
_CHUNK = 4096  # arguments handled at once: bounds the temporaries to some tens of megabytes


@dataclass(frozen=True)
class LimitingSpectrum:
    """Limiting spectral distribution of the 2 n^2 eigenvalues.

    Attributes
    ----------
    constants
        eta, eta' and zeta of the activation.

    Raises
    ------
    UserError
        From `of`, as :func:`nonlinearity_constants`.

    Examples
    --------
    >>> spectrum = fs.LimitingSpectrum.of(fs.get_activation("normalised_erf"))
    >>> [(round(low, 4), round(high, 4)) for low, high in spectrum.support]
    [(0.0864, 7.5097)]
    >>> round(spectrum.moment(1), 6), spectrum.density([1.0, 2.0]).round(6)
    (1.11285, array([0.156282, 0.128032]))
    """

    constants: NonlinearityConstants

    def __post_init__(self) -> None:
        check_type("constants", self.constants, NonlinearityConstants, "NonlinearityConstants")

    @classmethod
    def of(cls, activation: ActivationLike | str) -> LimitingSpectrum:
        """The limiting spectrum of an activation; errors are those of `nonlinearity_constants`."""
        return cls(nonlinearity_constants(activation))

    @property
    def atoms(self) -> tuple[tuple[float, float], ...]:
        """(location, weight) of the eigenvalues with non-vanishing probability.

        (0, 1/2) for a linear activation; (eta, 1/2) and (eta', 1/2) for zeta = 0, where the eigenvalues do not spread;
        none otherwise, although the paper's (26) announces two.
        """
        constants = self.constants
        if not constants.spreads:
            low, high = constants.lower_shift, constants.upper_shift  # eta and eta', where `features` has them, too
            return ((low, 1.0),) if low == high else ((low, 0.5), (high, 0.5))
        return ((0.0, 0.5),) if constants.is_linear else ()

    @property
    def support(self) -> tuple[tuple[float, float], ...]:
        """Closed intervals that carry the spectrum, from left to right: one, or two with a gap between them."""
        z_1, z_2, _, z_4, _, z_6 = self.constants.features
        return ((z_1, z_2), (z_4, z_6)) if self.constants.has_gap else ((z_1, z_6),)

    def moment(self, order: int) -> float:
        """m_k = lim (1 / 2 n^2) E tr H^k, exact up to rounding.

        (1/2) tr A^k is a polynomial of degree k in a and in b, which Gauss quadrature with k // 2 + 1 nodes for the
        Marchenko-Pastur weight integrates exactly.
        """
        check_integer("order", order, 0)
        nodes, weights = marchenko_pastur_gauss_rule(order // 2 + 1, self.constants.zeta)
        lower, upper = self._eigenvalues(nodes[:, None], nodes[None, :])
        return float(0.5 * weights @ (lower**order + upper**order) @ weights)

    def sample(self, size: int, rng: np.random.Generator) -> Array:
        """Independent draws from the limiting distribution, shape (size,): eigenvalues of random 2 x 2 matrices."""
        # A Marchenko-Pastur variable of ratio 1 is 4 times a Beta(1/2, 3/2) variable.
        a, b = 4.0 * self.constants.zeta * rng.beta(0.5, 1.5, size=(2, size))
        lower, upper = self._eigenvalues(a, b)
        return np.where(rng.random(size) < 0.5, lower, upper)

    def density(self, x: npt.ArrayLike) -> Array:
        """Density of the continuous part at real x, to about 1e-12 away from z_1 .. z_6.

        Infinite exactly at z_1 and z_4, where it diverges like an inverse square root; zero outside the support. The
        atoms of the linear case and of zeta = 0 are not part of it.
        """
        x = np.asarray(x, dtype=np.float64)
        constants = self.constants
        if not constants.spreads:
            return np.zeros_like(x)
        result = np.zeros_like(x)
        z_1, z_4 = constants.lower_shift, constants.upper_shift
        if constants.is_linear:
            result[x == 0.0] = 1.0 / (2.0 * np.pi * constants.zeta)  # limit of (17) from the right
        else:
            result[(x == z_1) | (x == z_4)] = np.inf
        inside = (x > z_1) & (x < constants.features[5]) & (x != z_4)
        result[inside] = _in_chunks(self._interior_density, x[inside])
        return result

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Fraction of the eigenvalues at or below x, atoms included."""
        x = np.asarray(x, dtype=np.float64)
        constants = self.constants
        if not constants.spreads:
            result = np.zeros_like(x)
            for location, weight in self.atoms:
                result += weight * (x >= location)
            return result
        z_1, z_4 = constants.lower_shift, constants.upper_shift
        result = np.zeros_like(x)
        result[x >= z_4] = 0.5
        result[x >= constants.features[5]] = 1.0
        inside = (x > z_1) & (x < constants.features[5]) & (x != z_4)
        result[inside] = _in_chunks(self._interior_cdf, x[inside])
        return result

    def quantile(self, probability: npt.ArrayLike) -> Array:
        """Smallest x with cdf(x) >= probability; z_1 for 0 and z_6 for 1.

        Raises
        ------
        ValueError
            If a probability lies outside [0, 1].
        """
        p = np.asarray(probability, dtype=np.float64)
        if np.any((p < 0.0) | (p > 1.0)):
            raise ValueError("probability: must lie between 0 and 1")
        features = self.constants.features
        low = np.full_like(p, features[0])
        high = np.full_like(p, features[5])
        at_bottom = self.cdf(low) >= p
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            if np.all((middle <= low) | (middle >= high)):
                break
            reached = self.cdf(middle) >= p
            high = np.where(reached, middle, high)
            low = np.where(reached, low, middle)
        # The distribution function rounds to 1 a little before z_6, where the density vanishes quadratically.
        return np.where(at_bottom, features[0], np.where(p == 1.0, features[5], high))

    def stieltjes(self, z: npt.ArrayLike) -> ComplexArray:
        """G(z) of (20) with the inner integral in closed form, to about 1e-10 however close z is to the real axis.

        Raises
        ------
        ValueError
            If some z is real and lies between z_1 and z_6.
        """
        z = np.asarray(z, dtype=np.complex128)
        features = self.constants.features
        if np.any((z.imag == 0.0) & (z.real >= features[0]) & (z.real <= features[5])):
            raise ValueError(f"z: must not be real between {features[0]:g} and {features[5]:g}, inside the spectrum")
        if not self.constants.spreads:
            return np.asarray(sum(weight / (z - location) for location, weight in self.atoms))
        return np.reshape(_in_chunks(self._stieltjes_at, z.ravel()), z.shape)

    def _eigenvalues(self, a: Array, b: Array) -> tuple[Array, Array]:
        """Eigenvalues of diag(d_1, d_2) + v v^T, v = (sqrt a, sqrt b); broadcast."""
        d_1, d_2 = self.constants.upper_shift, self.constants.lower_shift
        half_difference = 0.5 * (d_1 - d_2 + a - b)
        upper = 0.5 * (d_1 + d_2 + a + b) + np.sqrt(half_difference**2 + a * b)
        # The determinant has positive terms only, so the smaller eigenvalue keeps its relative accuracy.
        determinant = d_1 * d_2 + a * d_2 + b * d_1
        lower = np.divide(determinant, upper, out=np.zeros_like(upper), where=upper > 0)
        return lower, upper

    def _integration_range(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """Values of a with 0 <= b(a) <= 4 zeta, and the two points where b(a) = 0 and b(a) = 4 zeta; each (k, 1)."""
        constants = self.constants
        width = 4.0 * constants.zeta
        to_upper = x[:, None] - constants.upper_shift
        to_lower = x[:, None] - constants.lower_shift
        b_is_zero = to_upper
        b_is_width = to_upper * (to_lower - width) / to_lower
        low = np.maximum(np.minimum(b_is_zero, b_is_width), 0.0)
        high = np.minimum(np.maximum(b_is_zero, b_is_width), width)
        return low, np.maximum(high, low), b_is_zero, b_is_width

    def _interior_density(self, x: Array) -> Array:
        rule = unit_rule()
        constants = self.constants
        low, high, b_is_zero, b_is_width = self._integration_range(x)
        length = high - low
        from_low, from_high = length * rule.from_left, length * rule.from_right

        def distance(point: Array | float) -> Array:
            # |a - point| for a between low and high and a point not inside, without cancellation at the ends.
            return np.where(point <= low, low - point + from_low, point - high + from_high)

        to_upper = x[:, None] - constants.upper_shift
        spread = constants.upper_shift - constants.lower_shift
        growth = 1.0 + (low + from_low) * spread / to_upper**2  # db / dlambda
        numerator = distance(4.0 * constants.zeta) * distance(b_is_width)
        denominator = distance(0.0) * distance(b_is_zero)
        # An empty range has nodes on top of each other: the ratio is 0/0 there, and its weight is 0.
        ratio = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
        integrand = np.sqrt(ratio) * growth
        scale = 0.5 / (2.0 * np.pi * constants.zeta) ** 2
        return np.asarray(scale * length[:, 0] * (integrand @ rule.weights))

    def _interior_cdf(self, x: Array) -> Array:
        rule = unit_rule()
        constants = self.constants
        width = 4.0 * constants.zeta
        low, high, b_is_zero, b_is_width = self._integration_range(x)
        length = high - low
        from_low, from_high = length * rule.from_left, length * rule.from_right
        at_zero = np.where(b_is_zero <= low, low - b_is_zero + from_low, b_is_zero - high + from_high)
        at_width = np.where(b_is_width <= low, low - b_is_width + from_low, b_is_width - high + from_high)
        # b / (width - b) is the ratio of the distances from the two ends of the range of b.
        phase = np.arctan2(np.sqrt(at_zero), np.sqrt(at_width))
        below = (2.0 / np.pi) * (phase + np.sin(phase) * np.cos(phase))
        to_end = np.where(high < width, width - high, 0.0) + from_high
        first = low + from_low
        ratio = np.divide(to_end, first, out=np.zeros_like(first), where=first > 0)
        partial = length[:, 0] * ((np.sqrt(ratio) * below) @ rule.weights) / (2.0 * np.pi * constants.zeta)
        # Where b(a) exceeds the width every b is below it: a beyond `high` under d_1, a before `low` above d_1.
        under = x < constants.upper_shift
        certain = np.where(
            under,
            1.0 - _marchenko_pastur_cdf(high[:, 0], width),
            1.0 + _marchenko_pastur_cdf(low[:, 0], width),
        )
        # Without any admissible a below d_1 (a gap) the lower eigenvalue is certainly below x.
        full = under & (x - constants.lower_shift >= width)
        return np.where(full, 0.5, 0.5 * (certain + partial))

    def _stieltjes_at(self, z: ComplexArray) -> ComplexArray:
        rule = unit_rule(_COMPLEX_NODES_PER_UNIT)
        constants = self.constants
        width = 4.0 * constants.zeta
        d_1, d_2 = constants.upper_shift, constants.lower_shift
        to_upper, to_lower = (z - d_1)[:, None], (z - d_2)[:, None]
        b_is_zero = to_upper
        b_is_width = to_upper * (to_lower - width) / to_lower
        # Branch points in a may lie within any distance of the range: cut the range beside them.
        cuts = np.sort(np.clip(np.concatenate([b_is_zero.real, b_is_width.real], axis=1), 0.0, width), axis=1)
        ends = [np.zeros((z.size, 1)), cuts[:, :1], cuts[:, 1:], np.full((z.size, 1), width)]
        total = np.zeros(z.size, dtype=np.complex128)
        for low, high in pairwise(ends):
            length = high - low
            from_low, from_high = length * rule.from_left, length * rule.from_right
            left_half = rule.from_left < 0.5

            def offset(point: ComplexArray) -> ComplexArray:
                # point - a, measured from the nearer end.
                return np.asarray(np.where(left_half, (point - low) - from_low, (point - high) + from_high))  # noqa: B023

            a = low + from_low
            ratio = np.divide((width - high) + from_high, a, out=np.zeros_like(a), where=a > 0)
            past_zero = offset(b_is_zero)
            # 1/c = to_upper * q with c = to_lower (to_upper - a) / to_upper, and root^2 = 1 - 4 zeta / c. The
            # Marchenko-Pastur transform is 2 / (c (1 + root)), the principal root having its cut on the support.
            with np.errstate(divide="ignore", invalid="ignore"):
                q = 1.0 / (to_lower * past_zero)
                root = np.sqrt(offset(b_is_width) / past_zero)
                inner = ((to_upper + to_lower - a) * (1.0 + root) - 0.5 * width) * 2.0 * q / (1.0 + root) ** 2
            # Cancelled for z - d_1 -> 0: tr adj(z - A) g(c) / (z - d_1) without the division.
            inner = np.where(length > 0, inner, 0.0)
            density = np.sqrt(ratio) / (2.0 * np.pi * constants.zeta)
            total += length[:, 0] * ((density * inner) @ rule.weights)
        return 0.5 * total


def _in_chunks(
    function: Callable[[npt.NDArray[_Scalar]], npt.NDArray[_Scalar]], x: npt.NDArray[_Scalar]
) -> npt.NDArray[_Scalar]:
    pieces = [function(x[start : start + _CHUNK]) for start in range(0, x.size, _CHUNK)]
    return np.concatenate(pieces) if pieces else x


def _marchenko_pastur_cdf(x: Array, width: float) -> Array:
    """Distribution function of the Marchenko-Pastur law of ratio 1 on [0, width], for x in that interval."""
    phase = np.arctan2(np.sqrt(x), np.sqrt(np.maximum(width - x, 0.0)))
    return np.asarray((2.0 / np.pi) * (phase + np.sin(phase) * np.cos(phase)))


def marchenko_pastur_gauss_rule(count: int, zeta: float) -> tuple[Array, Array]:
    """Gauss rule for the Marchenko-Pastur law of ratio 1 scaled by zeta: exact for polynomials of degree 2 count - 1.

    With x = 4 zeta cos^2(t) it is the Gauss rule of the weight sqrt((1 - y)/(1 + y)), y = cos 2t, a Jacobi weight with
    known nodes.
    """
    index = np.arange(1, count + 1)
    angle = np.pi * index / (2 * count + 1)
    nodes = 4.0 * zeta * np.cos(angle) ** 2
    weights = 4.0 * np.sin(angle) ** 2 / (2 * count + 1)
    return nodes, weights
