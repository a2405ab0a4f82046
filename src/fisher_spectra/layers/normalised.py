"""What layers have in common that bring values to mean 0 and variance 1, over the samples or over the neurons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fisher_spectra.common.arguments import check_not_negative
from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.protocol import Array, Parameters, Passed


@dataclass(frozen=True)
class Normalised(Dense):
    """u' = (U - mean) / sqrt(variance + epsilon), U = W phi(u) + b; not a kind itself.

    Attributes
    ----------
    over
        Axis of U (samples, neurons) along which mean and variance are taken.
    epsilon
        What is added to the variance, >= 0; torch's default.
    """

    over: ClassVar[int]

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "epsilon", check_not_negative("epsilon", self.epsilon))

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """The variance has the number of values as divisor."""
        passed = super().forward(parameters, below)
        centred = passed.raw - passed.raw.mean(axis=self.over, keepdims=True)
        return replace(passed, values=centred / self.deviation(passed.raw))

    def deviation(self, raw: Array) -> Array:
        """sqrt(variance + epsilon), with one entry along the axis."""
        return np.asarray(np.sqrt(raw.var(axis=self.over, keepdims=True) + self.epsilon))

    def through(self, cotangents: Array, values: Array, deviation: Array) -> Array:
        """Cotangents (C, T, S, M) without their parts along 1 and u', over the deviation; the others broadcast."""
        axis = 2 + self.over
        centred = cotangents - cotangents.mean(axis=axis, keepdims=True)
        along = (cotangents * values).mean(axis=axis, keepdims=True) * values
        return np.asarray((centred - along) / deviation)
