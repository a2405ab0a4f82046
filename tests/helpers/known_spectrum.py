"""A large diagonal matrix, the spectrum of which is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DIAGONAL = np.linspace(0.5, 3.0, 4000) ** 3  # a known spectrum of density proportional to x^(-2/3) on [1/8, 27]


def diagonal_matvec(vector: Array) -> Array:
    return DIAGONAL * vector


def true_cdf(x: Array) -> Array:
    return np.searchsorted(DIAGONAL, x, side="right") / DIAGONAL.size


def probe_error(fraction: Array, size: int, probes: int) -> Array:
    """Standard error of a fraction F over Gaussian probes: each has variance 2 F (1 - F) / P."""
    return np.sqrt(2 * fraction * (1 - fraction) / size / probes)
