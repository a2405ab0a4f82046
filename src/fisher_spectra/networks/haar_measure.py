"""Uniformly distributed orthogonal matrices and vectors on a sphere.

The weights and inputs of Hayase and Karakida. What only draws them, training above all, does not depend on the Fisher
matrices that are computed from them: its results need not be made anew when those change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_integer, check_positive, check_type
from fisher_spectra.common.normal_numbers import standard_normal

Array = npt.NDArray[np.float64]


def haar_orthogonal(rng: np.random.Generator, size: int, columns: int | None = None) -> Array:
    """Haar distributed orthogonal matrix, or the first `columns` of one; shape (size, columns).

    QR decomposition of a Gaussian matrix. LAPACK chooses the signs of the diagonal of R by itself; Q times these signs
    is the decomposition with positive diagonal, which is unique, and therefore uniform as the Gaussian matrix is
    (Mezzadri 2007).

    Parameters
    ----------
    rng
        The only source of randomness.
    size
        Number of rows.
    columns
        From 1 to `size`; all of them if not given.

    Raises
    ------
    ValueError
        If the number of columns is out of range.

    Examples
    --------
    >>> matrix = fs.haar_orthogonal(np.random.default_rng(0), 5, columns=2)
    >>> matrix.shape, np.allclose(matrix.T @ matrix, np.eye(2))
    ((5, 2), True)
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    size = check_integer("size", size, 1)
    columns = size if columns is None else check_integer("columns", columns, 1)
    if not 1 <= columns <= size:
        raise ValueError(f"columns = {columns}: must be from 1 to the size, {size}")
    q, r = scipy.linalg.qr(standard_normal(rng, (size, columns)), mode="economic", overwrite_a=True, check_finite=False)
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return np.asarray(q)


def sphere_inputs(rng: np.random.Generator, samples: int, width: int, moment: float = 1.0) -> Array:
    """Independent inputs x(n), uniform on the sphere ||x||^2 / M = `moment`; shape (N, M).

    Parameters
    ----------
    rng
        The only source of randomness.
    samples, width
        N and M.
    moment
        qhat_0 = ||x||^2 / M.

    Examples
    --------
    >>> x = fs.sphere_inputs(np.random.default_rng(0), samples=2, width=10, moment=0.5)
    >>> (x**2).mean(axis=1).round(12)
    array([0.5, 0.5])
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    samples, width = check_integer("samples", samples, 1), check_integer("width", width, 1)
    moment = check_positive("moment", moment)
    x = standard_normal(rng, (samples, width))
    return np.asarray(x * (np.sqrt(moment * width) / np.linalg.norm(x, axis=1, keepdims=True)))
