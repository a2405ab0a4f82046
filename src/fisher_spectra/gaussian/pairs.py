"""E f(u) f(v) of any function for pairs of centred Gaussian variables: Hermite series, then rules over the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.definitions import Tails
from fisher_spectra.gaussian.line_rules import (
    MAXIMUM_VALUES,
    RANGE,
    WIDEST_PANEL,
    breakpoints_about,
    gaussian_mean,
    in_tails,
    line_rule,
    mean_of_square,
    normal_density,
    panel_offsets,
    panel_rule,
    settled_rules,
)
from fisher_spectra.gaussian.straight_tails import mean_by_tails

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Any]

# Bound on the neglected part of a Hermite series, relative to the root of the product of the two second moments.
_SERIES_TOLERANCE = 1e-12
_SHORT_LENGTHS = (32, 64, 128, 256)
_SERIES_LENGTHS = (*_SHORT_LENGTHS, 512, 1024, 2048)
# For this many pairs or fewer the two-dimensional rule (5 to 20 ms each) is cheaper than the longest series.
_FEW_PAIRS = 8
# Limits on temporary arrays: pairs at once (within the cache), coefficients at once.
_CHUNK = 2**14
_MAXIMUM_COEFFICIENTS = 2**24


def mean_of_product(
    function: Function, kinks: Sequence[float], tails: Tails | None, q_s: Array, q_t: Array, c: Array
) -> Array:
    """E function(u) function(v) for variances and correlations that have been checked."""
    shape = c.shape
    q_s, q_t, c = np.broadcast_to(q_s, shape).ravel(), np.broadcast_to(q_t, shape).ravel(), c.ravel()
    result = np.empty(c.size)
    itself = (c == 1.0) & (q_s == q_t)
    result[itself] = mean_of_square(function, kinks, tails, q_s[itself])
    tailed = in_tails(tails, np.minimum(q_s, q_t)) & (np.abs(c) < 1.0)
    # One by one these take less than a series does, together more.
    at_once = ~itself & ~tailed if np.count_nonzero(~itself & tailed) <= _FEW_PAIRS else ~itself
    remaining = np.flatnonzero(at_once)
    for length in _SERIES_LENGTHS:
        if remaining.size > (_FEW_PAIRS if length > 256 else 0):
            remaining = _add_series(function, kinks, q_s, q_t, c, length, remaining, result)
    for i in np.concatenate([remaining, np.flatnonzero(~itself & ~at_once)]):
        pair = float(q_s[i]), float(q_t[i]), float(c[i])
        if tails is not None and tailed[i]:
            result[i] = mean_by_tails(function, tails, *pair)
        else:
            result[i] = (_collinear_mean if abs(c[i]) == 1.0 else plane_mean)(function, kinks, *pair)
    return result.reshape(shape)


def means_by_short_series(
    function: Function, kinks: Sequence[float], q: Array, c: Array
) -> tuple[Array, npt.NDArray[np.intp]]:
    """E function(u) function(v) of equal variances, where a series of up to 256 terms has it, and the other places.

    Parameters
    ----------
    function, kinks
        Smooth between its kinks.
    q, c
        Variances > 0 and correlations, shape (n,) each.
    """
    result, remaining = np.empty(c.size), np.arange(c.size)
    for length in _SHORT_LENGTHS:
        if remaining.size:
            remaining = _add_series(function, kinks, q, q, c, length, remaining, result)
    return result, remaining


def _add_series(
    function: Function,
    kinks: Sequence[float],
    q_s: Array,
    q_t: Array,
    c: Array,
    length: int,
    members: npt.NDArray[np.intp],
    result: Array,
) -> npt.NDArray[np.intp]:
    """Fill in the members for which the Hermite series of this length is accurate; return the others."""
    variances, inverse = np.unique(np.concatenate([q_s[members], q_t[members]]), return_inverse=True)
    if variances.size * length > _MAXIMUM_COEFFICIENTS and members.size > 1:
        halves = np.array_split(members, 2)
        return np.concatenate([_add_series(function, kinks, q_s, q_t, c, length, half, result) for half in halves])
    coefficients, rest = _hermite_coefficients_and_rest(function, kinks, variances, length)
    norms = np.sqrt(np.sum(coefficients**2, axis=0) + rest**2)
    index_s, index_t = inverse[: members.size], inverse[members.size :]
    # Cauchy-Schwarz on the neglected terms.
    bound = rest[index_s] * rest[index_t] * np.abs(c[members]) ** length
    accurate = bound <= _SERIES_TOLERANCE * norms[index_s] * norms[index_t]
    chosen = np.flatnonzero(accurate)
    for part in np.array_split(chosen, math.ceil(chosen.size / _CHUNK)) if chosen.size else []:
        s, t, power = index_s[part], index_t[part], c[members[part]]
        total = np.zeros(part.size)
        # Horner's rule, from the highest order down.
        for row in coefficients[::-1]:
            total *= power
            total += row[s] * row[t]
        result[members[part]] = total
    return np.asarray(members[~accurate], dtype=np.intp)


def _hermite_coefficients_and_rest(
    function: Function, kinks: Sequence[float], q: Array, length: int
) -> tuple[Array, Array]:
    """a_n(q) for n < length, shape (length, len(q)), and the norm of the rest, sqrt(sum_{n >= length} a_n^2)."""
    coefficients = np.zeros((length, q.size))
    rest = np.zeros(q.size)
    coefficients[0, q == 0.0] = np.asarray(function(np.zeros(1)))[0]
    positive = np.flatnonzero(q > 0.0)
    # He_n oscillates with wave number sqrt(n); 16 nodes resolve a phase of about 12 in each panel.
    widest = min(WIDEST_PANEL, 12.0 / math.sqrt(length))
    for group, nodes, weights in settled_rules(function, kinks, q[positive], widest):
        table = _hermite_table(nodes, length)
        # The table holds He_n sqrt(density), which is bounded: the other half of the density stays with the weights.
        half_weights = weights * np.exp(0.25 * nodes**2)
        for part in np.array_split(group, math.ceil(group.size * nodes.size / MAXIMUM_VALUES)):
            members = positive[part]
            values = np.asarray(function(np.sqrt(q[members])[:, None] * nodes), dtype=np.float64)
            coefficients[:, members] = table @ (values * half_weights).T
            kept = np.sum(coefficients[:, members] ** 2, axis=0)
            rest[members] = np.sqrt(np.maximum(values**2 @ weights - kept, 0.0))
    return coefficients, rest


def _hermite_table(nodes: Array, length: int) -> Array:
    """He_n(z) exp(-z^2 / 4) / sqrt(n!), shape (length, len(nodes)), by the orthonormal three-term recursion."""
    table = np.empty((length, nodes.size))
    table[0] = np.exp(-0.25 * nodes**2)
    table[1] = nodes * table[0]
    for n in range(1, length - 1):
        table[n + 1] = (nodes * table[n] - math.sqrt(n) * table[n - 1]) / math.sqrt(n + 1)
    return table


def _collinear_mean(function: Function, kinks: Sequence[float], q_s: float, q_t: float, c: float) -> float:
    """E function(u) function(v) for correlation c = +-1: both are multiples of one variable."""
    larger = max(q_s, q_t)
    scale_s, scale_t = math.sqrt(q_s / larger), math.copysign(math.sqrt(q_t / larger), c)
    both_kinks = [kink / scale_s for kink in kinks] + [kink / scale_t for kink in kinks]
    return gaussian_mean(lambda x: function(scale_s * x) * function(scale_t * x), both_kinks, larger)


def plane_mean(function: Function, kinks: Sequence[float], q_s: float, q_t: float, c: float) -> float:
    """E function(u) function(v): outer rule over z_1 = u / sqrt(q_s), inner rule over z_2 with v given u."""
    root_s, root_t, spread = math.sqrt(q_s), math.sqrt(q_t), math.sqrt((1.0 - c) * (1.0 + c))
    slope = root_t * c
    # The inner integral varies as fast as function(slope z_1), except that its kinks are smeared over spread / |c|.
    finest = min(1.0 / root_s, 1.0 / root_t, spread if kinks else 1.0)
    outer_kinks = [kink / root_s for kink in kinks] + [kink / slope for kink in kinks]
    z_1, weights_1 = line_rule(breakpoints_about(outer_kinks, finest), 0)
    inner_root = root_t * spread
    # z_2 at the origin and at the kinks of v = slope z_1 + inner_root z_2, for every outer node.
    centres = (np.array([0.0, *kinks]) - slope * z_1[:, None]) / inner_root
    offsets = panel_offsets(1.0 / inner_root)
    offsets = np.concatenate([-offsets[:0:-1], offsets])
    grid = np.broadcast_to(np.arange(-RANGE, RANGE + 1.0), (z_1.size, round(2 * RANGE) + 1))
    ends = np.concatenate([grid, (centres[:, :, None] + offsets).reshape(z_1.size, -1)], axis=1)
    ends = np.sort(np.clip(ends, -RANGE, RANGE), axis=1)
    lengths = np.diff(ends, axis=1)[:, :, None]
    unit_nodes, unit_weights = panel_rule()
    z_2 = ends[:, :-1, None] + lengths * unit_nodes
    weights_2 = lengths * unit_weights * normal_density(z_2)
    inner = np.sum(weights_2 * np.asarray(function(slope * z_1[:, None, None] + inner_root * z_2)), axis=(1, 2))
    return float(weights_1 @ (np.asarray(function(root_s * z_1)) * inner))
