"""A smooth function of one or two variables, kept as Chebyshev polynomials in boxes that halve until they suffice.

For functions that are dear at a point and wanted at many. A box is fitted when the first point falls into it. What it
says depends on the function and on the box alone, so a value is the same whatever else is asked for, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
from numpy.polynomial.chebyshev import chebval

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# Points at once: the sums over the first variable of so many stay within the cache.
_CHUNK = 2**11


@dataclass(eq=False)
class _Box:
    low: tuple[float, ...]
    high: tuple[float, ...]
    halvings: tuple[int, ...]  # along each axis
    fitted: bool = False
    coefficients: Array | None = None  # None where the box is cut, or nothing fits
    cut: tuple[int, float, _Box, _Box] | None = None  # axis, where, and the halves


@dataclass(eq=False)
class ChebyshevBoxes:
    """Values of a function of one or two variables by interpolation; call it with the coordinates of points.

    Attributes
    ----------
    on_grid
        The function on a grid: takes the coordinates along each axis, returns the values, shape (n_1,) or (n_1, n_2).
    at_points
        The function at points, shape (n,) for each coordinate: for those where boxes of the least size do not suffice.
    edges
        Along each axis the ascending edges of the boxes that are tried first. All points must be within.
    nodes
        Chebyshev nodes along each axis, >= 4.
    tolerance
        Of the last two coefficients along each axis, relative to the least value in the box, or to 1 if `absolute`.
        Coefficients fall geometrically, so that the error of the interpolation is of that order.
    absolute
        See `tolerance`.
    most_halvings
        Along each axis.
    """

    on_grid: Callable[..., Array]
    at_points: Callable[..., Array]
    edges: Sequence[Array]
    nodes: Sequence[int]
    tolerance: float
    absolute: bool
    most_halvings: Sequence[int]
    _boxes: dict[tuple[int, ...], _Box] = field(default_factory=dict, init=False)

    def __call__(self, *coordinates: Array) -> Array:
        """Values at points, one array of shape (n,) for each axis."""
        result = np.empty(coordinates[0].size)
        if not result.size:
            return result
        places = np.array(
            [
                np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
                for edges, x in zip(self.edges, coordinates, strict=True)
            ]
        )
        keys, inverse = np.unique(places, axis=1, return_inverse=True)
        inverse = inverse.ravel()
        order = np.argsort(inverse, kind="stable")
        ends = np.cumsum(np.bincount(inverse, minlength=keys.shape[1]))
        for key, members in zip(keys.T, np.split(order, ends[:-1]), strict=True):
            name = tuple(int(k) for k in key)
            if name not in self._boxes:
                corners = [(float(edges[k]), float(edges[k + 1])) for edges, k in zip(self.edges, name, strict=True)]
                low, high = zip(*corners, strict=True)
                self._boxes[name] = _Box(low, high, (0,) * len(low))
            self._fill(self._boxes[name], coordinates, members, result)
        return result

    def _fill(self, box: _Box, coordinates: tuple[Array, ...], members: Indices, result: Array) -> None:
        if not members.size:
            return
        if not box.fitted:
            self._fit(box)
        if box.cut is not None:
            axis, where, lower, upper = box.cut
            below = coordinates[axis][members] < where
            self._fill(lower, coordinates, members[below], result)
            self._fill(upper, coordinates, members[~below], result)
        elif box.coefficients is None:
            result[members] = self.at_points(*(x[members] for x in coordinates))
        else:
            for start in range(0, members.size, _CHUNK):
                part = members[start : start + _CHUNK]
                values: Any = box.coefficients[..., None]
                for x, low, high in zip(coordinates, box.low, box.high, strict=True):
                    values = chebval((2.0 * x[part] - (low + high)) / (high - low), values, tensor=False)
                result[part] = values

    def _fit(self, box: _Box) -> None:
        values = np.asarray(
            self.on_grid(
                *(
                    0.5 * (low + high) + 0.5 * (high - low) * _chebyshev_nodes(count)
                    for low, high, count in zip(box.low, box.high, self.nodes, strict=True)
                )
            )
        )
        coefficients: Any = values
        for axis, count in enumerate(self.nodes):
            coefficients = scipy.fft.dct(coefficients, type=2, axis=axis) / count
            coefficients[(slice(None),) * axis + (0,)] *= 0.5
        scale = 1.0 if self.absolute else float(np.min(np.abs(values)))
        tails = [float(np.max(np.abs(np.take(coefficients, (-2, -1), axis)))) for axis in range(values.ndim)]
        if all(tail <= self.tolerance * scale for tail in tails):
            box.coefficients = coefficients
        else:
            free = [n < most for n, most in zip(box.halvings, self.most_halvings, strict=True)]
            wanting = [tail if may else -1.0 for tail, may in zip(tails, free, strict=True)]
            axis = int(np.argmax(wanting))
            if wanting[axis] > self.tolerance * scale:
                box.cut = _halves(box, axis)
        box.fitted = True


def _chebyshev_nodes(count: int) -> Array:
    """Zeros of the polynomial of degree `count`, as the cosine transform has them."""
    return np.asarray(np.cos(np.pi * (np.arange(count) + 0.5) / count))


def _halves(box: _Box, axis: int) -> tuple[int, float, _Box, _Box]:
    where = 0.5 * (box.low[axis] + box.high[axis])
    halvings = tuple(n + (k == axis) for k, n in enumerate(box.halvings))
    high = tuple(where if k == axis else end for k, end in enumerate(box.high))
    low = tuple(where if k == axis else end for k, end in enumerate(box.low))
    return axis, where, _Box(box.low, high, halvings), _Box(low, box.high, halvings)
