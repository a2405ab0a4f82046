"""What the jobs of Pennington, Worah 2018 take in memory and time, estimated before they start.

Memory follows from the arrays a job holds at once, times from the operations that dominate and the measured rates. The
time that a job needs to start is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fisher_spectra.pennington_worah.limits import ROWS_AT_A_TIME, SAMPLES_AT_A_TIME
from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    CUDA_HOST_MB,
    DOUBLE_RATE,
    FLOAT64,
    MB,
    NORMAL_SECONDS,
    SINGLE_RATE,
    STREAM_RATE,
    TORCH_BASE_MB,
    eigenvalues_seconds,
)

_RATES = {4: SINGLE_RATE, 8: DOUBLE_RATE}

# Measured as the rates that all papers share.
# All expectations of a pair of hidden units, the mean over all nonlinearities.
_DUAL_SECONDS = 2e-7
_ACTIVATION_SECONDS = 1e-8  # one value of an activation
_PRODUCT_SECONDS = 6e-5  # calls of numpy for a Lanczos step, however small the matrix
_MATRIX_PRODUCTS = 12  # multiplications and additions of a product with the Fisher matrix, in units of n^3
_SAMPLED_ROW_MB = 1.5e-4  # a row of a table before it is written
_SORT_SECONDS = 5e-7  # to sort one of many eigenvalues and compare it with the limit
_PREDICTION_SECONDS, _FEW = 0.02, 512  # a predicted distance, up to a width from which on it is found at finer places
_ROW_SECONDS = 4e-6  # to write one row of a table


def _base_mb(torch: bool, gpu: bool) -> int:
    """Memory of a job besides its arrays: with PyTorch, which is loaded to look for a GPU, with CUDA's libraries."""
    return (TORCH_BASE_MB if torch else BASE_MB) + (CUDA_HOST_MB if gpu else 0)


def dense_mb(width: int, *, torch: bool = False, gpu: bool = False) -> int:
    """Memory of all eigenvalues of the dense Fisher matrix of width n, in MB; with a GPU that of the host.

    The matrix has 2 n^2 rows; half of it is copied while it is built, and its eigenvalues overwrite it.
    """
    matrix = FLOAT64 * (2 * width**2) ** 2
    return round(_base_mb(torch, gpu) + 2.5 * matrix / MB)


def dense_seconds(width: int, networks: int) -> float:
    """Time of so many of them on the CPU, in seconds."""
    return networks * eigenvalues_seconds(2 * width**2)


def linear_mb(width: int, networks: int) -> int:
    """Memory of the eigenvalues of so many linear networks: 2 n^2 rows of a table for each, in MB."""
    return round(BASE_MB + _SAMPLED_ROW_MB * networks * 2 * width**2)


def linear_seconds(width: int, networks: int) -> float:
    """Time of all 2 n^2 eigenvalues of so many linear networks from the singular values of their weights, written."""
    return networks * (_ROW_SECONDS * 2 * width**2 + 4 * eigenvalues_seconds(width))


def matrix_free_mb(
    width: int, steps: int = 0, itemsize: int = FLOAT64, *, torch: bool = False, gpu: bool = False
) -> int:
    """Memory of the Fisher matrix of width n as an operator, with so many Lanczos vectors of 2 n^2 numbers, in MB."""
    operator = 22 * FLOAT64 * width**2  # its coefficients while they are computed
    vectors = (steps + 6) * 2 * width**2 * itemsize
    return round(_base_mb(torch, gpu) + (operator + vectors) / MB)


def moments_seconds(widths: Sequence[int], networks: int) -> float:
    """Time of the exact moments of so many networks of each width, in seconds."""
    pairs = sum(width**2 for width in widths)
    products = sum(6 * width**3 for width in widths) / DOUBLE_RATE
    return networks * ((_DUAL_SECONDS + 2 * NORMAL_SECONDS) * pairs + products)


def lanczos_seconds(width: int, networks: int, steps: int, probes: int, itemsize: int = FLOAT64) -> float:
    """Time of matrix-free spectra of so many networks on the CPU, in seconds."""
    product = _MATRIX_PRODUCTS * width**3 / _RATES[itemsize] + _PRODUCT_SECONDS
    # Both products of the reorthogonalisation read all vectors so far, and half of the time they are repeated.
    again = 1.5 * steps * 2 * width**2 * itemsize / STREAM_RATE
    return moments_seconds([width], networks) + networks * probes * steps * (product + again)


def distance_mb(width: int) -> int:
    """Memory of comparing all 2 n^2 eigenvalues of a linear network with the limit, in MB: ten copies of them."""
    return round(BASE_MB + 10 * FLOAT64 * 2 * width**2 / MB)


def distance_seconds(width: int, networks: int) -> float:
    """Time of that for so many networks: to sort them, and to find the place of each."""
    return networks * (_SORT_SECONDS * 2 * width**2 + 4 * eigenvalues_seconds(width))


def distances_predicted_seconds(widths: Sequence[int]) -> float:
    """Time of the distance to the limit that is predicted at each of these widths; finer, the wider."""
    return _PREDICTION_SECONDS * sum(math.pow(max(1.0, width / _FEW), 2 / 3) for width in widths)


def descent_mb(width: int, functions: int, *, torch: bool = False) -> int:
    """Memory of measuring the loss reduction for so many activations at once, in MB; smooth ones with PyTorch."""
    blocks = (3 * SAMPLES_AT_A_TIME + 12 * ROWS_AT_A_TIME) * width
    return round(_base_mb(torch, False) + FLOAT64 * (blocks + (22 + 15 * functions) * width**2) / MB)


def descent_seconds(width: int, samples: int, functions: int, networks: int) -> float:
    """Time of measuring the loss reduction: per activation seven products and six evaluations of all samples."""
    one = 14 * samples * width**2 / DOUBLE_RATE + 6 * samples * width * _ACTIVATION_SECONDS
    drawn = 4 * samples * width * NORMAL_SECONDS  # inputs and perturbations, twice each
    return networks * (drawn + functions * one)
