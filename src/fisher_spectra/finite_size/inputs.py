"""What a prediction has to know about the inputs: how many, and their overlaps or the moments of Gaussian ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_positive, real_number
from fisher_spectra.finite_size.data_kernels import checked_overlaps, mean_overlaps

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inputs:
    """T, q_hat^0 and q_hat_st^0, and the matrix of all overlaps (T, T), if the inputs are given data."""

    samples: int
    moment: float
    overlap: float
    overlaps: Array | None


def inputs_of(samples: int | None, overlaps: npt.ArrayLike | None, moment: float, overlap: float) -> Inputs:
    """From the arguments of a prediction.

    Raises
    ------
    ValueError
        If a value is out of range, or neither samples nor overlaps are given.
    """
    if overlaps is not None:
        data = checked_overlaps(overlaps)
        if samples is not None and check_integer("samples", samples, 2) != len(data):
            raise ValueError(f"samples = {samples}: the overlaps are those of {len(data)} samples; leave it out")
        return Inputs(len(data), *mean_overlaps(data), data)
    if samples is None:
        raise ValueError("samples = None: give the number of samples T, or the overlaps of the data")
    moment, overlap = check_positive("input_moment", moment), real_number("input_overlap", overlap)
    if not abs(overlap) <= moment:
        raise ValueError(f"input_overlap = {overlap}: must be between -{moment:g} and {moment:g}")
    return Inputs(check_integer("samples", samples, 2), moment, overlap, None)
