"""The learning rates of a training experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LearningRates:
    """Learning rates equally spaced on a logarithmic axis.

    Parameters
    ----------
    smallest, largest
        Ends of the range, positive.
    number
        How many there are, both ends included.

    Examples
    --------
    >>> fs.LearningRates(smallest=0.01, largest=1.0, number=3).values()
    (0.01, 0.1, 1.0)
    """

    smallest: float
    largest: float
    number: int

    def values(self) -> tuple[float, ...]:
        """The rates to six digits, so that tables can be joined on them."""
        return tuple(float(f"{rate:.6g}") for rate in np.geomspace(self.smallest, self.largest, self.number))
