"""Slow oracle: mean field of tanh, ReLU and linear networks, by sums over a grid and closed forms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# The trapezoid rule converges geometrically for tanh, whose poles are pi / 2 off the real axis.
_GRID = np.linspace(-9.0, 9.0, 181)
_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@dataclass(frozen=True)
class PlainMeanField:
    """alpha, kappa_1 and kappa_2, and what Theorems 1, 3 and 4 make of them; independent inputs of length 1."""

    alpha: float
    kappa_1: float
    kappa_2: float

    def mean(self, width: float, outputs: int = 1) -> float:
        """Theorem 1."""
        return outputs * self.kappa_1 / width

    def second_moment(self, samples: int, outputs: int = 1) -> float:
        """Theorem 3."""
        pairs = (samples - 1) * self.kappa_2**2 + self.kappa_1**2
        return outputs * self.alpha * pairs / samples

    def maximum(self, width: float, samples: int) -> float:
        """Theorem 4."""
        return self.alpha * width * ((samples - 1) * self.kappa_2 + self.kappa_1) / samples


def plain_mean_field(
    name: str, sigma_w2: float, sigma_b2: float, depth: int, alphas: Sequence[float] | None = None
) -> PlainMeanField:
    """Equations (9) to (15); widths are equal unless alpha_0 .. alpha_{L-1} are given."""
    widths = [1.0] * depth if alphas is None else alphas
    forward, both, gains, gains_of_both = [1.0], [0.0], [1.0], [1.0]
    for _ in range(1, depth):
        q, q_st = sigma_w2 * forward[-1] + sigma_b2, sigma_w2 * both[-1] + sigma_b2
        value, value_st, slope, slope_st = pair_expectations(name, q, q, q_st / q)
        forward.append(value)
        both.append(value_st)
        gains.append(sigma_w2 * slope)
        gains_of_both.append(sigma_w2 * slope_st)
    alpha = sum(widths[layer] * widths[layer - 1] for layer in range(1, depth))
    # What travels back to layer l is the product of the gains of the hidden layers l .. L - 1.
    kappa_1, kappa_2 = (
        sum(widths[layer - 1] * math.prod(gain[layer:]) * hidden[layer - 1] for layer in range(1, depth + 1)) / alpha
        for gain, hidden in ((gains, forward), (gains_of_both, both))
    )
    return PlainMeanField(alpha, kappa_1, kappa_2)


def pair_expectations(
    name: str, variance: float, other_variance: float, correlation: float
) -> tuple[float, float, float, float]:
    """E phi(u)^2, E phi(u) phi(v), E phi'(u)^2, E phi'(u) phi'(v) of a Gaussian pair; equal variances but for tanh."""
    if name == "linear":
        return variance, variance * correlation, 1.0, 1.0
    if name == "relu":  # arc-cosine kernels (Cho, Saul 2009)
        angle = math.acos(correlation)
        kernel = variance * (math.sin(angle) + (math.pi - angle) * correlation) / (2 * math.pi)
        return variance / 2, kernel, 0.5, (math.pi - angle) / (2 * math.pi)
    assert name == "tanh"
    u = math.sqrt(variance) * _GRID
    v = math.sqrt(other_variance) * (correlation * _GRID[:, None] + math.sqrt(1 - correlation**2) * _GRID)
    slope_u, slope_v = 1 / np.cosh(u) ** 2, 1 / np.cosh(v) ** 2
    return (
        float(_WEIGHTS @ np.tanh(u) ** 2),
        float((_WEIGHTS * np.tanh(u)) @ np.tanh(v) @ _WEIGHTS),
        float(_WEIGHTS @ slope_u**2),
        float((_WEIGHTS * slope_u) @ slope_v @ _WEIGHTS),
    )


def relu_norm(sigma_w2: float, sigma_b2: float, depth: int) -> float:
    """Mean Fisher-Rao norm of one output of a ReLU network of large width, from the pair (u, T) of each layer.

    T is the sum of weights times derivatives by weights; half of all u are positive, whatever T, so that with
    variances q and S and covariance R the next ones are sigma_w^2 / 2 times q + 2 R + S, and q + R.
    """
    q, covariance, norm = sigma_w2 + sigma_b2, sigma_w2, sigma_w2
    for _ in range(1, depth):
        norm, covariance = sigma_w2 / 2 * (q + 2 * covariance + norm), sigma_w2 / 2 * (q + covariance)
        q = sigma_w2 / 2 * q + sigma_b2
    return norm
