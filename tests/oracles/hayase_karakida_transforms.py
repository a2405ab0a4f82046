"""Obvious oracle: transforms of a law of finitely many values, as the sums of their definition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw

ComplexArray = npt.NDArray[np.complex128]


def cauchy_transform(law: DerivativeLaw, z: ComplexArray) -> ComplexArray:
    """G_nu(z) = sum of weight / (z - value)."""
    return sum((p / (z - v) for v, p in zip(law.values, law.weights, strict=True)), np.zeros_like(z))


def h_transform(law: DerivativeLaw, z: ComplexArray) -> ComplexArray:
    """h_nu(z) = z G_nu(z) - 1 = sum of weight * value / (z - value)."""
    return sum((p * v / (z - v) for v, p in zip(law.values, law.weights, strict=True)), np.zeros_like(z))
