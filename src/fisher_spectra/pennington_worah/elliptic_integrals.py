"""The double integral (20) as a combination of three elliptic integrals: Pennington and Worah (2018), Remark 1.

With w = 4 zeta, d_1 = eta' - zeta, d_2 = eta - zeta, u = z - d_1, l = z - d_2, b = u (l - w) / l and
k = (l - u) / u^2, the inner integral is elementary (`limiting_spectrum`), and leaves

    G(z) = 1/w + k/4 + 1/(2 u) - (2 / (pi w^2)) int_0^w (1 + k a) sqrt((w - a)(b - a) / (a (u - a))) da.

a = w / (1 + t), r_0 = 1 - w/u and r = 1 - w/b make this w sqrt(b/u) times a sum of

    I_m = int_0^inf (1 + t)^(-m) (t (t + r_0)(t + r))^(-1/2) dt,  m = 0 .. 3,

of which, by parts, I_2 and I_3 are combinations of I_0 = 2 R_F(0, r_0, r), I_1 = (2/3) R_J(0, r_0, r, 1) and
(2/3) R_D(0, r_0, r): Carlson's integrals of the first, third and second kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.limiting_spectrum import marchenko_pastur_gauss_rule

Array = npt.NDArray[np.float64]

# Of the Gauss rule in each variable. Beyond the ends by an eighth of the spectrum's length it converges to rounding
# with 60.
_NODES = 200


@dataclass(frozen=True)
class EllipticForm:
    """The terms of G(z), each of the shape of z."""

    elementary: Array
    first_kind: Array  # the term with R_F
    second_kind: Array  # with R_D
    third_kind: Array  # with R_J

    @property
    def transform(self) -> Array:
        """Their sum, G(z)."""
        return self.elementary + self.first_kind + self.second_kind + self.third_kind


def elliptic_form(constants: NonlinearityConstants, z: npt.ArrayLike) -> EllipticForm:
    """The Stieltjes transform (20) by elliptic integrals, to about 1e-15 / zeta.

    Parameters
    ----------
    constants
        eta, eta' and zeta > 0.
    z
        Real, below z_1 or above z_6, where all arguments of Carlson's integrals are positive.

    Raises
    ------
    ValueError
        If zeta = 0, where the eigenvalues do not spread, or some z lies between z_1 and z_6.
    """
    z = np.asarray(z, dtype=np.float64)
    _check_outside(constants, z)
    w = 4.0 * constants.zeta
    u, low = z - constants.upper_shift, z - constants.lower_shift
    b, k = u * (low - w) / low, (low - u) / u**2
    # r_0 = 1 - p and r = 1 - q; t (t + r) = y^2 - (1 + q) y + q with y = 1 + t
    p, q = w / u, w / b
    # coefficients of I_0 .. I_3
    of_0, of_1, of_2, of_3 = np.ones_like(z), k * w - (1 + q), q - k * w * (1 + q), k * w * q
    # y^(-2) sqrt(t (t + r_0)(t + r)) vanishes at both ends: the integral of its derivative takes I_3 away
    of_2 = of_2 + of_3 * 3 * (p + q + p * q) / (4 * p * q)
    of_1 = of_1 - of_3 * (1 + p + q) / (2 * p * q)
    of_0 = of_0 + of_3 / (4 * p * q)
    # and that of y^(-1) sqrt(t (t + r_0) / (t + r)) takes I_2 away, for the integral of the second kind
    of_d = of_2 * -((1 - q) * (p - q) / q) / (2 * p)
    of_1 = of_1 + of_2 * (1 + p + p / q) / (2 * p)
    of_0 = of_0 - of_2 / (2 * p)
    scale = -2.0 * np.sqrt(b / u) / (np.pi * w)
    return EllipticForm(
        elementary=1 / w + k / 4 + 1 / (2 * u),
        first_kind=scale * of_0 * 2 * scipy.special.elliprf(0.0, 1 - p, 1 - q),
        second_kind=scale * of_d * (2 / 3) * scipy.special.elliprd(0.0, 1 - p, 1 - q),
        third_kind=scale * of_1 * (2 / 3) * scipy.special.elliprj(0.0, 1 - p, 1 - q, 1.0),
    )


def transform_by_double_integral(constants: NonlinearityConstants, z: npt.ArrayLike) -> Array:
    """(20) as it is printed, by a Gauss rule in lambda_1 and lambda_2, of the shape of z.

    Parameters
    ----------
    constants, z
        As in `elliptic_form`; to rounding if z is beyond the spectrum by an eighth of its length or more.

    Raises
    ------
    ValueError
        As `elliptic_form`.
    """
    z = np.asarray(z, dtype=np.float64)
    _check_outside(constants, z)
    eta, eta_prime, zeta = constants.eta, constants.eta_prime, constants.zeta
    nodes, weights = marchenko_pastur_gauss_rule(_NODES, zeta)
    first, second = eta_prime - zeta + nodes[:, None], eta - zeta + nodes[None, :]
    at = z[..., None, None]
    denominator = (eta - zeta) * (eta_prime - zeta) + first * (at - eta + zeta) + second * (at - eta_prime + zeta)
    # mu_1 and mu_2 have the mass zeta each, which 2 zeta^2 divides by; the rule has mass 1
    return np.asarray(((first + second - 2 * at) / (2 * (denominator - at**2))) @ weights @ weights)


def _check_outside(constants: NonlinearityConstants, z: Array) -> None:
    if not constants.spreads:
        raise ValueError("zeta = 0: the eigenvalues do not spread, and (20) has no integral left")
    low, high = constants.features[0], constants.features[5]
    if not np.all((z < low) | (z > high)):
        raise ValueError(f"z: must be real and below {low:g} or above {high:g}, the ends of the spectrum")
