"""The samples that the steps of one cell take, as plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Bytes at whose multiples arrays begin, as tensors do: kernels may round differently where memory is not aligned.
_ALIGNMENT = 64


class Schedule(NamedTuple):
    """Samples of a trial; all of them at each step, or in mini-batches."""

    inputs: Array  # x (N, M_0); with the first layer in the span of the inputs their kernel X X^T + 1, (T, T)
    targets: Array  # y (N, C)
    offset: Array  # X W^1_0^T + b^1_0, (T, M_1), with the first layer in the span of the inputs, else empty
    # samples of each epoch in the order of their batches, (epochs, N); empty: all at once
    order: npt.NDArray[np.int64] = np.empty((0, 0), np.int64)
    steps_per_epoch: int = 1


def aligned(values: npt.NDArray[Any], dtype: npt.DTypeLike) -> Array:
    """A copy in this precision that begins at a multiple of 64 bytes."""
    size = values.size * np.dtype(dtype).itemsize
    memory = np.empty(size + _ALIGNMENT, dtype=np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    copy: Array = memory[first : first + size].view(dtype).reshape(values.shape)
    copy[...] = values
    return copy
