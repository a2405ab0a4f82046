"""Largest eigenvalue of a symmetric matrix, or of an operator of which only products with vectors are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg
import scipy.sparse.linalg

# Below this order LAPACK finds the largest eigenvalue faster than Lanczos does.
_DENSE_ORDER = 128
# Residual of the Lanczos method over the largest eigenvalue, an upper bound on the relative error of the
# eigenvalue; in float32 the rounding of the matrix-vector product sets the limit.
_TOLERANCE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-5}
_NOT_FINITE = "symmetric matrix: has entries that are not finite (an activation, slope or input overflowed)"


def largest_eigenvalue(matrix: Any, tolerance: float | None = None, vectors: int | None = None) -> float:
    """Largest eigenvalue, reproducible to the last bit.

    LAPACK for small matrices, else Lanczos iterations from a fixed starting vector.

    Parameters
    ----------
    matrix
        Symmetric matrix, or `scipy.sparse.linalg.LinearOperator`, of order n >= 1. Where the largest eigenvalue is not
        the largest in absolute value, Lanczos needs more iterations. Matrices are treated in float64 whatever their
        dtype.
    tolerance
        Residual over the eigenvalue at which Lanczos ends, an upper bound on its relative error; 1e-10 if not given,
        1e-5 for float32 operators.
    vectors
        Lanczos vectors kept, ncv of ARPACK; its own choice, 20, if not given. More of them tell dense eigenvalues apart
        in fewer products.

    Raises
    ------
    ValueError
        If a matrix is not square, or the matrix or the operator has entries that are not finite.

    Examples
    --------
    >>> round(fs.largest_eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]])), 10)
    3.0
    """
    if isinstance(matrix, np.ndarray):
        matrix = checked_matrix(matrix)
        if len(matrix) <= _DENSE_ORDER:
            last = [len(matrix) - 1, len(matrix) - 1]
            return float(scipy.linalg.eigh(matrix, eigvals_only=True, subset_by_index=last)[0])
    order = matrix.shape[0]
    # Any fixed vector will do that has a part along the leading eigenvector, as a Gaussian one has.
    rng = np.random.default_rng(0)
    start = rng.standard_normal(order).astype(matrix.dtype)
    image = matrix @ start
    if not np.isfinite(image).all():
        raise ValueError(_NOT_FINITE)
    if order == 1 or not image.any():  # neither of which ARPACK can treat
        return float(image[0] / start[0])
    values = scipy.sparse.linalg.eigsh(
        matrix,
        k=1,
        which="LA",
        v0=start,
        ncv=None if vectors is None else min(vectors, order),
        tol=_TOLERANCE[np.dtype(matrix.dtype)] if tolerance is None else tolerance,
        return_eigenvectors=False,
        rng=rng,
    )
    return float(values[0])


def checked_matrix(matrix: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """The matrix in float64.

    Raises
    ------
    ValueError
        If it is not square, is empty, or has entries that are not finite.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"symmetric matrix of shape {matrix.shape}: must be square and not empty")
    if not np.isfinite(matrix).all():
        raise ValueError(_NOT_FINITE)
    return matrix.astype(np.float64, copy=False)
