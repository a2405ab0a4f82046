"""What networks that are trained side by side have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation

Array = npt.NDArray[np.floating[Any]]

# Parameter matrices start at multiples of this many elements (64 bytes of float32): kernels may take another path,
# and round differently, where memory is not aligned.
_ALIGNMENT = 16


@dataclass(frozen=True)
class NetworkShape:
    """What the cells of a batch have in common.

    In the usual form the first layer is u^1 = W^1 x + b^1. If all steps see the same T inputs X (T, M_0), the first
    layer never leaves their span: with the errors delta^1 (T, M_1) of a step its gradients are (delta^1)^T X and
    (delta^1)^T 1, so W^1 = W^1_0 + A^T X and b^1 = b^1_0 + A^T 1 with one matrix A (T, M_1), which gradient descent
    with momentum moves as if delta^1 were its gradient, and

        u^1 = (X W^1_0^T + b^1_0) + (X X^T + 1) A.

    This is the form `in_span`. It costs T^2 M_1 multiplications a step instead of 2 T M_0 M_1.
    """

    widths: tuple[int, ...]  # (M_0, M_1, .., M_{L-1}, C)
    activation: Activation
    batch: int  # most samples of a step
    momentum: float  # mu
    in_span: bool = False

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.widths) - 1

    @property
    def matrices(self) -> tuple[tuple[int, int], ...]:
        """Shapes of the parameter matrices: W^1, b^1 as (1, M_1), W^2, b^2 ..; in the span A stands for W^1, b^1."""
        shapes = []
        for columns, rows in zip(self.widths[:-1], self.widths[1:], strict=True):
            shapes.extend([(rows, columns), (1, rows)])
        return ((self.batch, self.widths[1]), *shapes[2:]) if self.in_span else tuple(shapes)

    @property
    def padded_size(self) -> int:
        """Number of elements of all parameter matrices, each padded to the alignment."""
        return sum(padded_size(rows * columns) for rows, columns in self.matrices)

    def bytes_per_cell(self, itemsize: int) -> int:
        """Memory of one cell, whose numbers take `itemsize` bytes each.

        Parameters, velocities, buffers of both passes, samples and temporary arrays.
        """
        # u, phi(u), phi'(u) and delta of each hidden unit, one temporary array, error, its square and targets.
        units = 4 * sum(self.widths[1:-1]) + max(self.widths[1:]) + 3 * self.widths[-1]
        # Inputs, or their kernel and the offset.
        given = self.batch + self.widths[1] if self.in_span else self.widths[0]
        return itemsize * (2 * self.padded_size + self.batch * (units + given))


def padded_size(size: int) -> int:
    """So many elements and those up to the next multiple of the alignment."""
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def in_span(inputs: Array, weight: Array, bias: Array) -> tuple[Array, Array]:
    """What u^1 is made of in the form `in_span`: the kernel X X^T + 1, (T, T), and X W^1_0^T + b^1_0, (T, M_1)."""
    return inputs @ inputs.T + 1.0, inputs @ weight.T + bias


def out_of_span(moved: Array, inputs: Array, weight: Array, bias: Array) -> tuple[Array, Array]:
    """W^1 = W^1_0 + A^T X and b^1 = b^1_0 + A^T 1 from A, (T, M_1), and the start."""
    return weight + moved.T @ inputs, bias + moved.sum(axis=0)
