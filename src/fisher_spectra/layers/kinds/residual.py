"""Residual layers: u' = u + W phi(u) + b."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.protocol import Array, Kernels, Parameters, Passed


@dataclass(frozen=True)
class Residual(Dense):
    """u' = u + W phi(u) + b, as wide as the layer below.

    Given u the product W phi(u) is centred and independent of it, so that second moments and tangent kernels add:
    q' = q + sigma_w2 q_hat + sigma_b2, theta' = theta (1 + sigma_w2 E phi'^2) + M q_hat + 1.

    Parameters
    ----------
    width, activation, sigma_w2, sigma_b2, biases
        As of :class:`Dense`.

    Raises
    ------
    ValueError
        When it is sampled or put together, if its width is not that of the layer below.

    Examples
    --------
    >>> from fisher_spectra.layers.protocol import Kernels
    >>> below = fs.Dense(30, sigma_w2=1.0).kernel(Kernels(q=1.0, q_st=0.0), 30, samples=5)
    >>> fs.Residual(30, "relu", sigma_w2=1.0, sigma_b2=0.1).kernel(below, 30, samples=5).q  # 1 + 1/2 + 0.1
    1.6
    """

    kind: ClassVar[str] = "residual"
    title: ClassVar[str] = "residual"

    def sample(self, rng: np.random.Generator, inputs: int) -> Parameters:
        """As of a plain layer, if the widths are equal."""
        self._check(inputs)
        return super().sample(rng, inputs)

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """u' = u + W phi(u) + b."""
        passed = super().forward(parameters, below)
        return replace(passed, values=passed.values + below)

    def backward(self, parameters: Parameters, passed: Passed, cotangents: Array) -> tuple[Array, Array]:
        """Cotangents go down through the layer and beside it."""
        share, through = super().backward(parameters, passed, cotangents)
        return share, through + cotangents

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """Sums of those of a plain layer and of the layer below."""
        self._check(inputs)
        return self.raw_kernel(below, inputs).plus(below)

    def plain_scale(self, below: Kernels, samples: int) -> float | None:
        """None: what goes beside the layer has no plain counterpart."""
        return None

    def _check(self, inputs: int) -> None:
        if self.width != inputs:
            raise ValueError(
                f"Residual of width {self.width} above {inputs} neurons: must be as wide as the layer below"
            )
