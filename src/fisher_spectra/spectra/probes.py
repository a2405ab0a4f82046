"""What estimates from random probe vectors share: products and inner products, and their mean and standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MatVec = Callable[[Any], Any]  # product of a symmetric matrix with a vector, numpy array or torch tensor
Convert = Callable[[Array], Any]  # turns a float64 numpy vector into what a MatVec takes


def inner_product(one: Any, other: Any) -> float:
    """Sum of the products of two vectors, in double precision whatever theirs is.

    BLAS adds the products of long vectors in a handful of running sums. In single precision these are rounded at each
    addition, and where all products have one sign the roundings add up: the squared norm of 2^21 numbers comes out too
    small by 7e-6 (OpenBLAS with AVX2) to 2e-5 (OpenBLAS with SSE, MKL), and Ritz values built on such norms are off by
    an amount that does not shrink with the eigenvalue.

    Parameters
    ----------
    one, other
        Numpy arrays or torch tensors of one dtype on one device, shape (P,). Unless they are in double precision, one
        copy of each is made.
    """
    first = _in_double(one)
    return float(first @ (first if other is one else _in_double(other)))


def _in_double(vector: Any) -> Any:
    return vector.astype(np.float64, copy=False) if isinstance(vector, np.ndarray) else vector.double()


def mean_over_probes(rows: Array) -> tuple[Any, Any]:
    """Mean over the first axis, one entry for each probe, and its standard error (0 for one probe)."""
    mean = np.mean(rows, axis=0)
    if rows.shape[0] == 1:
        return mean, np.zeros_like(mean)
    return mean, np.std(rows, axis=0, ddof=1) / np.sqrt(rows.shape[0])
