"""Weights of many wide networks that see few samples: what their matrices make of the inputs that they have seen.

Steps of online gradient descent leave W as it began but for W <- W - a x^T, so W differs from the initial W_0 on the
span of the inputs x of its layer alone. With few samples, seen again and again, these have few directions: at M = 3072,
500 in the first epoch and 40 more in each later one. Let B be an orthonormal basis of theirs, (r, M) with directions as
rows, and A what W makes of them, (r, M) with images as rows. With c = B x, x = B^T c up to what `_DROPPED` allows,

    W x = A^T c,    W^T delta = W_0^T delta + B^T (A delta - B W_0^T delta),    A <- A - c a^T.

A step reads B and A twice each and writes A once, 5 r M numbers, where W itself takes 3 M^2; and W_0^T delta is one
product for all cells, which share W_0. A direction that is new is added to the basis, and W_0 times it to the images.

What is dropped. Of an x that the basis has but for a part e of |e| <= `_DROPPED` |x|, e is left away, in W x and in the
change of W. So W is wrong by at most eta / M times the sum of |delta| |e| over all steps, in the spectral norm: a share
`_DROPPED` of what the same sum is for the whole steps. That is what rounding takes from x in hundreds of products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.training.online.cells import Cells
from fisher_spectra.training.online.compiled_projection import (
    change,
    combine,
    exchange_components,
    length,
    products,
    transposed_products,
)

Array = npt.NDArray[Any]

_DROPPED = 100  # in units of the precision: 1e-5 in single precision
_GROWTH = 64  # rows by which the room for directions grows


class ProjectedCells(Cells):
    """Shared initial matrices, and for each cell bases and images; see the text of the module.

    The bits of a cell do not depend on the other cells.

    Parameters
    ----------
    weights
        Initial W of each layer, square, on the CPU.
    count
        Number of cells.
    """

    def __init__(self, weights: Sequence[Tensor], count: int) -> None:
        super().__init__(count, len(weights))
        self._initial = [_in_rows(weight) for weight in weights]
        self._spans = [[_Span(matrix) for _ in range(count)] for matrix in self._initial]

    @property
    def rows(self) -> int:
        return self.count

    def ranks(self, layer: int) -> list[int]:
        """How many directions each cell knows in a layer."""
        return [span.rank for span in self._spans[layer]]

    def forward(self, layer: int, x: Tensor) -> Tensor:
        spans, inputs = self._spans[layer], _in_rows(x)
        directions = [span.look_at(one) for span, one in zip(spans, inputs, strict=True)]
        new = [number for number, direction in enumerate(directions) if direction is not None]
        if new:
            added = np.stack([direction for direction in directions if direction is not None])
            images = np.empty(added.shape, added.dtype)
            products(self._initial[layer], added, images)
            for number, direction, image in zip(new, added, images, strict=True):
                spans[number].add(direction, image)
        found = np.empty(inputs.shape, inputs.dtype)
        for span, one in zip(spans, found, strict=True):
            span.product(one)
        return torch.from_numpy(found)

    def descend(self, layer: int, delta: Tensor, rates: Tensor, x: Tensor) -> Tensor | None:
        errors, changes = _in_rows(delta), _in_rows(delta * rates)
        spans = self._spans[layer]
        for span, error, moved in zip(spans, errors, changes, strict=True):
            span.move(error, moved)
        if not layer:
            return None
        below = np.empty(errors.shape, errors.dtype)
        transposed_products(self._initial[layer], errors, below)
        for span, one in zip(spans, below, strict=True):
            span.complete(one)
        return torch.from_numpy(below)

    def end_step(self) -> None:
        pass

    def keep(self, kept: Sequence[int]) -> None:
        self.count = len(kept)
        self._spans = [[spans[cell] for cell in kept] for spans in self._spans]

    def weight(self, layer: int, cell: int) -> Tensor:
        return torch.from_numpy(self._spans[layer][cell].matrix(self._initial[layer]))


def _in_rows(values: Tensor) -> Array:
    """As an array whose rows lie one after another: loops compiled for another order may round otherwise."""
    return np.ascontiguousarray(values.numpy())


class _Span:
    """A matrix on the span of the inputs that it has seen, and the components of the last one."""

    def __init__(self, initial: Array) -> None:
        self._width = initial.shape[1]
        self._least = _DROPPED * float(np.finfo(initial.dtype).eps)
        self.rank = 0
        self._basis, self._images = (np.empty((0, self._width), initial.dtype) for _ in range(2))
        # components of the last input, of what W makes of its error, and of nothing
        self._components, self._overlaps, self._none = (np.empty(0, initial.dtype) for _ in range(3))
        self._rest = np.empty(self._width, initial.dtype)
        self._left = 0.0  # length of the part of the input that is in no direction

    def look_at(self, x: Array) -> Array | None:
        """Take the components of an input; the direction of what is left of it, where that counts."""
        self._rest[:] = x
        exchange_components(self._basis, self.rank, self._none, self._rest, self._components)
        left = length(self._rest)
        # false for what is not a number, of a cell that diverges
        if self.rank == self._width or not left > self._least * length(x):
            return None
        # What is left is orthogonal up to the rounding of x: once more, for its own.
        self._rest /= self._rest.dtype.type(left)
        again = np.empty_like(self._components)
        exchange_components(self._basis, self.rank, self._none, self._rest, again)
        remaining = length(self._rest)
        self._components[: self.rank] += again[: self.rank] * left
        self._left = left * remaining
        return np.asarray(self._rest / self._rest.dtype.type(remaining))

    def add(self, direction: Array, image: Array) -> None:
        """Know one direction more, which the last input has."""
        if self.rank == len(self._basis):
            self._basis, self._images, self._components, self._overlaps, self._none = (
                np.concatenate([part, np.zeros((_GROWTH, *part.shape[1:]), part.dtype)])
                for part in (self._basis, self._images, self._components, self._overlaps, self._none)
            )
        self._basis[self.rank], self._images[self.rank] = direction, image
        self._components[self.rank] = self._left
        self.rank += 1

    def product(self, y: Array) -> None:
        """W x of the last input."""
        combine(self._images, self.rank, self._components, y)

    def move(self, delta: Array, moved: Array) -> None:
        """W <- W - moved x^T with the last input; what W of before makes of delta is kept."""
        change(self._images, self.rank, self._components, moved, delta, self._overlaps)

    def complete(self, below: Array) -> None:
        """W^T delta in the place of W_0^T delta, for the delta of the last move."""
        exchange_components(self._basis, self.rank, self._overlaps, below, self._overlaps)

    def matrix(self, initial: Array) -> Array:
        """W."""
        basis, images = self._basis[: self.rank], self._images[: self.rank]
        return np.asarray(initial + (images - basis @ initial.T).T @ basis)
