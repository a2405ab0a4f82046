"""`analyse`: what the curvature of the reader's own network says, and whether it is so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, real_number
from fisher_spectra.common.progress import Progress
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.measurement.eigenvalues import dual_eigenvalues, largest_by_products
from fisher_spectra.measurement.measure import Measurement, measure

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Analysis:
    """What `analyse` found of a module."""

    measurement: Measurement
    momentum: float
    largest_eigenvalue: float

    @property
    def critical_learning_rate(self) -> float:
        """2 (1 + mu) / lambda_max: from a minimum, gradient descent on this loss diverges above it."""
        if self.largest_eigenvalue == 0.0:
            return float("inf")
        return learning_rate_limit(self.largest_eigenvalue, self.momentum)

    @cached_property
    def _eigenvalues(self) -> Array:
        return dual_eigenvalues(self.measurement.factor)

    def largest(self, count: int = 10) -> Array:
        """The largest eigenvalues, descending."""
        count = check_integer("count", count, 1)
        if self.measurement.method == "dual_matrix":
            return self._eigenvalues[:count]
        return largest_by_products(self.measurement.factor, count)


def analyse(
    model: Any,
    data: Any,
    loss: str = "mse",
    momentum: float = 0.0,
    *,
    method: str = "auto",
    memory_mb: int | None = None,
) -> Analysis:
    """Curvature and critical learning rate of a module on the reader's data."""
    momentum = real_number("momentum", momentum, "a number >= 0 and < 1")
    if not 0.0 <= momentum < 1.0:
        raise ValueError(f"momentum = {momentum}: must be a number >= 0 and < 1")
    found = measure(model, data, loss, method, memory_mb)
    if found.method == "dual_matrix":
        values = dual_eigenvalues(found.factor)
        result = Analysis(found, momentum, float(values[0]))
        result.__dict__["_eigenvalues"] = values
        return result
    with Progress(None, "largest eigenvalue") as progress:
        largest = largest_by_products(found.factor, 1, progress)
    return Analysis(found, momentum, float(largest[0]))
