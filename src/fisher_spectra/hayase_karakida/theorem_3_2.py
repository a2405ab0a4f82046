"""Theorem 3.2 of Hayase and Karakida: the spectral law of H_3 in closed form.

For nu_l = (1 - alpha_l) delta_0 + alpha_l delta_{gamma_l} and L = 3, mu_3 is the sum of three atoms and one band. The
second atom is at lambda_mid; (18) of 2021 and (12) of the preprint print it at lambda_min once more.

This way to the law shares nothing with the one of any depth (`layer_map`, `spectral_law`)
but the signal propagation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type
from fisher_spectra.common.gauss_legendre import gauss_legendre
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

# Of a band that is narrower, in units of its place, the points of a rule fall on each other and on the poles at its
# ends: its mass is at one point. Both layers all but linear, as at the s^2 that is printed, make one of 1e-15.
_RESOLVED = 1e-12
_NODES = 64  # of the quadrature of the band in one bin; what is integrated is smooth


@dataclass(frozen=True)
class TwoHiddenLayerLaw:
    """mu_3 = sum of weight * delta_position + density(x) dx."""

    lambda_min: float  # (20)
    lambda_mid: float  # (21)
    lambda_minus: float  # (22)
    lambda_plus: float  # (22)
    lambda_max: float  # (23)
    weights: tuple[float, float, float]  # of the atoms at lambda_min, lambda_mid, lambda_max; some may be 0
    alpha: tuple[float, float]  # alpha_1, alpha_2

    @property
    def positions(self) -> tuple[float, float, float]:
        """lambda_min, lambda_mid, lambda_max."""
        return self.lambda_min, self.lambda_mid, self.lambda_max

    def density(self, x: npt.ArrayLike) -> Array:
        """rho(x) of (19), of the shape of x."""
        x = np.asarray(x, dtype=np.float64)
        inside = (x > self.lambda_minus) & (x < self.lambda_plus)
        t = np.where(inside, x, 0.5 * (self.lambda_minus + self.lambda_plus))
        root = np.sqrt((self.lambda_plus - t) * (t - self.lambda_minus))
        return np.where(inside, root / (2 * np.pi * (t - self.lambda_mid) * (self.lambda_max - t)), 0.0)

    def cauchy_transform(self, z: npt.ArrayLike) -> ComplexArray:
        """G(z) of the whole law, (A.10) of the preprint, for Im z >= 0 off the atoms, of the shape of z.

        On the band its value is the limit from above. Of the two roots of (A.6) the right one has its cut there and
        leaves G(z) = 1/z at infinity.
        """
        z = np.asarray(z, dtype=np.complex128)
        scale = self.lambda_mid - self.lambda_min
        first, second = self.alpha
        # the paper's standard form: an atom at 0, and those of the inner law at 1 and 1 + gamma
        gamma, t = (self.lambda_max - self.lambda_mid) / scale, (z - self.lambda_min) / scale
        root = np.sqrt(z - self.lambda_minus) * np.sqrt(z - self.lambda_plus) / scale
        rational = (t - 1) * (t - 2 * (1 + gamma) * second) - gamma * (first - second) * t  # (A.9)
        poles = 2 * (t - 1) * (1 + gamma - t)
        return np.asarray(((1 + rational / poles) / t - root / poles) / scale)

    def histogram(self, edges: npt.ArrayLike) -> Array:
        """Mass in the bins (edges[i], edges[i+1]], shape (n - 1,), by inversion of the Cauchy transform."""
        edges = np.asarray(edges, dtype=np.float64)
        low, high = self.lambda_minus, self.lambda_plus
        points, masses = [*self.positions], [*self.weights]
        if high - low > _RESOLVED * high:
            band = self._band(edges)
        else:
            band = np.zeros(len(edges) - 1)
            points.append((low + high) / 2)
            masses.append(max(1 - sum(self.weights), 0.0))
        place = np.searchsorted(edges, points, side="left") - 1
        inside = (place >= 0) & (place < len(band))
        return np.asarray(band + np.bincount(place[inside], np.array(masses)[inside], minlength=len(band)))

    def _band(self, edges: Array) -> Array:
        """Mass of the density in the bins."""
        low, high = self.lambda_minus, self.lambda_plus
        # x = (low + high)/2 - (high - low)/2 cos theta takes the root's singularities at both ends away
        centre, half = (low + high) / 2, (high - low) / 2
        bounds = np.arccos(np.clip((centre - edges) / half, -1.0, 1.0))
        nodes, weights = gauss_legendre(_NODES)
        width = np.diff(bounds)[:, None] / 2
        theta = bounds[:-1, None] + width * (1 + nodes)
        with np.errstate(all="ignore"):  # bins beside the band have no width
            density = -self.cauchy_transform(centre - half * np.cos(theta)).imag / np.pi
        return np.asarray(np.where(width > 0, density * half * np.sin(theta) * width, 0.0) @ weights)


def theorem_3_2(propagation: SignalPropagation) -> TwoHiddenLayerLaw:
    """Closed form of mu_3.

    Parameters
    ----------
    propagation
        Of three layers, L = 3, from `signal_propagation` or `constant_propagation`.

    Returns
    -------
    TwoHiddenLayerLaw
        Its atoms, `density`, `cauchy_transform` and `histogram`.

    Raises
    ------
    ValueError
        If L is not 3 or phi'^2 has more than one value besides zero.

    Examples
    --------
    >>> law = fs.theorem_3_2(fs.constant_propagation(depth=3, alpha=0.75, gamma=1.0))
    >>> law.positions, law.weights
    ((1.0, 2.0, 3.0), (0.25, 0.0, 0.5))
    >>> law.density([2.25, 2.5]).round(6)
    array([0.300105, 0.225079])
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    if propagation.depth != 3 or not all(law.is_two_point for law in propagation.laws):
        raise ValueError(
            "Theorem 3.2 needs L = 3 and derivative laws of the form (1 - alpha) delta_0 + alpha delta_gamma"
        )
    q0, q1, q2 = propagation.moments
    _, s2, s3 = propagation.sigma2
    law1, law2 = propagation.laws
    inner, outer = s2 * law1.gamma * q0, s3 * law2.gamma
    first, second = math.sqrt(law1.alpha * law2.deficit), math.sqrt(law2.alpha * law1.deficit)
    return TwoHiddenLayerLaw(
        lambda_min=q2,
        lambda_mid=q2 + outer * q1,
        lambda_minus=q2 + outer * (q1 + inner * (first - second) ** 2),
        lambda_plus=q2 + outer * (q1 + inner * (first + second) ** 2),
        lambda_max=q2 + outer * (q1 + inner),
        weights=(
            law2.deficit,
            max(law1.deficit - law2.deficit, 0.0),
            max(1 - law1.deficit - law2.deficit, 0.0),
        ),
        alpha=(law1.alpha, law2.alpha),
    )
