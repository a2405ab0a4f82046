"""Layer normalisation: of each sample, W phi(u) + b over the neurons is brought to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fisher_spectra.layers.normalised import Normalised
from fisher_spectra.layers.protocol import Array, Kernels, Passed, along_samples


@dataclass(frozen=True)
class LayerNorm(Normalised):
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
    over: ClassVar[int] = 1

    def cotangents_of_raw(self, passed: Passed, cotangents: Array) -> Array:
        """Without the parts along 1 and u' of each sample, over the deviation."""
        values, deviation = (along_samples(one, cotangents) for one in (passed.values, self.deviation(passed.raw)))
        return self.through(cotangents, values, deviation)

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """Of a plain layer, over Q + epsilon."""
        raw = self.raw_kernel(below, inputs)
        return raw.scaled(1.0 / (raw.q + self.epsilon))

    def plain_scale(self, below: Kernels, samples: int) -> float | None:
        """1 / (Q + epsilon)."""
        return 1.0 / (self.raw_kernel(below, 1).q + self.epsilon)
