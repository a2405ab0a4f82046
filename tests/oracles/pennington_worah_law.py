"""Slow oracle: the limiting law of Pennington and Worah (2018) as that of the eigenvalues of random 2 x 2 matrices.

One point at a time, by adaptive quadrature over one of the two variables. The constants of the activations of Table 1
are in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad

Array = npt.NDArray[np.float64]

_GRID = np.linspace(-12.0, 12.0, 2401)
_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


def smooth_mean(function: Callable[[Array], Array]) -> float:
    """Mean of a smooth function of a standard normal variable, by the trapezoid rule."""
    return float(_WEIGHTS @ function(_GRID))


@dataclass(frozen=True)
class PlainLaw:
    """eta, eta' and zeta of (21) and what follows from them."""

    eta: float
    eta_prime: float
    zeta: float

    @property
    def features(self) -> tuple[float, float, float, float, float, float]:
        """(23) and (24) as printed."""
        eta, eta_prime, zeta = self.eta, self.eta_prime, self.zeta
        root = math.sqrt((eta_prime - eta) ** 2 + 64 * zeta**2)
        middle = eta + eta_prime + 6 * zeta
        return (
            *(eta - zeta, eta + 3 * zeta, (middle - root) / 2),
            *(eta_prime - zeta, eta_prime + 3 * zeta, (middle + root) / 2),
        )

    @property
    def moments(self) -> tuple[float, float]:
        """(27)."""
        first, second = self.eta + self.eta_prime, self.eta**2 + self.eta_prime**2 + 4 * self.zeta**2
        return first / 2, second / 2

    @property
    def conditioning(self) -> float:
        """m_2 / m_1^2."""
        first, second = self.moments
        return second / first**2

    @property
    def atom_at_zero(self) -> float:
        """Half of the eigenvalues of a linear network vanish; no other activation here has any that do."""
        return 0.5 if self.eta_prime == self.zeta else 0.0

    def density(self, x: float) -> float:
        """Of the continuous part."""
        low, _, _, high, _, end = self.features
        width = 4 * self.zeta
        if not low < x < end:
            return 0.0
        # an eigenvalue at x has b = (x - low) (x - high - a) / (x - high), which is 0 and width at these a
        ends = x - high, (x - high) * (x - low - width) / (x - low)
        first, last = max(0.0, min(ends)), min(width, max(ends))
        if first >= last:
            return 0.0

        def integrand(angle: float) -> float:
            a = first + (last - first) * math.sin(angle) ** 2
            b = (x - low) * (x - high - a) / (x - high)
            if not (0 < a < width and 0 < b < width):
                return 0.0  # up to rounding at the ends
            weights = math.sqrt((width - a) / a * (width - b) / b) / (2 * math.pi * self.zeta) ** 2
            growth = 1 + a * (high - low) / (x - high) ** 2
            return weights * growth * (last - first) * math.sin(2 * angle)

        halves = ((0.0, math.pi / 4), (math.pi / 4, math.pi / 2))
        return 0.5 * math.fsum(quad(integrand, *half, limit=400, epsabs=0.0, epsrel=1e-11)[0] for half in halves)

    def cdf(self, x: float) -> float:
        """Of the whole law."""
        low, _, _, high, _, end = self.features
        width = 4 * self.zeta
        if not low < x < end:
            return 1.0 if x >= end else (self.atom_at_zero if x == low else 0.0)
        if x == high:
            return 0.5

        def below(angle: float) -> float:
            a = width * math.cos(angle) ** 2
            b = min(max((x - low) * (x - high - a) / (x - high), 0.0), width)
            phase = math.asin(math.sqrt(b / width))
            # weight of a, and distribution function of b
            return 4 / math.pi * math.sin(angle) ** 2 * 2 / math.pi * (phase + math.sin(phase) * math.cos(phase))

        kinks = (x - high, (x - high) * (x - low - width) / (x - low))
        points = sorted(math.acos(math.sqrt(a / width)) for a in kinks if 0 < a < width)
        bounds = [0.0, *points, math.pi / 2]
        inner = math.fsum(quad(below, a, b, limit=400, epsabs=1e-13, epsrel=1e-11)[0] for a, b in pairwise(bounds))
        # the lower eigenvalue is never above `high`, the upper one never below it
        return 0.5 * ((x > high) + inner)

    def upper_and_lower(self, a: float, b: float) -> tuple[float, float]:
        """Eigenvalues of diag(eta' - zeta, eta - zeta) + v v^T, v = (sqrt a, sqrt b)."""
        v = np.sqrt([a, b])
        lower, upper = np.linalg.eigvalsh(np.diag([self.eta_prime - self.zeta, self.eta - self.zeta]) + np.outer(v, v))
        return float(upper), float(lower)

    def logarithm_at_side(self, feature: str) -> float:
        """Coefficient of t log |t| of the density at z_5, from the corner (4 zeta, 0), or z_2, from (0, 4 zeta).

        With a' = 4 zeta - a, the weights go like sqrt(a' / b), and t = q b - a'.
        """
        width, step = 4 * self.zeta, 1e-7
        corner = (width, step) if feature == "z5" else (step, width)
        unmoved = (width, 0.0) if feature == "z5" else (0.0, width)
        slope = (self.upper_and_lower(*corner)[0] - self.upper_and_lower(*unmoved)[0]) / step
        return 1 / (16 * math.pi**2 * self.zeta**2 * math.sqrt(slope))

    def logarithm_at_z_3(self) -> float:
        """Coefficient of log |t| of the second derivative, from the corner (4 zeta, 4 zeta) of the lower eigenvalue.

        The weights go like the root of both distances, and lambda falls with a and grows with b.
        """
        width, step = 4 * self.zeta, 1e-6
        at = self.upper_and_lower(width, width)[1]
        by_a = (at - self.upper_and_lower(width - step, width)[1]) / step
        by_b = (at - self.upper_and_lower(width, width - step)[1]) / step
        return float((-by_a * by_b) ** -1.5 / (32 * math.pi**2 * self.zeta**2 * width))


def erf_law(alpha: float) -> PlainLaw:
    """erf(alpha^2 x) over the root of its mean square."""
    gain2 = alpha**4
    square = 2 / math.pi * math.asin(2 * gain2 / (1 + 2 * gain2))
    slopes = 4 * gain2 / math.pi
    return PlainLaw(1.0, slopes / math.sqrt(1 + 4 * gain2) / square, slopes / (1 + 2 * gain2) / square)


def leaky_relu_law(alpha: float) -> PlainLaw:
    """max(x, 0) + alpha max(-x, 0), shifted and scaled to mean 0 and variance 1."""
    variance = (1 + alpha**2) / 2 - (1 + alpha) ** 2 / (2 * math.pi)
    return PlainLaw(1.0, (1 + alpha**2) / 2 / variance, (1 - alpha) ** 2 / 4 / variance)


# by their names in Table 1; f_opt is that of (28), with the squares 1/13 and 12/13 of its Hermite coefficients
LAWS = {
    "linear": PlainLaw(1.0, 1.0, 1.0),
    "erf_1": erf_law(1.0),
    "srelu_0": leaky_relu_law(0.0),
    "f_opt": PlainLaw(1.0, 25 / 13, 1 / 13),
}
