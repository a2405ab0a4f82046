"""Gaussian inputs of which any two have the same overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, real_number
from fisher_spectra.networks.fully_connected import gaussian_inputs

Array = npt.NDArray[np.float64]


def overlapping_inputs(rng: np.random.Generator, samples: int, width: int, overlap: float = 0.0) -> Array:
    """Gaussian inputs x(t) = sqrt(r) z + sqrt(1 - r) xi(t) with a common z, shape (T, M_0).

    Entries have variance 1; two samples have the overlap x(s).x(t) / M_0 = r, up to scatter, since z has the norm
    sqrt(M_0) exactly. With r = 0 they are those of :func:`fisher_spectra.gaussian_inputs`.

    Parameters
    ----------
    rng
        The only source of randomness; z is drawn after xi.
    samples, width
        T and M_0, at least 1.
    overlap
        r, at least 0 and below 1.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> from fisher_spectra.networks.overlapping_inputs import overlapping_inputs
    >>> x = overlapping_inputs(np.random.default_rng(0), samples=200, width=1000, overlap=0.3)
    >>> overlaps = x @ x.T / 1000
    >>> round(float(overlaps.sum() - np.trace(overlaps)) / (200 * 199), 2)
    0.3
    """
    samples, width = check_integer("samples", samples, 1), check_integer("width", width, 1)
    overlap = real_number("overlap", overlap, "a number >= 0 and < 1")
    if not 0.0 <= overlap < 1.0:
        raise ValueError(f"overlap = {overlap}: must be a number >= 0 and < 1")
    x = np.asarray(gaussian_inputs(rng, samples, width), dtype=np.float64)
    if overlap == 0.0:
        return x
    common = rng.standard_normal(width)
    common *= np.sqrt(width) / np.linalg.norm(common)
    return np.asarray(np.sqrt(1.0 - overlap) * x + np.sqrt(overlap) * common)
