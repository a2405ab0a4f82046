"""Mean field theory of Karakida, Akaho, Amari 2019 on a grid of variances: critical learning rates of a phase diagram.

By hand in NumPy means: the closed forms of ReLU and erf, and for tanh the trapezoidal rule in one and two dimensions,
which for tanh needs fewer points than Gauss and Hermite's, with as many as give nine digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from benchmark_page.comparison import Array, Prepared
from fisher_spectra.karakida.mean_field import critical_learning_rate, mean_field
from fisher_spectra.karakida.mean_fields import mean_fields

OURS, SCALAR, NUMPY = "`mean_fields`", "`mean_field` point by point", "NumPy by hand"
NAMES = (OURS, NUMPY, SCALAR)
RANGES = (1.2, 4.0), (0.05, 1.0)  # of the variances of weights and biases: no moment vanishes or overflows
DEPTH, WIDTH, SAMPLES = 4, 1000, 100
EVERY = 10  # of the points along each variance that the scalar loop takes; its time is that of all
# Nodes of the trapezoidal rule: its error is exp(-2 pi d / h) with the step h and the distance d = pi / (2 sqrt(q))
# of the poles of tanh from the axis; for q = 5 and these it is 1e-12. What lies beyond the last node is 1e-15.
NODES = np.linspace(-8.0, 8.0, 101)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()

# Moments of phi, and of its derivative, for two inputs of the variance q and the covariance c.
Moments = Callable[[Array, Array], tuple[Array, Array]]


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for the activation and number of points along each variance of the settings."""
    name, points = settings["activation"], settings["points"]
    calls: dict[str, Callable[[int], Array]] = {
        OURS: lambda count: ours(name, count),
        SCALAR: lambda count: one_by_one(name, count),
        NUMPY: lambda count: by_hand(MOMENTS[name], count),
    }
    call = calls[candidate]
    call(2)  # what a library sets up on first use is no property of the method
    if candidate == SCALAR:
        # The same grid, thinned out: the others' results are compared with `mean_fields` at all points.
        every = max(points // EVERY, 1)
        thinned = [axis[::every] for axis in axes(points)]
        return Prepared(lambda: nothing(one_by_one(name, 0, thinned)), part=len(thinned[0]) ** 2 / points**2)
    return Prepared(lambda: call(points))


def nothing(_found: Array) -> None:
    """A result at other points than those that are compared."""


def axes(points: int) -> tuple[Array, Array]:
    """The variances of weights and of biases."""
    of_weights, of_biases = RANGES
    return np.linspace(*of_weights, points), np.linspace(*of_biases, points)


def ours(name: str, points: int) -> Array:
    """By the public function."""
    sigma_w2, sigma_b2 = (axis.ravel() for axis in np.meshgrid(*axes(points), indexing="ij"))
    return mean_fields(name, sigma_w2, sigma_b2, DEPTH).critical_learning_rate(WIDTH, SAMPLES)


def one_by_one(name: str, points: int, grid: list[Array] | None = None) -> Array:
    """Point by point."""
    found = [mean_field(name, w, b, DEPTH) for w, b in product(*(grid or axes(points)))]
    return np.array([critical_learning_rate(field, WIDTH, SAMPLES) for field in found])


def by_hand(moments: Moments, points: int) -> Array:
    """The recursions (9) to (12) on arrays, (13), (15), (16) and (22)."""
    sigma_w2, sigma_b2 = (axis.ravel() for axis in np.meshgrid(*axes(points), indexing="ij"))
    h, h_st = [np.ones_like(sigma_w2)], [np.zeros_like(sigma_w2)]
    gains: list[tuple[Array, Array]] = []
    for _ in range(DEPTH - 1):
        q, c = sigma_w2 * h[-1] + sigma_b2, sigma_w2 * h_st[-1] + sigma_b2
        (value, gain), (value_st, gain_st) = moments(q, q), moments(q, c)
        h.append(value)
        h_st.append(value_st)
        gains.append((sigma_w2 * gain, sigma_w2 * gain_st))
    kappas = []
    for which, activities in enumerate((h, h_st)):
        back, total = np.ones_like(sigma_w2), activities[-1].copy()
        for layer in range(DEPTH - 2, -1, -1):
            back = back * gains[layer][which]
            total += back * activities[layer]
        kappas.append(total / (DEPTH - 1))
    largest = (DEPTH - 1) * ((SAMPLES - 1) / SAMPLES * kappas[1] + kappas[0] / SAMPLES) * WIDTH
    found: Array = 2.0 / largest
    return found


def relu(q: Array, c: Array) -> tuple[Array, Array]:
    """Arc-cosine kernels of the orders one and zero."""
    rho = np.clip(c / q, -1.0, 1.0)
    angle = np.pi - np.arccos(rho)
    return q / (2 * np.pi) * (np.sqrt(1 - rho**2) + rho * angle), angle / (2 * np.pi)


def erf(q: Array, c: Array) -> tuple[Array, Array]:
    """Those of phi = erf(x)."""
    scale = 1 + 2 * q
    return 2 / np.pi * np.arcsin(2 * c / scale), 4 / np.pi / np.sqrt(scale**2 - 4 * c**2)


def tanh(q: Array, c: Array) -> tuple[Array, Array]:
    """Sums over the nodes; for a covariance that is not the variance in two dimensions, some points at a time."""
    nodes, weights = NODES, WEIGHTS
    if c is q:
        value = np.tanh(np.sqrt(q)[:, None] * nodes) ** 2
        return value @ weights, (1 - value) ** 2 @ weights
    found = np.empty((2, len(q)))
    for start in range(0, len(q), 256):  # in the cache
        some = slice(start, start + 256)
        # of the shared part z of both inputs the mean is a product of means over what each has alone
        shared = np.sqrt(np.maximum(c[some], 0))[:, None, None] * nodes[:, None]
        alone = np.sqrt(np.maximum(q[some] - c[some], 0))[:, None, None] * nodes
        value = np.tanh(shared + alone)
        found[0, some] = (value @ weights) ** 2 @ weights
        found[1, some] = ((1 - value**2) @ weights) ** 2 @ weights
    return found[0], found[1]


MOMENTS: dict[str, Moments] = {"tanh": tanh, "relu": relu, "erf": erf}
