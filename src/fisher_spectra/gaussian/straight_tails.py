"""E f(u) f(v) for functions that approach straight lines far from the origin, at variances that reach out to them.

f = A + r, where A is a straight line on either side of the origin and r falls exponentially away from it. E A A is in
closed form, E A r needs one integral over the few units in which r lives, as E(A(u) | v) is known, and E r r two of
them. On that scale Gaussian densities are smooth: the cost is the same for any variance, while a series in Hermite
polynomials, or a rule over the whole plane, has to resolve ever finer details.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.definitions import Tails
from fisher_spectra.common.gauss_legendre import gauss_legendre

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Any]

# From this deviation on the density of one variable given the other is smooth on the scale of r.
_LEAST_CONDITIONAL_DEVIATION = 4.0
# Panels for r, to the right of the origin: where they end it has fallen by exp(-40).
_ENDS = (0.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 40.0)
# Panels for a variable given the other, in deviations and in units of its own.
_RANGE, _WIDEST, _WIDEST_IN_UNITS = 13.0, 2.0, 2.0
_PANEL_NODES = 16


def second_moment_by_tails(function: Function, tails: Tails, q: float) -> float:
    """E function(u)^2 for a variance of at least `tails.least_variance`, to about 1e-14 of it."""
    root = math.sqrt(q)
    x, weights = _right_half(_ENDS)
    density = weights * np.exp(-0.5 * (x / root) ** 2) / (root * math.sqrt(2.0 * math.pi))
    at_right, at_left = tails.left + tails.jump + tails.bend * x, tails.left
    right, left = np.asarray(function(x)) - at_right, np.asarray(function(-x)) - at_left
    remainder = density @ (right * (right + 2.0 * at_right) + left * (left + 2.0 * at_left))
    return _tails_with_tails(tails, root, root, 1.0) + float(remainder)


def mean_by_tails(function: Function, tails: Tails, q_s: float, q_t: float, c: float) -> float:
    """E function(u) function(v) for variances of at least `tails.least_variance` and |c| < 1.

    Right to about 1e-14 of the root of the product of the two second moments.
    """
    root_s, root_t, spread = math.sqrt(q_s), math.sqrt(q_t), math.sqrt((1.0 - c) * (1.0 + c))
    least = spread * min(root_s, root_t)
    product_rule = least >= _LEAST_CONDITIONAL_DEVIATION
    # Below, what is known of one variable from the other changes within `least` of the origin.
    halvings = 0 if product_rule else max(math.ceil(math.log2(_ENDS[1] / least)), 0)
    x, weights = _right_half((0.0, *(_ENDS[1] * 0.5**k for k in range(halvings, 0, -1)), *_ENDS[1:]))
    right = weights * (np.asarray(function(x)) - tails.left - tails.jump - tails.bend * x)
    left = weights * (np.asarray(function(-x)) - tails.left)

    def with_tails(root: float, other: float) -> float:
        """E A(u) r(v), u and v of the deviations `other` and `root`."""
        mean, deviation = c * other / root * x, other * spread
        bell = deviation / math.sqrt(2.0 * math.pi) * np.exp(-0.5 * (mean / deviation) ** 2)
        above, below = scipy.special.ndtr(mean / deviation), scipy.special.ndtr(-mean / deviation)
        at_right = tails.left + tails.jump * above + tails.bend * (mean * above + bell)
        at_left = tails.left + tails.jump * below + tails.bend * (bell - mean * below)
        density = np.exp(-0.5 * (x / root) ** 2) / (root * math.sqrt(2.0 * math.pi))
        return float(np.sum(density * (right * at_right + left * at_left)))

    total = _tails_with_tails(tails, root_s, root_t, c) + with_tails(root_t, root_s)
    if product_rule:
        u, v = x[:, None] / root_s, x / root_t
        squares, product = -0.5 * (u**2 + v**2) / spread**2, c * u * v / spread**2
        scale = 1.0 / (2.0 * math.pi * root_s * root_t * spread)
        same, opposite = scale * np.exp(squares + product), scale * np.exp(squares - product)
        remainders = right @ same @ right + left @ same @ left + right @ opposite @ left + left @ opposite @ right
        return total + with_tails(root_s, root_t) + float(remainders)
    # E r(u) f(v), the mean of f(v) for given u by a rule of its own.
    u = np.concatenate([x, -x])
    z, z_weights = _normal_rule(root_t * spread)
    means = np.asarray(function(c * root_t / root_s * u[:, None] + root_t * spread * z)) @ z_weights
    density = np.exp(-0.5 * (u / root_s) ** 2) / (root_s * math.sqrt(2.0 * math.pi))
    return total + float(np.concatenate([right, left]) @ (density * means))


def _tails_with_tails(tails: Tails, root_s: float, root_t: float, c: float) -> float:
    """E A(u) A(v)."""
    angle = 0.5 * math.pi + math.asin(c)
    root = math.sqrt((1.0 - c) * (1.0 + c))
    steps = tails.left * (tails.left + tails.jump) + tails.jump**2 * angle / (2.0 * math.pi)
    mixed = tails.bend * (root_s + root_t) / math.sqrt(2.0 * math.pi) * (tails.left + 0.5 * tails.jump * (1.0 + c))
    return steps + mixed + tails.bend**2 * root_s * root_t * (root + c * angle) / (2.0 * math.pi)


def _normal_rule(deviation: float) -> tuple[Array, Array]:
    """Nodes and weights for a standard normal variable, times whose deviation f is taken."""
    panels = math.ceil(2.0 * _RANGE / min(_WIDEST, _WIDEST_IN_UNITS / deviation))
    z, weights = _panels(np.linspace(-_RANGE, _RANGE, panels + 1))
    return z, weights * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)


@lru_cache(maxsize=32)
def _right_half(ends: tuple[float, ...]) -> tuple[Array, Array]:
    return _panels(np.array(ends))


def _panels(ends: Array) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre's rule in each panel."""
    nodes, weights = gauss_legendre(_PANEL_NODES)
    half = 0.5 * np.diff(ends)[:, None]
    return (ends[:-1, None] + half * (nodes + 1.0)).ravel(), (half * weights).ravel()
