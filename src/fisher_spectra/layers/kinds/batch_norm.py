"""Batch normalisation: of each neuron, W phi(u) + b over the T samples is brought to mean 0, and to variance 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.normalised import Normalised
from fisher_spectra.layers.protocol import Array, Kernels, Parameters, Passed

_FEWEST = 3  # samples: the mean of 1 / chi^2_{T-1} is infinite up to there


@dataclass(frozen=True)
class BatchCentring(Dense):
    """u' = U - its mean over the samples, U = W phi(u) + b.

    With P = I - 1 1^T / T both kernels become P K P: (q - q_st)(1 - 1/T) on the diagonal, -(q - q_st) / T off it, and
    the same of theta. In the last layer this is the Fisher matrix of centred outputs, P F* P.

    Parameters
    ----------
    width, activation, sigma_w2, sigma_b2, biases
        As of :class:`Dense`.

    Examples
    --------
    >>> from fisher_spectra.layers.protocol import Kernels
    >>> kernels = fs.BatchCentring(30).kernel(Kernels(q=1.0, q_st=0.5), 20, samples=5)
    >>> kernels.q, kernels.q_st
    (0.4, -0.1)
    """

    kind: ClassVar[str] = "batch_centring"
    title: ClassVar[str] = "batch normalisation, mean only"
    mixes_samples: ClassVar[bool] = True

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """Over the samples."""
        passed = super().forward(parameters, below)
        return replace(passed, values=passed.raw - passed.raw.mean(axis=0))

    def cotangents_of_raw(self, passed: Passed, cotangents: Array) -> Array:
        """The derivative P is symmetric; a function of one sample comes to depend on all."""
        spread = over_all_samples(cotangents)
        return np.asarray(spread - spread.mean(axis=2, keepdims=True))

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """P K P of those of a plain layer."""
        return centred_kernels(self.raw_kernel(below, inputs), samples)


@dataclass(frozen=True)
class BatchNorm(Normalised):
    """u' = (U - mean) / sqrt(variance + epsilon) over the T samples, U = W phi(u) + b; no gains and shifts.

    A neuron's variance is (q - q_st) chi^2_{T-1} / T, of mean s2 = (q - q_st)(1 - 1/T), and does not depend on u'. So
    q' = (1, -1/(T - 1)), and of the tangent kernel P theta P comes through divided by the variance, in the mean
    (T - 1) / (T - 3) / s2, without its part along u'.

    Parameters
    ----------
    width, activation, sigma_w2, sigma_b2, biases
        As of :class:`Dense`.
    epsilon
        What is added to the variance, >= 0; torch's default.

    Examples
    --------
    >>> from fisher_spectra.layers.protocol import Kernels
    >>> kernels = fs.BatchNorm(30, epsilon=0.0).kernel(Kernels(q=1.0, q_st=0.5), 20, samples=5)
    >>> kernels.q, kernels.q_st
    (1.0, -0.25)
    """

    kind: ClassVar[str] = "batch_norm"
    title: ClassVar[str] = "batch normalisation"
    mixes_samples: ClassVar[bool] = True
    over: ClassVar[int] = 0

    def cotangents_of_raw(self, passed: Passed, cotangents: Array) -> Array:
        """Without the parts along 1 and u' of each neuron, over the deviation."""
        return self.through(over_all_samples(cotangents), passed.values, self.deviation(passed.raw))

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """P K P of those of a plain layer, over the variance."""
        centred = centred_kernels(self.raw_kernel(below, inputs), samples)
        if samples <= _FEWEST:
            raise ValueError(
                f"samples = {samples}: batch normalisation has a mean derivative from {_FEWEST + 1} samples on"
            )
        variance = centred.q + self.epsilon
        through = centred.theta * (samples - 1.0) / (samples - 3.0) / variance
        off = -1.0 / (samples - 1.0)
        # P = I - 1 1^T / T is 1 - 1/T on the diagonal, and u' u'^T / T is taken from it
        along = -through / (samples - 1.0)
        return Kernels(centred.q / variance, centred.q_st / variance, through, off * through, along)

    def plain_scale(self, below: Kernels, samples: int) -> float | None:
        """1 / (s2 + epsilon)."""
        return 1.0 / (centred_kernels(self.raw_kernel(below, 1), samples).q + self.epsilon)


def centred_kernels(raw: Kernels, samples: int) -> Kernels:
    """P K P, P = I - 1 1^T / T."""
    diagonal, off = 1.0 - 1.0 / samples, -1.0 / samples
    q, theta = raw.q - raw.q_st, raw.theta - raw.theta_st
    return Kernels(q=diagonal * q, q_st=off * q, theta=diagonal * theta, theta_st=off * theta)


def over_all_samples(cotangents: Array) -> Array:
    """Cotangents (C, T, T, M) of functions that so far depended on their own sample alone; others as they are."""
    outputs, samples, held, width = cotangents.shape
    if held == samples:
        return cotangents
    spread: Array = np.zeros((outputs, samples, samples, width))
    own = np.arange(samples)
    spread[:, own, own] = cotangents[:, :, 0]
    return spread
