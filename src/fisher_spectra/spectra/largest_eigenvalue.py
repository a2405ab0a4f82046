"""Largest eigenvalue of a symmetric matrix, or of an operator of which only products with vectors are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_integer, check_positive, real_array
from fisher_spectra.spectra.lanczos import Tridiagonal, lanczos

# Below this order LAPACK finds the largest eigenvalue faster than Lanczos does.
_DENSE_ORDER = 128
# Residual of the Lanczos method over the largest eigenvalue, an upper bound on the relative error of the
# eigenvalue; in float32 the rounding of the matrix-vector product sets the limit.
_TOLERANCE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-5}
# Lanczos vectors kept where ARPACK gives up; its own choice are 20.
_STEPS_WITHOUT_RESTARTS = 200
_NOT_FINITE = "symmetric matrix: has entries that are not finite (an activation, slope or input overflowed)"


def largest_eigenvalue(matrix: Any, tolerance: float | None = None, vectors: int | None = None) -> float:
    """Largest eigenvalue, reproducible to the last bit.

    LAPACK for small matrices, else Lanczos iterations from a fixed starting vector.

    Parameters
    ----------
    matrix
        Symmetric matrix, sparse matrix, or `scipy.sparse.linalg.LinearOperator`, of order n >= 1. Where the largest
        eigenvalue is not the largest in absolute value, Lanczos needs more iterations. Matrices are treated in float64
        whatever their dtype, operators in float64 unless it is float32.
    tolerance
        Residual over the eigenvalue at which Lanczos ends, an upper bound on its relative error; 1e-10 if not given,
        1e-5 for float32 operators.
    vectors
        Lanczos vectors kept, ncv of ARPACK; its own choice, 20, if not given. More of them tell dense eigenvalues apart
        in fewer products.

    Raises
    ------
    ValueError
        If it is not square, has entries that are not finite, or Lanczos does not converge.
    TypeError
        If it is not real.

    Examples
    --------
    >>> round(fs.largest_eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]])), 10)
    3.0
    """
    if tolerance is not None:
        tolerance = check_positive("tolerance", tolerance)
    if vectors is not None:
        vectors = check_integer("vectors", vectors, 2)
    if not isinstance(matrix, scipy.sparse.linalg.LinearOperator) and not scipy.sparse.issparse(matrix):
        matrix = checked_matrix(matrix)
        if len(matrix) <= _DENSE_ORDER:
            last = [len(matrix) - 1, len(matrix) - 1]
            return float(scipy.linalg.eigh(matrix, eigvals_only=True, subset_by_index=last)[0])
    matrix = _floating_operator(matrix)
    order = matrix.shape[0]
    rng = np.random.default_rng(0)
    start = _start(rng, order, matrix.dtype)
    image = matrix @ start
    if not np.isfinite(image).all():
        raise ValueError(_NOT_FINITE)
    if order == 1 or not image.any():  # neither of which ARPACK can treat
        return float(image[0] / start[0])
    tolerance = _TOLERANCE[np.dtype(matrix.dtype)] if tolerance is None else tolerance
    try:
        values = scipy.sparse.linalg.eigsh(
            matrix,
            k=1,
            which="LA",
            v0=start,
            ncv=None if vectors is None else min(vectors, order),
            tol=tolerance,
            return_eigenvectors=False,
            rng=rng,
        )
    except scipy.sparse.linalg.ArpackError as error:
        return _without_restarts(matrix, start, tolerance, str(error))
    return float(values[0])


def _floating_operator(matrix: Any) -> Any:
    """The operator in float64, or in float32 if that is its type, as it is with all other types that ARPACK lacks."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.shape[0]:
        raise ValueError(f"symmetric matrix of shape {matrix.shape}: must be square and not empty")
    dtype = np.dtype(matrix.dtype)
    if dtype in _TOLERANCE:
        return matrix
    if dtype.kind not in "biuf":
        raise TypeError(f"symmetric matrix of dtype {dtype}: must be real")

    def product(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(matrix @ vector, dtype=np.float64)

    return scipy.sparse.linalg.LinearOperator(shape=matrix.shape, matvec=product, dtype=np.float64)


def largest_eigenvalue_without_restarts(operator: Any, tolerance: float) -> float:
    """Largest eigenvalue by Lanczos iterations that keep all vectors and end at the first step that is close enough.

    At a loose tolerance they take half as many products as `largest_eigenvalue`, whose restarts come after 20: 11 in
    place of 22 at 1e-4 for networks that are being trained. From the same fixed starting vector.

    Parameters
    ----------
    operator
        Symmetric matrix or `scipy.sparse.linalg.LinearOperator`, whose largest eigenvalue is positive.
    tolerance
        Residual over the eigenvalue, as in `largest_eigenvalue`.

    Raises
    ------
    ValueError
        If it is not square, a product is not finite, or 200 steps do not suffice.
    TypeError
        If it is not real.
    """
    operator = _floating_operator(operator)
    start = _start(np.random.default_rng(0), operator.shape[0], operator.dtype)
    return _without_restarts(operator, start, tolerance, f"residual above {tolerance:g}")


def _start(rng: np.random.Generator, order: int, dtype: npt.DTypeLike) -> npt.NDArray[np.floating[Any]]:
    """Any fixed vector will do that has a part along the leading eigenvector, as a Gaussian one has."""
    start: npt.NDArray[np.floating[Any]] = rng.standard_normal(order).astype(dtype)
    return start


def _without_restarts(matrix: Any, start: npt.NDArray[np.floating[Any]], tolerance: float, reason: str) -> float:
    """Largest Ritz value of Lanczos iterations that keep all vectors, also for what ARPACK gives up.

    It does where the start vector soon lies in an invariant subspace up to rounding, as with a multiple of the identity
    in single precision, for which few steps are enough.
    """

    def is_close(found: Tridiagonal) -> bool:
        values, vectors = scipy.linalg.eigh_tridiagonal(found.diagonal, found.off_diagonal)
        residual = abs(found.remainder * vectors[-1, -1])
        return bool(residual <= tolerance * max(abs(values[-1]), abs(values[0])))

    steps = min(_STEPS_WITHOUT_RESTARTS, len(start))
    result = lanczos(lambda vector: (matrix @ vector).astype(start.dtype), start, steps, is_close)
    if not is_close(result):
        raise ValueError(f"largest eigenvalue of a matrix of order {len(start)}: Lanczos does not converge ({reason})")
    return float(scipy.linalg.eigh_tridiagonal(result.diagonal, result.off_diagonal, eigvals_only=True)[-1])


def checked_matrix(matrix: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The matrix in float64.

    Raises
    ------
    ValueError
        If it is not square, is empty, or has entries that are not finite.
    """
    array: npt.NDArray[np.float64] = real_array("symmetric matrix", matrix)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise ValueError(f"symmetric matrix of shape {array.shape}: must be square and not empty")
    if not np.isfinite(array).all():
        raise ValueError(_NOT_FINITE)
    return array
