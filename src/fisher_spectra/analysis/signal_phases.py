"""Order and chaos: fixed points of the signal in deep random networks, on a grid of variances.

Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016; Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017. The second
moment follows q' = sigma_w2 E phi(sqrt(q) z)^2 + sigma_b2 from layer to layer. At its fixed point q* two samples
approach each other (order) where chi = sigma_w2 E phi'(sqrt(q*) z)^2 < 1, and part (chaos) where chi > 1. Their
correlation c comes to a fixed point c*, which is 1 in the ordered phase, within xi = -1 / log(sigma_w2 E phi'(u)
phi'(v)) layers, where u and v have correlation c*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.gaussian.equal_variances import equal_variances

Array = npt.NDArray[np.float64]

# Fixed points are sought between these: below, phi is a straight line to this relative accuracy (its slope is that of
# the origin); above, only unbounded activations are left, whose slopes have come to their limits.
_LOWEST, _HIGHEST, _PER_DECADE = 1e-6, 1e6, 20
_ACCURACY = 1e-10  # relative, of q*
_ROUNDS = 60  # of bisection, which alone would give 1e-18
# c* this close to 1 cannot be told from it in sums over quadrature points
_NEXT_TO_ONE = 1e-6


@dataclass(frozen=True)
class Phases:
    """On a grid, flattened.

    Attributes
    ----------
    moment
        q*; 0 where the signal dies away, infinity where it grows without end.
    slope
        chi; where q* is 0 or infinite, its limit there.
    correlation_length
        xi in layers; ``nan`` where q* is 0 or infinite.
    """

    moment: Array
    slope: Array
    correlation_length: Array


def phases(phi: Activation, sigma_w2: Array, sigma_b2: Array, input_moment: float = 1.0) -> Phases:
    """Fixed points for pairs of variances, shape (n,) each.

    Parameters
    ----------
    phi
        The activation.
    sigma_w2, sigma_b2
        Variances, > 0 and >= 0.
    input_moment
        q_hat^0: where there are several fixed points, that one is taken to which inputs of this moment come.
    """
    moment = fixed_moments(phi, sigma_w2, sigma_b2, input_moment)
    slope = slopes(phi, sigma_w2, moment)
    return Phases(moment, slope, _correlation_lengths(phi, sigma_w2, sigma_b2, moment, slope))


def slopes(phi: Activation, sigma_w2: Array, moment: Array) -> Array:
    """chi at these fixed points."""
    inside = np.clip(moment, _LOWEST, _HIGHEST)
    return np.asarray(sigma_w2 * equal_variances(phi).derivative_second_moment(inside))


def fixed_moments(phi: Activation, sigma_w2: Array, sigma_b2: Array, input_moment: float = 1.0) -> Array:
    """q* to which the second moment comes from that of the inputs; 0 and infinity outside the range that is sought."""
    decades = np.log10(_HIGHEST / _LOWEST)
    nodes = np.geomspace(_LOWEST, _HIGHEST, round(_PER_DECADE * decades) + 1)
    values = equal_variances(phi).second_moment(nodes)
    change = sigma_w2[:, None] * values + sigma_b2[:, None] - nodes  # q' - q
    start = np.searchsorted(nodes, np.clip(sigma_w2 * input_moment + sigma_b2, _LOWEST, _HIGHEST * 0.99), "right")
    rows = np.arange(len(sigma_w2))
    rises = change[rows, np.minimum(start, len(nodes) - 1)] > 0.0
    place = np.arange(len(nodes))
    # Rising: the first node above at which it falls. Falling: the last node below at which it does not.
    above = np.where((place >= start[:, None]) & (change <= 0.0), place, len(nodes)).min(axis=1)
    below = np.where((place <= start[:, None]) & (change > 0.0), place, -1).max(axis=1)
    upper = np.where(rises, above, below + 1)
    moment = np.where(upper >= len(nodes), np.inf, 0.0)
    found = (upper > 0) & (upper < len(nodes))
    if found.any():
        low, high = nodes[upper[found] - 1], nodes[upper[found]]
        moment[found] = _root(phi, sigma_w2[found], sigma_b2[found], low, high)
    return np.asarray(moment)


def _root(phi: Activation, sigma_w2: Array, sigma_b2: Array, low: Array, high: Array) -> Array:
    """Where q' = q between two bounds, q' > q at the lower one: secants that keep the root between (Illinois rule)."""

    means = equal_variances(phi)

    def change(q: Array) -> Array:
        return np.asarray(sigma_w2 * means.second_moment(q) + sigma_b2 - q)

    at_low, at_high = change(low), change(high)
    for _ in range(_ROUNDS):
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = (low * at_high - high * at_low) / (at_high - at_low)
        middle = np.where(np.isfinite(middle), np.clip(middle, low, high), 0.5 * (low + high))
        here = change(middle)
        is_low = here > 0.0
        # the end that stays counts half, or it would stay for ever
        at_high = np.where(is_low, 0.5 * at_high, here)
        at_low = np.where(is_low, here, 0.5 * at_low)
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        if np.all((np.abs(here) <= _ACCURACY * middle) | (high - low <= _ACCURACY * middle)):
            break
    return middle


def _correlation_lengths(phi: Activation, sigma_w2: Array, sigma_b2: Array, moment: Array, slope: Array) -> Array:
    length = np.full_like(moment, np.nan)
    there = np.isfinite(moment) & (moment > 0.0)
    if not there.any():
        return length
    means = equal_variances(phi)
    q, w2, b2 = moment[there], sigma_w2[there], sigma_b2[there]
    correlation = np.ones_like(q)
    chaotic = np.flatnonzero(slope[there] >= 1.0)
    low, high = np.zeros(chaotic.size), np.full(chaotic.size, 1.0 - _NEXT_TO_ONE)
    for _ in range(_ROUNDS // 2):
        middle = 0.5 * (low + high)
        rises = w2[chaotic] * means.kernel(q[chaotic], middle * q[chaotic]) + b2[chaotic] > middle * q[chaotic]
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    correlation[chaotic] = 0.5 * (low + high)
    if phi.is_odd:  # without biases c* is 0 exactly, where the map only falls
        correlation = np.where((slope[there] > 1.0) & (b2 == 0.0), 0.0, correlation)
    rate = w2 * means.derivative_kernel(q, correlation * q)
    with np.errstate(divide="ignore"):
        length[there] = np.where(rate > 0.0, -1.0 / np.log(np.clip(rate, 0.0, 1.0)), 0.0)
    return length


def edge_of_chaos(phi: Activation, lowest: float, highest: float, sigma_b2: Array, input_moment: float = 1.0) -> Array:
    """sigma_w2 between two bounds at which chi = 1, for each sigma_b2; ``nan`` where there is none, shape (n,)."""

    def excess(sigma_w2: Array) -> Array:
        return slopes(phi, sigma_w2, fixed_moments(phi, sigma_w2, sigma_b2, input_moment)) - 1.0

    low, high = np.full_like(sigma_b2, lowest), np.full_like(sigma_b2, highest)
    crosses = (excess(low) < 0.0) & (excess(high) >= 0.0)
    for _ in range(_ROUNDS // 2):  # 1e-9 of the interval; chi has a corner at sigma_b2 = 0, where secants are slow
        middle = 0.5 * (low + high)
        ordered = excess(middle) < 0.0
        low, high = np.where(ordered, middle, low), np.where(ordered, high, middle)
    return np.asarray(np.where(crosses, 0.5 * (low + high), np.nan))
