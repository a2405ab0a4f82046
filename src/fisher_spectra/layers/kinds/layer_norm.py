"""Layer normalisation: of each sample, W phi(u) + b over the neurons is brought to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fisher_spectra.common.arguments import check_not_negative
from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.protocol import Array, Kernels, Parameters, Passed, along_samples


@dataclass(frozen=True)
class LayerNorm(Dense):
    """u' = (U - mean) / sqrt(variance + epsilon) over the M' neurons, U = W phi(u) + b; no gains and shifts.

    Mean and variance are 0 and Q = sigma_w2 q_hat + sigma_b2 up to M^-1/2, so that both kernels are those of a plain
    layer over Q + epsilon. What of the derivative lies along 1 and u' is of relative order 1/M.
    `finite_size.layer_normalisation` has gains and shifts.

    Parameters
    ----------
    width, activation, sigma_w2, sigma_b2, biases
        As of :class:`Dense`.
    epsilon
        What is added to the variance, >= 0; torch's default.

    Examples
    --------
    >>> from fisher_spectra.layers.protocol import Kernels
    >>> fs.LayerNorm(30, "relu", epsilon=0.0).kernel(Kernels(q=2.0, q_st=0.0), 20, samples=5).q
    1.0
    """

    kind: ClassVar[str] = "layer_norm"
    title: ClassVar[str] = "layer normalisation"

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "epsilon", check_not_negative("epsilon", self.epsilon))

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """Over the neurons, with the variance's divisor M'."""
        passed = super().forward(parameters, below)
        centred = passed.raw - passed.raw.mean(axis=1, keepdims=True)
        return replace(passed, values=centred / self._deviation(passed.raw))

    def cotangents_of_raw(self, passed: Passed, cotangents: Array) -> Array:
        """Without the parts along 1 and u' of each sample, over the deviation."""
        values = along_samples(passed.values, cotangents)
        deviation = along_samples(self._deviation(passed.raw), cotangents)
        centred = cotangents - cotangents.mean(axis=3, keepdims=True)
        along = (cotangents * values).mean(axis=3, keepdims=True) * values
        return np.asarray((centred - along) / deviation)

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """Of a plain layer, over Q + epsilon."""
        raw = self.raw_kernel(below, inputs)
        return raw.scaled(1.0 / (raw.q + self.epsilon))

    def plain_scale(self, below: Kernels, samples: int) -> float | None:
        """1 / (Q + epsilon)."""
        return 1.0 / (self.raw_kernel(below, 1).q + self.epsilon)

    def _deviation(self, raw: Array) -> Array:
        return np.asarray(np.sqrt(raw.var(axis=1, keepdims=True) + self.epsilon))
