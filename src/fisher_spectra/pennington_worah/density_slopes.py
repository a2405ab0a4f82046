"""What the derivative of the limiting density does at z_2, z_3 and z_5: does it jump, as section 3.2 announces?

The eigenvalues lambda(a, b) of the 2 x 2 matrices of `limiting_spectrum` fill a square, 0 <= a, b <= w = 4 zeta, and
the density is smooth except at the eigenvalues of its corners. With a and b the distances from a corner along its sides
(up to the sign of a), the Marchenko-Pastur weights go like 1/sqrt(distance) at 0 and like sqrt(distance) at w, and
lambda is linear with slopes of opposite sign, so that the corner gives, at a distance t and for either sign of t,

    (w, 0), z_5, and (0, w), z_2:   int sqrt(u / (u + t)) du  =  smooth + (t / 2) log |t|,
    (w, w), z_3:                    int sqrt(u (u - t)) du    =  smooth + (t^2 / 8) log |t|.

So the first derivative diverges logarithmically at z_5 and, unless the support ends there, at z_2; at z_3 it is
continuous, and the second derivative diverges logarithmically.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Corner:
    """A point inside the support at which the density is not smooth.

    Attributes
    ----------
    feature
        z2, z3 or z5; with z_2 = z_5, as for a linear activation, z5 stands for both.
    order
        Of the lowest derivative that diverges.
    per_log
        Its change for each factor e in the distance from the location.
    """

    feature: str
    location: float
    order: int
    per_log: float


def corners(constants: NonlinearityConstants) -> Iterator[Corner]:
    """The corners z_2 (without a gap), z_3 (of a nonlinear activation) and z_5; none for zeta = 0."""
    if not constants.spreads:
        return
    zeta = constants.zeta
    _, z_2, z_3, _, z_5, _ = constants.features
    width = 4.0 * zeta
    spread = constants.upper_shift - constants.lower_shift
    # (1/2) of two eigenvalues, 1/(2 pi zeta) of each weight, 1/2 of t log |t|
    unit = 1.0 / (16.0 * np.pi**2 * zeta**2)
    at_z_2 = unit * float(np.sqrt(1.0 - spread / width)) if not constants.has_gap else 0.0
    at_z_5 = unit * float(np.sqrt(1.0 + spread / width))
    if constants.is_linear:
        yield Corner("z5", z_5, 1, at_z_2 + at_z_5)
        return
    if not constants.has_gap:
        yield Corner("z2", z_2, 1, at_z_2)
    # a / (lambda - d_1) + b / (lambda - d_2) = 1: derivatives of lambda with respect to a and b at a = b = w
    to_upper, to_lower = z_3 - constants.upper_shift, z_3 - constants.lower_shift
    total = width / to_upper**2 + width / to_lower**2
    product = -1.0 / (to_upper * to_lower * total**2)  # minus the product of the two, which is positive
    yield Corner("z3", z_3, 2, float(2.0 * unit * 0.25 / width * product**-1.5))
    yield Corner("z5", z_5, 1, at_z_5)


@dataclass(frozen=True)
class DerivativeNear:
    """Difference quotients of the density around a point, each of shape (k,) for k distances t.

    Attributes
    ----------
    first
        (rho(z + t) - rho(z - t)) / 2t.
    second
        (rho(z + t) - 2 rho(z) + rho(z - t)) / t^2.
    jump
        Slope to the right minus slope to the left, t times `second`: tends to the jump of the derivative.
    """

    first: Array
    second: Array
    jump: Array


def derivative_near(spectrum: LimitingSpectrum, location: float, distances: Array) -> DerivativeNear:
    """Difference quotients of the limiting density at a location."""
    left, right = spectrum.density(location - distances), spectrum.density(location + distances)
    middle = spectrum.density(np.array([location]))
    jump = (right - 2.0 * middle + left) / distances
    return DerivativeNear((right - left) / (2.0 * distances), jump / distances, jump)
