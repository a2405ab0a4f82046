"""Corners of Haar distributed orthogonal matrices, without the rest of the matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.normal_numbers import standard_normal

Array = npt.NDArray[np.float64]


def haar_corner(rng: np.random.Generator, size: int, rows: int, columns: int) -> Array:
    """The first rows and columns of a Haar distributed orthogonal matrix; shape (rows, columns).

    Let p be the smaller of the two numbers and n the larger. The first p columns are Q of the QR decomposition of a
    Gaussian matrix of p columns (`haar_orthogonal`), and what is below the first n rows of that enters Q's first n rows
    by its Gram matrix alone: a Wishart matrix, whose triangular factor is drawn instead (Bartlett 1933). The cost is
    O((n + p) p^2) and does not depend on the size.

    Parameters
    ----------
    rng
        The only source of randomness.
    size
        Of the orthogonal matrix.
    rows, columns
        From 0 to `size`.

    Raises
    ------
    ValueError
        If the corner is larger than the matrix.
    """
    if not (0 <= rows <= size and 0 <= columns <= size):
        raise ValueError(f"corner of {rows} rows and {columns} columns: must be from 0 to the size, {size}")
    if columns > rows:
        return haar_corner(rng, size, columns, rows).T
    above = standard_normal(rng, (rows, columns))
    q, r = np.linalg.qr(np.concatenate([above, _wishart_factor(rng, size - rows, columns)]))
    # with these signs the decomposition is the one with positive diagonal, which is unique
    return np.asarray(q[:rows] * np.where(np.diagonal(r) < 0, -1.0, 1.0))


def _wishart_factor(rng: np.random.Generator, samples: int, size: int) -> Array:
    """R of the QR decomposition of a (samples, size) Gaussian matrix, min(samples, size) rows of it."""
    order = min(samples, size)
    factor = np.triu(standard_normal(rng, (order, size)), 1)
    factor[np.arange(order), np.arange(order)] = np.sqrt(rng.chisquare(samples - np.arange(order)))
    return factor
