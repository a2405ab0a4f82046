"""A measured number with its statistical error."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error; printed with as many digits as the error leaves.

    Attributes
    ----------
    value, error
        In the same unit.

    Examples
    --------
    >>> from fisher_spectra.analysis.estimate import Estimate
    >>> print(Estimate(328.412, 10.7))
    328 +- 11
    """

    value: float
    error: float

    def __str__(self) -> str:
        if not (math.isfinite(self.error) and self.error > 0.0):
            return f"{self.value:.4g}"
        # two digits of the error, as the Particle Data Group rounds; no exponent for numbers that people read
        digits = 1 - math.floor(math.log10(self.error))
        if digits < -3 or digits > 6:
            return f"{self.value:.4g} +- {self.error:.2g}"
        digits = max(digits, 0)
        return f"{self.value:.{digits}f} +- {self.error:.{digits}f}"
