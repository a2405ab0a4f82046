"""One formula of a paper: what is printed, what is right, and what was sampled without using either."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class Misprint:
    """One formula: what is printed, what is right and what was sampled.

    Where the printed formula is right, and is sampled because no figure has it, both are the same.
    """

    formula: str  # name, the key of the table
    place: str  # in the paper
    quantity: str  # what was sampled
    printed: float  # nan where the paper gives no value
    corrected: float
    sampled: float
    standard_error: float  # of `sampled`; 0 where nothing is random
    n_samples: int  # number of independent draws behind it


def misprint_of(
    formula: str, place: str, quantity: str, printed: float, corrected: float, draws: npt.ArrayLike
) -> Misprint:
    """A misprint with the mean of independent draws and its standard error."""
    values = np.asarray(draws, dtype=np.float64)
    mean = float(np.mean(values))
    scatter = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
    # draws that all agree up to rounding, which differs from machine to machine, do not scatter
    error = scatter / math.sqrt(values.size) if scatter > _ROUNDING * abs(mean) else 0.0
    return Misprint(formula, place, quantity, printed, corrected, mean, error, values.size)
