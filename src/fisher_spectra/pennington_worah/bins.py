"""Bins of sampled spectra, and the points in them at which the limiting density is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EvenBins:
    """Bins of equal width, the first of which begins at 0.

    Attributes
    ----------
    number
        Number of bins.
    largest
        Upper end of the last one.
    points
        Points in each bin.
    """

    number: int
    largest: float
    points: int

    def edges(self) -> Array:
        """Edges of the bins, ascending, shape (number + 1,)."""
        return np.linspace(0.0, self.largest, self.number + 1)

    def grid(self) -> Array:
        """Points inside the bins, evenly spaced, ascending, shape (number * points,)."""
        size = self.number * self.points
        return (np.arange(size) + 0.5) * self.largest / size


@dataclass(frozen=True)
class LogarithmicBins:
    """Bins of equal width on a logarithmic axis.

    Attributes
    ----------
    number
        Number of bins.
    smallest, largest
        Lower end of the first and upper end of the last one.
    points
        Points in each bin.
    """

    number: int
    smallest: float
    largest: float
    points: int

    def edges(self) -> Array:
        """Edges of the bins, ascending, shape (number + 1,)."""
        return np.geomspace(self.smallest, self.largest, self.number + 1)

    def grid(self) -> Array:
        """Points inside the bins, evenly spaced on a logarithmic axis, ascending, shape (number * points,)."""
        size = self.number * self.points
        return np.asarray(self.smallest * (self.largest / self.smallest) ** ((np.arange(size) + 0.5) / size))
