"""What estimates from random probe vectors share: the products they need, and their mean and standard error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MatVec = Callable[[Any], Any]  # product of a symmetric matrix with a vector, numpy array or torch tensor
Convert = Callable[[Array], Any]  # turns a float64 numpy vector into what a MatVec takes


def mean_over_probes(rows: Array) -> tuple[Any, Any]:
    """Mean over the first axis, one entry for each probe, and its standard error (0 for one probe)."""
    mean = np.mean(rows, axis=0)
    if rows.shape[0] == 1:
        return mean, np.zeros_like(mean)
    return mean, np.std(rows, axis=0, ddof=1) / np.sqrt(rows.shape[0])
