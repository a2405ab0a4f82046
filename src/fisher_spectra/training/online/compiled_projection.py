"""Products with a matrix that is known by what it makes of some directions: loops of `training.online.projected_cells`.

Vectors of a basis are rows, orthonormal; the rows of their images are what the matrix makes of them. Four rows are
taken at a time, so that the vectors beside them are read once for four.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.compiled import compiled_sums

Array = npt.NDArray[Any]


@compiled_sums
def length(x: Array) -> float:
    """|x|, its squares added in double precision; infinite or not a number where x is."""
    total = 0.0
    for i in range(x.size):
        total += np.float64(x[i]) * np.float64(x[i])
    return math.sqrt(total)


@compiled_sums
def exchange_components(basis: Array, rank: int, given: Array, y: Array, found: Array) -> None:
    """Give y other components along the basis, in place, and tell those it had; (M,), rank rows of (.., M).

    Components of four rows are taken from what the rows before have left: orthogonality counts among four rows alone.
    `given` and `found` may be the same array.
    """
    width = y.size
    nothing = y.dtype.type(0)
    for k in range(0, rank - 3, 4):
        row_0, row_1, row_2, row_3 = basis[k], basis[k + 1], basis[k + 2], basis[k + 3]
        sum_0, sum_1, sum_2, sum_3 = nothing, nothing, nothing, nothing
        for j in range(width):
            sum_0 += row_0[j] * y[j]
            sum_1 += row_1[j] * y[j]
            sum_2 += row_2[j] * y[j]
            sum_3 += row_3[j] * y[j]
        c_0, c_1, c_2, c_3 = given[k] - sum_0, given[k + 1] - sum_1, given[k + 2] - sum_2, given[k + 3] - sum_3
        for j in range(width):
            y[j] += (row_0[j] * c_0 + row_1[j] * c_1) + (row_2[j] * c_2 + row_3[j] * c_3)
        found[k], found[k + 1], found[k + 2], found[k + 3] = sum_0, sum_1, sum_2, sum_3
    for k in range(rank - rank % 4, rank):
        row_0, sum_0 = basis[k], nothing
        for j in range(width):
            sum_0 += row_0[j] * y[j]
        c_0 = given[k] - sum_0
        for j in range(width):
            y[j] += row_0[j] * c_0
        found[k] = sum_0


@compiled_sums
def combine(images: Array, rank: int, coefficients: Array, y: Array) -> None:
    """y = sum_k c_k images_k."""
    width = y.size
    y[:] = 0
    for k in range(0, rank - 3, 4):
        row_0, row_1, row_2, row_3 = images[k], images[k + 1], images[k + 2], images[k + 3]
        c_0, c_1, c_2, c_3 = coefficients[k], coefficients[k + 1], coefficients[k + 2], coefficients[k + 3]
        for j in range(width):
            y[j] += (row_0[j] * c_0 + row_1[j] * c_1) + (row_2[j] * c_2 + row_3[j] * c_3)
    for k in range(rank - rank % 4, rank):
        row_0, c_0 = images[k], coefficients[k]
        for j in range(width):
            y[j] += row_0[j] * c_0


@compiled_sums
def change(images: Array, rank: int, coefficients: Array, change_of_y: Array, delta: Array, overlaps: Array) -> None:
    """The overlaps images_k . delta, and then images_k <- images_k - c_k change_of_y."""
    width = delta.size
    nothing = delta.dtype.type(0)
    for k in range(0, rank - 3, 4):
        row_0, row_1, row_2, row_3 = images[k], images[k + 1], images[k + 2], images[k + 3]
        c_0, c_1, c_2, c_3 = coefficients[k], coefficients[k + 1], coefficients[k + 2], coefficients[k + 3]
        sum_0, sum_1, sum_2, sum_3 = nothing, nothing, nothing, nothing
        for j in range(width):
            d_j, a_j = delta[j], change_of_y[j]
            i_0, i_1, i_2, i_3 = row_0[j], row_1[j], row_2[j], row_3[j]
            sum_0 += i_0 * d_j
            sum_1 += i_1 * d_j
            sum_2 += i_2 * d_j
            sum_3 += i_3 * d_j
            row_0[j] = i_0 - c_0 * a_j
            row_1[j] = i_1 - c_1 * a_j
            row_2[j] = i_2 - c_2 * a_j
            row_3[j] = i_3 - c_3 * a_j
        overlaps[k], overlaps[k + 1], overlaps[k + 2], overlaps[k + 3] = sum_0, sum_1, sum_2, sum_3
    for k in range(rank - rank % 4, rank):
        row_0, c_0, sum_0 = images[k], coefficients[k], nothing
        for j in range(width):
            i_0 = row_0[j]
            sum_0 += i_0 * delta[j]
            row_0[j] = i_0 - c_0 * change_of_y[j]
        overlaps[k] = sum_0


@compiled_sums
def products(matrix: Array, vectors: Array, found: Array) -> None:
    """found_n = matrix vectors_n for all n, the matrix read once; (M, M), (n, M), (n, M)."""
    rows, columns = matrix.shape
    nothing = matrix.dtype.type(0)
    for i in range(0, rows - 3, 4):
        row_0, row_1, row_2, row_3 = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
        for n in range(vectors.shape[0]):
            x = vectors[n]
            sum_0, sum_1, sum_2, sum_3 = nothing, nothing, nothing, nothing
            for j in range(columns):
                sum_0 += row_0[j] * x[j]
                sum_1 += row_1[j] * x[j]
                sum_2 += row_2[j] * x[j]
                sum_3 += row_3[j] * x[j]
            found[n, i], found[n, i + 1], found[n, i + 2], found[n, i + 3] = sum_0, sum_1, sum_2, sum_3
    for i in range(rows - rows % 4, rows):
        row_0 = matrix[i]
        for n in range(vectors.shape[0]):
            x, sum_0 = vectors[n], nothing
            for j in range(columns):
                sum_0 += row_0[j] * x[j]
            found[n, i] = sum_0


@compiled_sums
def transposed_products(matrix: Array, vectors: Array, found: Array) -> None:
    """found_n = matrix^T vectors_n for all n, the matrix read once, eight rows at a time; (M, M), (n, M), (n, M)."""
    rows, columns = matrix.shape
    found[:] = 0
    for i in range(0, rows - 7, 8):
        row_0, row_1, row_2, row_3 = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
        row_4, row_5, row_6, row_7 = matrix[i + 4], matrix[i + 5], matrix[i + 6], matrix[i + 7]
        for n in range(vectors.shape[0]):
            x, y = vectors[n], found[n]
            x_0, x_1, x_2, x_3 = x[i], x[i + 1], x[i + 2], x[i + 3]
            x_4, x_5, x_6, x_7 = x[i + 4], x[i + 5], x[i + 6], x[i + 7]
            for j in range(columns):
                lower = (row_0[j] * x_0 + row_1[j] * x_1) + (row_2[j] * x_2 + row_3[j] * x_3)
                upper = (row_4[j] * x_4 + row_5[j] * x_5) + (row_6[j] * x_6 + row_7[j] * x_7)
                y[j] += lower + upper
    for i in range(rows - rows % 8, rows):
        row_0 = matrix[i]
        for n in range(vectors.shape[0]):
            x_0, y = vectors[n, i], found[n]
            for j in range(columns):
                y[j] += row_0[j] * x_0
