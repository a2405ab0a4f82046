"""The spectrum at a finite width by double sums over both Marchenko-Pastur variables and many plain iterations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# (v_11, v_22, v_12) of each term of f_opt = (x + sqrt(6) (x^2 - 1)) / sqrt(13), by hand from E f''^2 = 24/13: the slope
# of E f'^2 = (1 + 24 q)/13 in the squared length q is 24/13, that of E f^2 = (q + 6 (3 q^2 - 2 q + 1))/13 is 25/13.
SQUARE = (24 / 13) ** 2
VARIANCES = {
    "lengths": (2 * SQUARE + 2 * SQUARE, 2 * SQUARE, 0.0),
    "correlations": (SQUARE, SQUARE / 2, SQUARE),
    "curvature": (SQUARE, 0.0, 0.0),
}


def broadened_law(
    constants: tuple[float, float, float],
    terms: Sequence[str],
    width: int,
    cdf: Callable[[float], float],
    between: tuple[float, float],
) -> tuple[float, float]:
    """Largest difference of the two distribution functions, and the share of eigenvalues between two places.

    Parameters
    ----------
    constants
        eta, eta' and zeta of f_opt.
    terms
        Of `VARIANCES`.
    width
        n; small, so that the law is broad against the spacing of the points.
    cdf
        Distribution function of the limit.
    """
    eta, eta_prime, zeta = constants
    v = np.sum([VARIANCES[term] for term in terms], axis=0) / width
    mixing = np.array([[v[0], v[2]], [v[2], v[1]]])
    t = (np.arange(12) + 0.5) * np.pi / 24
    value, weight = 4 * zeta * np.cos(t) ** 2, np.sin(t) ** 2 / 6
    a, b = value[:, None, None], value[None, :, None]
    weights = weight[:, None] * weight[None, :]
    places = {*between, eta - zeta, eta_prime - zeta}
    x = np.array(sorted({*np.linspace(-5, 8, 300).tolist(), *places}))
    g = np.array([1 / (x + 20j), 1 / (x + 20j)])
    for height in (20.0, 5.0, 2.0, 1.0, 0.5, 0.1, 0.02, 0.002):
        for _ in range(40):
            first, second = (x + 1j * height) - np.array([[eta_prime - zeta], [eta - zeta]]) - mixing @ g
            determinant = (first - a) * (second - b) - a * b
            parts = ((second - b) / determinant, (first - a) / determinant)
            before, g = g, 0.5 * (g + np.array([np.tensordot(weights, part, 2) for part in parts]))
            if np.abs(g - before).max() < 1e-6:
                break
    density = -g.sum(axis=0).imag / (2 * np.pi)
    mass = np.append(0.0, np.cumsum(np.diff(x) * (density[1:] + density[:-1]) / 2))
    mass = mass / mass[-1]
    distance = max(abs(found - cdf(float(place))) for found, place in zip(mass, x, strict=True))
    low, high = (float(mass[np.flatnonzero(x == place)[0]]) for place in between)
    return distance, high - low
