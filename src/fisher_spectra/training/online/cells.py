"""Weights of many networks that start from the same ones and are moved by one sample at a time.

A cell is a network with a learning rate of its own. One step of online gradient descent adds a matrix of rank one to
each weight matrix, W <- W - a d^T with d the layer's input and a = eta / M times its error. One sample a step means
matrix-vector products, which memory traffic bounds. Per cell and layer, the obvious loop reads M^2 numbers three times
a step and writes them once. Ways to do with less, as `benchmarks/online_training.py` measures:

- `DenseCells`: a matrix for each cell, all cells in one kernel call. For small matrices on a GPU, where calls cost more
  than memory.
- `DeferredCells`: the same, with updates applied some at a time, so that the matrices are read twice a step and hardly
  written. For many large matrices on a GPU.
- `training.online.compiled_cell`, on the CPU: cell by cell, each row of a matrix read and changed at once.
- `training.online.projected_cells`, on the CPU: initial matrices that all cells share, and for each cell what its
  matrices make of the inputs that they have seen. For large matrices and few samples.

On the CPU the bits of `DenseCells` do not depend on the other cells: products of one row, for which BLAS takes another
path than for more, are avoided (rows are added). With activations other than piecewise linear ones this needs a width
that is a multiple of 16, since vectorised functions treat the last elements of an array in another way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.training.limits import UPDATES_AT_A_TIME


def padded(cells: Sequence[int], rows: int) -> list[int]:
    """The cells, repeated if there are fewer than rows: what the rows that `Cells` works on belong to."""
    return [cells[row % len(cells)] for row in range(max(rows, len(cells)))]


class Cells(ABC):
    """n networks of L layers without biases, weights (M_l, M_{l-1}) in layer l = 0 .. L-1 here."""

    def __init__(self, count: int, depth: int) -> None:
        self.count = count
        self.depth = depth

    @property
    def rows(self) -> int:
        """Rows of all arguments: the cells, repeated where there are too few for a product."""
        return max(self.count, 2)

    @abstractmethod
    def forward(self, layer: int, x: Tensor) -> Tensor:
        """W x for each cell; (rows, M_{l-1}) to (rows, M_l)."""

    @abstractmethod
    def descend(self, layer: int, delta: Tensor, rates: Tensor, x: Tensor) -> Tensor | None:
        """W <- W - rate delta x^T for each cell, and W^T delta of before: (rows, M_l) to (rows, M_{l-1}).

        The rates are a column (rows, 1), and x is what `forward` was last given. The lowest layer gives nothing: there
        is no error below it.
        """

    @abstractmethod
    def end_step(self) -> None:
        """To be called when all layers have descended."""

    @abstractmethod
    def keep(self, kept: Sequence[int]) -> None:
        """Drop all cells but those at the positions `kept` (rising)."""

    @abstractmethod
    def weight(self, layer: int, cell: int) -> Tensor:
        """Current W of one cell, (M_l, M_{l-1}); not to be changed."""


class DenseCells(Cells):
    """One matrix for each cell and layer; see the text of the module."""

    def __init__(self, weights: Sequence[Tensor], count: int) -> None:
        super().__init__(count, len(weights))
        self._weights = [weight.repeat(self.rows, 1, 1) for weight in weights]

    def forward(self, layer: int, x: Tensor) -> Tensor:
        return torch.bmm(self._weights[layer], x.unsqueeze(2)).squeeze(2)

    def descend(self, layer: int, delta: Tensor, rates: Tensor, x: Tensor) -> Tensor | None:
        below = torch.bmm(delta.unsqueeze(1), self._weights[layer]).squeeze(1) if layer else None
        self._weights[layer].baddbmm_((delta * rates).unsqueeze(2), x.unsqueeze(1), alpha=-1)
        return below

    def end_step(self) -> None:
        pass

    def keep(self, kept: Sequence[int]) -> None:
        self.count = len(kept)
        for layer, weight in enumerate(self._weights):
            for new, old in enumerate(kept):
                if new != old:
                    weight[new].copy_(weight[old])
            self._weights[layer] = weight[: self.rows]

    def weight(self, layer: int, cell: int) -> Tensor:
        return self._weights[layer][cell]


class DeferredCells(Cells):
    """One matrix for each cell and layer, to which updates are applied some at a time; see the text of the module.

    Parameters
    ----------
    weights
        Initial W of each layer.
    count
        Number of cells; on the CPU, the bits of a cell may depend on it.
    """

    def __init__(self, weights: Sequence[Tensor], count: int) -> None:
        super().__init__(count, len(weights))
        self._weights = [weight.repeat(self.rows, 1, 1) for weight in weights]
        self._stored = 0
        # The vectors a and d of the steps that are not applied yet, as rows of one matrix for each cell.
        self._changes, self._inputs = (
            [weight.new_empty(self.rows, UPDATES_AT_A_TIME, weight.shape[side]) for weight in weights]
            for side in (0, 1)
        )

    @property
    def rows(self) -> int:
        return self.count

    def forward(self, layer: int, x: Tensor) -> Tensor:
        return self._corrected(x, self._weights[layer], self._inputs[layer], self._changes[layer])

    def _corrected(self, x: Tensor, matrices: Tensor, right: Tensor, left: Tensor) -> Tensor:
        """matrix x - left^T (right x) for each cell."""
        column, stored = x.unsqueeze(2), self._stored
        result = torch.bmm(matrices, column)
        if stored:
            result.baddbmm_(left[:, :stored].mT, torch.bmm(right[:, :stored], column), alpha=-1)
        return result.squeeze(2)

    def descend(self, layer: int, delta: Tensor, rates: Tensor, x: Tensor) -> Tensor | None:
        changes, inputs = self._changes[layer], self._inputs[layer]
        below = self._corrected(delta, self._weights[layer].mT, changes, inputs) if layer else None
        changes[:, self._stored].copy_(delta * rates)
        inputs[:, self._stored].copy_(x)
        return below

    def end_step(self) -> None:
        self._stored += 1
        if self._stored == UPDATES_AT_A_TIME:
            self._apply()

    def _apply(self) -> None:
        if self._stored:
            for weight, changes, inputs in zip(self._weights, self._changes, self._inputs, strict=True):
                weight.baddbmm_(changes[:, : self._stored].mT, inputs[:, : self._stored], alpha=-1)
            self._stored = 0

    def keep(self, kept: Sequence[int]) -> None:
        self.count = len(kept)
        for tensors in (self._weights, self._changes, self._inputs):
            for layer, tensor in enumerate(tensors):
                for new, old in enumerate(kept):
                    if new != old:
                        tensor[new].copy_(tensor[old])
                tensors[layer] = tensor[: self.count]

    def weight(self, layer: int, cell: int) -> Tensor:
        self._apply()
        return self._weights[layer][cell]


@dataclass(frozen=True)
class CellsPass:
    """What one sample leaves behind in n networks: a row for each, repeated where there are too few."""

    inputs: list[Tensor]  # of each layer, (rows, M)
    slopes: list[Tensor]  # phi' of each hidden layer, (rows, M)
    error: Tensor  # f - y, (rows, M)

    def of(self, kept: Sequence[int], rows: int) -> CellsPass:
        """Of the cells at the positions `kept` alone."""
        chosen = padded(kept, rows)
        return CellsPass([x[chosen] for x in self.inputs], [s[chosen] for s in self.slopes], self.error[chosen])


def forward_cells(cells: Cells, activation: Activation, x: Tensor, y: Tensor) -> CellsPass:
    """Forward pass of one input x (M,) with the target y (M,)."""
    h = x.expand(cells.rows, -1)
    inputs, slopes = [h], []
    for layer in range(cells.depth - 1):
        h, slope = activation.value_and_derivative(cells.forward(layer, h))
        inputs.append(h)
        slopes.append(slope)
    return CellsPass(inputs, slopes, cells.forward(cells.depth - 1, h) - y)


def descend_cells(cells: Cells, passed: CellsPass, rates: Tensor) -> None:
    """One step down ||f - y||^2 / 2, with a rate for each row as a column (rows, 1)."""
    delta = passed.error
    for layer in range(cells.depth - 1, -1, -1):
        # With the weights of the forward pass: all layers move together.
        below = cells.descend(layer, delta, rates, passed.inputs[layer])
        if below is not None:
            delta = below * passed.slopes[layer - 1]
    cells.end_step()
