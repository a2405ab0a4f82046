"""Obvious oracle: moments, and laws of two and three layers, of networks with a hard tanh, one number at a time.

Three layers with orthogonal weights: Theorem 3.2 of Hayase and Karakida (2021), its density integrated numerically; of
their Jacobian, the law of two free projections. Two layers with Gaussian weights: a Marchenko-Pastur law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.integrate import quad
from scipy.special import erfinv


@dataclass(frozen=True)
class PlainPropagation:
    """q_0 .. q_{L-1} and alpha_1 .. alpha_{L-1} with gamma the same in all layers; sigma = q_0 = 1."""

    moments: Sequence[float]
    alphas: Sequence[float]
    gamma: float

    @property
    def deficits(self) -> list[float]:
        """1 - alpha_l."""
        return [1 - alpha for alpha in self.alphas]

    @property
    def largest(self) -> float:
        """(30): sum of q_l gamma^(L - 1 - l)."""
        last = len(self.moments) - 1
        return math.fsum(q * self.gamma ** (last - layer) for layer, q in enumerate(self.moments))

    @property
    def mean(self) -> float:
        """(32): sum of q_l times alpha_k gamma of the layers k > l."""
        factors = [alpha * self.gamma for alpha in self.alphas]
        return math.fsum(q * math.prod(factors[layer:]) for layer, q in enumerate(self.moments))

    @property
    def top_weight(self) -> float:
        """Lemma 4.5."""
        return 1 - math.fsum(self.deficits)


def of_hard_tanh(s: float, g: float, depth: int) -> PlainPropagation:
    """By the incomplete moments of a Gaussian variable: phi is g x up to 1 / (s g), and 1 / s beyond."""
    moments, alphas = [1.0], []
    for _ in range(depth - 1):
        kink = 1 / (s * g * math.sqrt(moments[-1]))
        inside = math.erf(kink / math.sqrt(2))
        square = inside - 2 * kink * math.exp(-(kink**2) / 2) / math.sqrt(2 * math.pi)
        alphas.append(inside)
        moments.append(g**2 * moments[-1] * square + (1 - inside) / s**2)
    return PlainPropagation(moments, alphas, g**2)


def of_projections(depth: int, alpha: float) -> PlainPropagation:
    """Independent projections of rank alpha M in all layers."""
    return PlainPropagation([1.0] * depth, [alpha] * (depth - 1), 1.0)


def stationary(depth: int, epsilon_1: float) -> tuple[float, float]:
    """Kink over the standard deviation, and g^2, for which q_l = 1 and 1 - alpha = epsilon_1 / L."""
    kink = math.sqrt(2) * float(erfinv(1 - epsilon_1 / depth))
    inside = 1 - epsilon_1 / depth
    square = inside - 2 * kink * math.exp(-(kink**2) / 2) / math.sqrt(2 * math.pi)
    return kink, 1 / (square + kink**2 * epsilon_1 / depth)


def moment_covariances(s: float, g: float, propagation: PlainPropagation, width: int) -> tuple[float, float, float]:
    """Var q_1, Cov(q_1, q_2) and Var q_2 of three layers at a finite width, of inputs of exact length."""

    def spread_and_response(variance: float) -> tuple[float, float]:
        """Variance of phi^2 without its part along z^2, and derivative of its mean by the variance."""
        kink = 1 / (s * g * math.sqrt(variance))

        def mean(function: Callable[[float, float], float]) -> float:
            def integrand(z: float) -> float:
                value = min(g * math.sqrt(variance) * z, 1 / s) ** 2
                return 2 * function(value, z) * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

            return math.fsum(quad(integrand, *ends, epsabs=1e-13)[0] for ends in ((0, kink), (kink, kink + 12)))

        square = mean(lambda value, z: value)
        along = mean(lambda value, z: value * z**2) - square
        return mean(lambda value, z: value**2) - square**2 - along**2 / 2, along / (2 * variance)

    (first, _), (second, response) = (spread_and_response(q) for q in propagation.moments[:2])
    return first / width, response * first / width, response**2 * first / width + second / width


@dataclass(frozen=True)
class PlainLaw:
    """Atoms (position, weight) and one band."""

    atoms: Sequence[tuple[float, float]]
    band: tuple[float, float]
    density: Callable[[float], float]

    @property
    def maximum(self) -> float:
        """End of the support."""
        return max([self.band[1], *(position for position, weight in self.atoms if weight > 0)])

    def mass(self, low: float, high: float) -> tuple[float, float]:
        """Of atoms and of the band in (low, high]."""
        atoms = math.fsum(weight for position, weight in self.atoms if low < position <= high)
        centre, half = sum(self.band) / 2, (self.band[1] - self.band[0]) / 2
        # x = centre - half cos(angle) takes the roots at both ends away
        start, stop = (math.acos(min(max((centre - x) / half, -1.0), 1.0)) for x in (low, high))
        if start >= stop:
            return atoms, 0.0

        def integrand(angle: float) -> float:
            return self.density(centre - half * math.cos(angle)) * half * math.sin(angle)

        return atoms, float(quad(integrand, start, stop, epsabs=1e-13, limit=200)[0])

    def cdf(self, x: float) -> float:
        """Share up to x."""
        return math.fsum(self.mass(-1.0, x))


def law_of_three_layers(propagation: PlainPropagation) -> PlainLaw:
    """Theorem 3.2, (18) with its second atom at lambda_mid, and (19) to (23)."""
    q0, q1, q2 = propagation.moments
    (alpha_1, alpha_2), gamma = propagation.alphas, propagation.gamma
    middle, end = q2 + gamma * q1, q2 + gamma * q1 + gamma**2 * q0
    roots = math.sqrt(alpha_1 * (1 - alpha_2)), math.sqrt(alpha_2 * (1 - alpha_1))
    low, high = (middle + gamma**2 * q0 * (roots[0] + sign * roots[1]) ** 2 for sign in (-1, 1))
    weights = 1 - alpha_2, max(alpha_2 - alpha_1, 0.0), max(alpha_1 + alpha_2 - 1, 0.0)

    def density(x: float) -> float:
        return math.sqrt(max((high - x) * (x - low), 0.0)) / (2 * math.pi * (x - middle) * (end - x))

    return PlainLaw(tuple(zip((q2, middle, end), weights, strict=True)), (low, high), density)


def law_of_two_gaussian_layers(propagation: PlainPropagation) -> PlainLaw:
    """q_1 + gamma W D W^T with Gaussian W: alpha M columns of W count, the other directions of H_2 have q_1 alone."""
    (q0, q1), (alpha,), gamma = propagation.moments, propagation.alphas, propagation.gamma
    low, high = ((1 - math.sqrt(alpha)) ** 2, (1 + math.sqrt(alpha)) ** 2)
    scale = gamma * q0

    def density(x: float) -> float:
        t = (x - q1) / scale
        return math.sqrt(max((high - t) * (t - low), 0.0)) / (2 * math.pi * t) / scale

    return PlainLaw([(q1, 1 - alpha)], (q1 + scale * low, q1 + scale * high), density)


def law_of_two_free_projections(alpha_1: float, alpha_2: float, scale: float = 1.0) -> PlainLaw:
    """P_2 U P_1 U^T P_2 for projections of such ranks over M, times a scale (Voiculescu): J J^T of three layers."""
    centre = alpha_1 + alpha_2 - 2 * alpha_1 * alpha_2
    half = 2 * math.sqrt(alpha_1 * alpha_2 * (1 - alpha_1) * (1 - alpha_2))
    low, high = max(centre - half, 0.0), centre + half
    atoms = [(0.0, 1 - min(alpha_1, alpha_2)), (scale, max(alpha_1 + alpha_2 - 1, 0.0))]

    def density(x: float) -> float:
        t = x / scale
        return math.sqrt(max((high - t) * (t - low), 0.0)) / (2 * math.pi * t * (1 - t)) / scale

    return PlainLaw(atoms, (scale * low, scale * high), density)
