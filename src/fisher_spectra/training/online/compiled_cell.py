"""One cell of online training on the CPU: all its steps in one compiled loop.

A step is two matrix-vector products and a change of rank one in each layer, so memory traffic bounds it. The way down
reads each row of a matrix once: while it is at hand it adds to W^T delta and is changed. A cell is alone, so the
matrices of one cell stay in the cache if they are few, and its bits depend on nothing else.

In the cache four rows at a time are fastest, as the vectors are read once for them. From memory one row after another
is, which reads a matrix in order, so that what comes next is fetched ahead: 208 us a layer and step in place of 352 at
M = 784 and L = 50. Only on the way down of long rows, which end seldom, four at once fetch more at a time (3.3 ms in
place of 4.4 at M = 3072).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.compiled import activate
from fisher_spectra.activations.compiled_codes import Coded
from fisher_spectra.common.compiled import compiled, compiled_sums
from fisher_spectra.training.limits import CACHED_BYTES

Array = npt.NDArray[Any]

# A row as long as a page of memory or longer: prefetching ends at pages, and few rows do.
_PAGE = 4096
# Numbers of weights that the loop reads between two reports of progress: a second or so.
_READ_AT_A_TIME = 10**9


class Samples(NamedTuple):
    """What the steps see."""

    inputs: Array  # x(n), (N, M)
    targets: Array  # y(n), (N, M)
    order: npt.NDArray[np.int64]  # sample of each step


class _Units(NamedTuple):
    """What one sample leaves behind, and the errors of two layers."""

    inputs: Array  # of each layer, (L, M)
    slopes: Array  # phi' of each hidden layer, (L - 1, M)
    outputs: Array  # (M,)
    above: Array  # (M,)
    below: Array  # (M,)


class _Way(NamedTuple):
    """How a matrix is gone through: row by row, or four rows at a time."""

    up_by_row: bool
    down_by_row: bool


class _Descent(NamedTuple):
    """What all steps of a cell have in common."""

    rate: Any  # eta / M, in the precision of the weights
    give_up_loss: float
    way: _Way


def _way_through(depth: int, width: int, itemsize: int) -> _Way:
    from_memory = depth * width**2 * itemsize > CACHED_BYTES
    return _Way(up_by_row=from_memory, down_by_row=from_memory and width * itemsize < _PAGE)


def train_cell(
    weights: Array,
    samples: Samples,
    activation: Coded,
    learning_rate: float,
    give_up_loss: float,
    advance: Callable[[int], None],
) -> int:
    """Train one network in place; the number of steps done, fewer than asked for if it was given up.

    Parameters
    ----------
    weights
        W_1 .. W_L, (L, M, M).
    samples, activation
        In the precision of the weights.
    learning_rate, give_up_loss
        eta; ||f - y||^2 / (2 M) of a sample above which the cell is given up.
    advance
        Told of steps that are done.
    """
    depth, width, _ = weights.shape
    units = _Units(
        *(np.empty((count, width), weights.dtype) for count in (depth, depth - 1)),
        *(np.empty(width, weights.dtype) for _ in range(3)),
    )
    rate = weights.dtype.type(learning_rate / width)
    descent = _Descent(rate, give_up_loss, _way_through(depth, width, weights.itemsize))
    steps = len(samples.order)
    together = max(1, _READ_AT_A_TIME // weights.size)
    for first in range(0, steps, together):
        last = min(first + together, steps)
        done = _train(weights, samples, activation, units, descent, first, last)
        if done > first:
            advance(done - first)
        if done < last:
            return done
    return steps


@compiled
def _train(
    weights: Array,
    samples: Samples,
    activation: Coded,
    units: _Units,
    descent: _Descent,
    first: int,
    last: int,
) -> int:
    """Steps from the first to before the last; the number of the step before which the cell was given up, or last."""
    depth, width = units.inputs.shape
    rate, way = descent.rate, descent.way
    no_shift = np.zeros((1, width), weights.dtype)
    for step in range(first, last):
        sample = samples.order[step]
        units.inputs[0] = samples.inputs[sample]
        for layer in range(depth - 1):
            _ascend(weights[layer], units.inputs[layer], units.inputs[layer + 1], way.up_by_row)
            slopes = units.slopes[layer : layer + 1]
            activate(units.inputs[layer + 1 : layer + 2], no_shift, slopes, activation.kind, activation.table)
        _ascend(weights[depth - 1], units.inputs[depth - 1], units.outputs, way.up_by_row)
        if not _half_square(units.outputs, samples.targets[sample], units.above) / width <= descent.give_up_loss:
            return step
        above, below = units.above, units.below
        for layer in range(depth - 1, -1, -1):
            if way.down_by_row:
                _descend_by_row(weights[layer], above, units.inputs[layer], rate, below)
            else:
                _descend(weights[layer], above, units.inputs[layer], rate, below)
            if layer:
                for i in range(width):
                    below[i] *= units.slopes[layer - 1, i]
            above, below = below, above
    return last


@compiled
def _ascend(weight: Array, x: Array, y: Array, by_row: bool) -> None:
    """y = W x."""
    if by_row:
        _product_by_row(weight, x, y)
    else:
        _product(weight, x, y)


@compiled_sums
def _product_by_row(weight: Array, x: Array, y: Array) -> None:
    """y = W x, one row after another."""
    rows, columns = weight.shape
    for i in range(rows):
        row, total = weight[i], weight.dtype.type(0)
        for j in range(columns):
            total += row[j] * x[j]
        y[i] = total


@compiled_sums
def _product(weight: Array, x: Array, y: Array) -> None:
    """y = W x, four rows at a time: x is read once for them."""
    rows, columns = weight.shape
    nothing = weight.dtype.type(0)
    for i in range(0, rows - 3, 4):
        row_0, row_1, row_2, row_3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        sum_0, sum_1, sum_2, sum_3 = nothing, nothing, nothing, nothing
        for j in range(columns):
            sum_0 += row_0[j] * x[j]
            sum_1 += row_1[j] * x[j]
            sum_2 += row_2[j] * x[j]
            sum_3 += row_3[j] * x[j]
        y[i], y[i + 1], y[i + 2], y[i + 3] = sum_0, sum_1, sum_2, sum_3
    for i in range(rows - rows % 4, rows):
        row_0, sum_0 = weight[i], nothing
        for j in range(columns):
            sum_0 += row_0[j] * x[j]
        y[i] = sum_0


@compiled
def _descend(weight: Array, delta: Array, x: Array, rate: Any, below: Array) -> None:
    """below = W^T delta, and then W <- W - rate delta x^T, four rows at a time.

    With another bound of the first loop, if equal to this one, the compiler does not vectorise the inner one.
    """
    rows, columns = weight.shape
    below[:] = 0
    for i in range(0, rows - 3, 4):
        row_0, row_1, row_2, row_3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        d_0, d_1, d_2, d_3 = delta[i], delta[i + 1], delta[i + 2], delta[i + 3]
        a_0, a_1, a_2, a_3 = rate * d_0, rate * d_1, rate * d_2, rate * d_3
        for j in range(columns):
            w_0 = row_0[j]
            w_1 = row_1[j]
            w_2 = row_2[j]
            w_3 = row_3[j]
            x_j = x[j]
            below[j] += (w_0 * d_0 + w_1 * d_1) + (w_2 * d_2 + w_3 * d_3)
            row_0[j] = w_0 - a_0 * x_j
            row_1[j] = w_1 - a_1 * x_j
            row_2[j] = w_2 - a_2 * x_j
            row_3[j] = w_3 - a_3 * x_j
    for i in range(rows - rows % 4, rows):
        row_0, d_0, a_0 = weight[i], delta[i], rate * delta[i]
        for j in range(columns):
            below[j] += row_0[j] * d_0
            row_0[j] -= a_0 * x[j]


@compiled
def _descend_by_row(weight: Array, delta: Array, x: Array, rate: Any, below: Array) -> None:
    """below = W^T delta, and then W <- W - rate delta x^T, one row after another."""
    rows, columns = weight.shape
    below[:] = 0
    for i in range(rows):
        row, d = weight[i], delta[i]
        a = rate * d
        for j in range(columns):
            w = row[j]
            below[j] += w * d
            row[j] = w - a * x[j]


@compiled_sums
def _half_square(outputs: Array, target: Array, error: Array) -> float:
    """||f - y||^2 / 2 in double precision; f - y is put into `error`."""
    total = 0.0
    for i in range(outputs.size):
        difference = outputs[i] - target[i]
        error[i] = difference
        total += np.float64(difference) * np.float64(difference)
    return 0.5 * total
