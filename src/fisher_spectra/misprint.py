"""One misprinted formula of a paper: what is printed, what is right, and what was sampled without using either."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Misprint:
    """One formula: what is printed, what is right and what was sampled."""

    formula: str  # name, the key of the table
    place: str  # in the paper
    quantity: str  # what was sampled
    printed: float
    corrected: float
    sampled: float
    standard_error: float  # of `sampled`; 0 where nothing is random
    n_samples: int  # number of independent draws behind it


def misprint_of(
    formula: str, place: str, quantity: str, printed: float, corrected: float, draws: npt.ArrayLike
) -> Misprint:
    """A misprint with the mean of independent draws and its standard error."""
    values = np.asarray(draws, dtype=np.float64)
    error = float(np.std(values, ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
    return Misprint(formula, place, quantity, printed, corrected, float(np.mean(values)), error, values.size)
