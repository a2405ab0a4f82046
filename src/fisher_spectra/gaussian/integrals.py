"""Gaussian expectations of activations: closed form where there is one, else quadrature.

Four routes for E phi(u) phi(v) with (u, v) centred Gaussian of variances q_s, q_t and covariance q_st:

1. the activation's closed form;
2. the Hermite (Mehler) series sum_n a_n(q_s) a_n(q_t) c^n with c the correlation and
   a_n(q) = E phi(sqrt(q) z) He_n(z) / sqrt(n!). Its coefficients belong to single variances, so T x T pairs cost
   T sets of coefficients and a few hundred multiplications each. By Parseval the norm of the neglected
   coefficients is known, and with it a bound on the error of every pair;
3. for the pairs where that bound is not met (correlation close to +-1 and a kinked activation or a very large
   variance) a two-dimensional Gauss-Legendre rule with the inner integral conditional on u, split at the kinks;
4. for smooth activations that approach straight lines, in place of 2 for few pairs and of 3, what
   `gaussian.straight_tails` makes of them.

All one-dimensional rules are composite Gauss-Legendre on panels that end at the kinks and shrink towards the origin
in units of the activation's argument, refined until they agree with their own refinement. Gauss-Hermite rules are
not used: tanh has poles at +-i pi / 2, and with 20 to 25 nodes kappa_1 of a deep network comes out 5 to 9 % wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.activations.closed_forms import correlation, largest_covariance
from fisher_spectra.activations.definitions import Tails
from fisher_spectra.common.arguments import check_callable, check_not_negative, real_array
from fisher_spectra.gaussian.straight_tails import mean_by_tails, second_moment_by_tails

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Any]

# Half width of the range of integration in standard deviations: the density there is 2e-37 of its maximum, small
# enough for integrands that grow like a polynomial of degree ten or like exp(5 z).
_RANGE = 13.0
# Nodes of each Gauss-Legendre panel. A panel as wide as twice its distance from the nearest pole is right to
# (1 + sqrt 2)^(-2 * 16) = 6e-13.
_PANEL_NODES = 16
# The normal density itself on a panel of this width is right to 1e-16.
_WIDEST_PANEL = 2.0
# Agreement demanded between a rule and its refinement, relative to the mean modulus of the integrand.
_REFINEMENT_TOLERANCE = 1e-12
_MAXIMUM_REFINEMENTS = 8
# Bound on the neglected part of a Hermite series, relative to the root of the product of the two second moments.
_SERIES_TOLERANCE = 1e-12
_SERIES_LENGTHS = (32, 64, 128, 256, 512, 1024, 2048)
# For this many pairs or fewer the two-dimensional rule (5 to 20 ms each) is cheaper than the longest series.
_FEW_PAIRS = 8
# Limits on temporary arrays: pairs at once (within the cache), values of the function at once, coefficients at once.
_CHUNK = 2**14
_MAXIMUM_VALUES = 2**20
_MAXIMUM_COEFFICIENTS = 2**24
# Rounding allowed in a covariance matrix before it is refused.
_COVARIANCE_TOLERANCE = 1e-9


def gaussian_mean(function: Function, kinks: Sequence[float] = (), variance: float = 1.0) -> float:
    """E function(sqrt(variance) z), z standard normal, to about 1e-12 of E |function|.

    Parameters
    ----------
    function
        Vectorised; smooth between the kinks on the scale of its argument's unit, of polynomial growth.
    kinks
        Points where the function or one of its derivatives jumps.
    variance
        Variance of the argument, >= 0. For 0 the result is function(0).

    Raises
    ------
    ValueError
        If the variance is negative or not finite, or the rule does not settle (a kink that was not named, values
        that are not finite).

    Examples
    --------
    >>> round(fs.gaussian_mean(np.cos, variance=2.0), 10)  # 1 / e
    0.3678794412
    >>> round(fs.gaussian_mean(np.abs, kinks=(0.0,)), 10)  # sqrt(2 / pi)
    0.7978845608
    """
    check_callable("function", function)
    variance = check_not_negative("variance", variance)
    kinks = real_array("kinks", kinks).ravel().tolist()
    root = math.sqrt(variance)

    def at(z: Array) -> Array:
        return np.broadcast_to(np.asarray(function(root * z), dtype=np.float64), z.shape)

    if variance == 0.0:
        return float(at(np.zeros(1))[0])
    breakpoints = _breakpoints([kink / root for kink in kinks], 1.0 / root)
    previous = math.nan
    for refinement in range(_MAXIMUM_REFINEMENTS + 1):
        nodes, weights = _line_rule(breakpoints, refinement)
        values = at(nodes)
        mean = float(weights @ values)
        if abs(mean - previous) <= _REFINEMENT_TOLERANCE * float(weights @ np.abs(values)):
            return mean
        previous = mean
    raise ValueError(_unsettled(variance))


def second_moment(activation: Activation | str, q: npt.ArrayLike) -> Array:
    """E phi(sqrt(q) z)^2 for every element of q (any shape, >= 0); accuracy as in :func:`kernel`.

    Parameters
    ----------
    activation
        phi.
    q
        Variances of the argument, >= 0, any shape.

    Returns
    -------
    Array of the shape of q.

    Raises
    ------
    ValueError
        If a variance is negative or not finite, or the quadrature does not settle.

    Examples
    --------
    >>> fs.second_moment(fs.get_activation("tanh"), [0.5, 1.0]).round(6)
    array([0.273676, 0.394294])
    """
    activation, q = as_activation(activation), _checked_variances(q, "q")
    closed = activation.closed_forms.moment
    if closed is not None:
        return closed(q)
    return _second_moment(activation, activation.kinks, activation.tails, q)


def derivative_second_moment(activation: Activation | str, q: npt.ArrayLike) -> Array:
    """E phi'(sqrt(q) z)^2 for every element of q (any shape, >= 0); phi'(0)^2 at q = 0.

    Parameters
    ----------
    activation
        phi.
    q
        Variances of the argument, >= 0, any shape.

    Returns
    -------
    Array of the shape of q.

    Raises
    ------
    ValueError
        As :func:`second_moment`.

    Examples
    --------
    >>> fs.derivative_second_moment(fs.get_activation("relu"), [0.5, 1.0])
    array([0.5, 0.5])
    """
    activation, q = as_activation(activation), _checked_variances(q, "q")
    closed = activation.closed_forms.derivative_moment
    if closed is not None:
        return closed(q)
    return _second_moment(activation.derivative, activation.kinks, activation.derivative_tails, q)


def kernel(activation: Activation | str, q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
    """E phi(u) phi(v), I_phi of Karakida et al. (10) for two variances that may differ.

    Parameters
    ----------
    activation
        phi.
    q_s, q_t, q_st
        Variances of u and v and their covariance (any sign), broadcast together. Work that depends on one
        variance is done once for each distinct variance.

    Returns
    -------
    Array of the broadcast shape. Absolute error below 1e-10 sqrt(E phi(u)^2 E phi(v)^2) for smooth activations, 1e-8
    for kinked ones without closed form, rounding error with a closed form.

    Raises
    ------
    ValueError
        If a variance is negative, a value not finite, or |q_st| > sqrt(q_s q_t).

    Notes
    -----
    Cost for 500 x 500 pairs on one core: about 10 ms with an elementary closed form, 0.3 to 0.8 s with kinks off the
    origin (hard tanh), 0.1 to 3 s by the Hermite series (tanh, SiLU, softplus; the longer the larger the variances).
    A pair that needs the two-dimensional rule costs some ten milliseconds; with the built-in activations that happens
    only for tanh, at variances between 4 and 100 and |correlation| very close to 1.

    Examples
    --------
    >>> fs.kernel(fs.get_activation("erf"), 1.0, 1.0, [0.0, 0.5, 1.0]).round(6)
    array([0.      , 0.216347, 0.464559])
    """
    activation = as_activation(activation)
    q_s, q_t, q_st = _checked_covariances(q_s, q_t, q_st)
    closed = activation.closed_forms.kernel
    if closed is not None:
        return closed(q_s, q_t, q_st)
    return _kernel(activation, activation.kinks, activation.tails, q_s, q_t, correlation(q_s, q_t, q_st))


def derivative_kernel(
    activation: Activation | str, q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike
) -> Array:
    """E phi'(u) phi'(v), I_phi' of Karakida et al. (12); everything else as for :func:`kernel`.

    Parameters
    ----------
    activation, q_s, q_t, q_st
        As for :func:`kernel`.

    Raises
    ------
    ValueError
        As :func:`kernel`.

    Examples
    --------
    >>> fs.derivative_kernel(fs.get_activation("relu"), 1.0, 1.0, [0.0, 0.5, 1.0]).round(6)
    array([0.25    , 0.333333, 0.5     ])
    """
    activation = as_activation(activation)
    q_s, q_t, q_st = _checked_covariances(q_s, q_t, q_st)
    closed = activation.closed_forms.derivative_kernel
    if closed is not None:
        return closed(q_s, q_t, q_st)
    c = correlation(q_s, q_t, q_st)
    return _kernel(activation.derivative, activation.kinks, activation.derivative_tails, q_s, q_t, c)


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def _checked_variances(q: npt.ArrayLike, name: str) -> Array:
    q = real_array(name, q)
    wrong = ~(np.isfinite(q) & (q >= 0.0))
    if np.any(wrong):
        raise ValueError(f"{name} = {q[wrong].flat[0]:g}: a variance must be a finite number >= 0")
    return q


def _checked_covariances(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array, Array]:
    q_s, q_t = _checked_variances(q_s, "q_s"), _checked_variances(q_t, "q_t")
    q_st = real_array("q_st", q_st)
    try:
        np.broadcast_shapes(q_s.shape, q_t.shape, q_st.shape)
    except ValueError as error:
        raise ValueError(
            f"q_s, q_t and q_st have the shapes {q_s.shape}, {q_t.shape} and {q_st.shape}: must broadcast together"
        ) from error
    limit = largest_covariance(q_s, q_t)
    wrong = ~(np.abs(q_st) <= limit * (1.0 + _COVARIANCE_TOLERANCE))
    if np.any(wrong):
        covariance, allowed = np.broadcast_arrays(q_st, limit)
        value, most = covariance[wrong].flat[0], allowed[wrong].flat[0]
        raise ValueError(f"q_st = {value:g}: a covariance must be between -{most:g} and {most:g}, sqrt(q_s q_t)")
    return q_s, q_t, np.clip(q_st, -limit, limit)


# ---------------------------------------------------------------------------------------------------------------------
# Rules on a line


@lru_cache(maxsize=1)
def _panel_rule() -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(_PANEL_NODES)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi))


def _offsets(finest: float) -> Array:
    """0 and lengths that double from ``finest`` (or the widest panel) to beyond the range."""
    finest = min(finest, _WIDEST_PANEL)
    return np.append(0.0, finest * 2.0 ** np.arange(math.ceil(math.log2(2.0 * _RANGE / finest)) + 1))


def _breakpoints(centres: Sequence[float], finest: float, widest: float = _WIDEST_PANEL) -> Array:
    """Ends of panels in z: the centres and the origin, and around each of them panels that double from ``finest``."""
    offsets = _offsets(finest)
    points = np.add.outer([0.0, *centres], np.concatenate([-offsets, offsets])).ravel()
    points = np.unique(np.append(points[np.abs(points) < _RANGE], [-_RANGE, _RANGE]))
    if np.all(np.diff(points) <= widest):
        return points
    pieces = [np.linspace(left, right, 1 + math.ceil((right - left) / widest))[:-1] for left, right in pairwise(points)]
    return np.append(np.concatenate(pieces), _RANGE)


def _line_rule(breakpoints: Array, refinement: int) -> tuple[Array, Array]:
    """Nodes z and weights (with the normal density) of the composite rule, every panel cut into 2^refinement."""
    pieces = 2**refinement
    lengths = np.diff(breakpoints) / pieces
    starts = (breakpoints[:-1, None] + lengths[:, None] * np.arange(pieces)).ravel()
    lengths = np.repeat(lengths, pieces)
    unit_nodes, unit_weights = _panel_rule()
    nodes = (starts[:, None] + lengths[:, None] * unit_nodes).ravel()
    return nodes, (lengths[:, None] * unit_weights).ravel() * _density(nodes)


def _rules(
    function: Function, kinks: Sequence[float], variances: Array, widest: float
) -> list[tuple[npt.NDArray[np.intp], Array, Array]]:
    """Rules for positive variances, as (indices of variances, nodes, weights).

    One rule serves all variances of one order of magnitude, unless there are kinks off the origin: these move with
    the variance, so each variance has its own.
    """
    if any(kink != 0.0 for kink in kinks):
        groups = [np.array([i]) for i in range(variances.size)]
    else:
        magnitude = np.floor(np.log10(variances))
        groups = [np.flatnonzero(magnitude == value) for value in np.unique(magnitude)]
    return [(group, *_settled_rule(function, kinks, variances[group], widest)) for group in groups]


def _settled_rule(function: Function, kinks: Sequence[float], variances: Array, widest: float) -> tuple[Array, Array]:
    """A rule that integrates function(sqrt(q) z)^2 for the smallest, middle and largest of the variances."""
    roots = np.sqrt(np.unique([variances.min(), np.median(variances), variances.max()]))
    breakpoints = _breakpoints([kink / roots[-1] for kink in kinks], 1.0 / float(roots[-1]), widest)
    previous = np.full(roots.size, np.nan)
    for refinement in range(_MAXIMUM_REFINEMENTS + 1):
        nodes, weights = _line_rule(breakpoints, refinement)
        means = np.asarray(function(roots[:, None] * nodes), dtype=np.float64) ** 2 @ weights
        if np.all(np.abs(means - previous) <= _REFINEMENT_TOLERANCE * means):
            return nodes, weights
        previous = means
    raise ValueError(_unsettled(float(variances.max())))


def _unsettled(variance: float) -> str:
    return (
        f"Gaussian mean with variance {variance:g} does not settle: "
        "the function must be finite, and smooth between the kinks that are named"
    )


def _in_tails(tails: Tails | None, q: Array) -> npt.NDArray[np.bool_]:
    """Whether the tails are known and used for these variances."""
    return np.zeros(q.shape, dtype=bool) if tails is None else np.asarray(q >= tails.least_variance)


def _second_moment(function: Function, kinks: Sequence[float], tails: Tails | None, q: Array) -> Array:
    variances, inverse = np.unique(q, return_inverse=True)
    moments = np.full(variances.size, float(np.asarray(function(np.zeros(1)))[0]) ** 2)
    tailed = _in_tails(tails, variances)
    if tails is not None:
        moments[tailed] = [second_moment_by_tails(function, tails, float(variance)) for variance in variances[tailed]]
    positive = np.flatnonzero((variances > 0.0) & ~tailed)
    for group, nodes, weights in _rules(function, kinks, variances[positive], _WIDEST_PANEL):
        for part in np.array_split(positive[group], math.ceil(group.size * nodes.size / _MAXIMUM_VALUES)):
            roots = np.sqrt(variances[part])[:, None]
            moments[part] = np.asarray(function(roots * nodes)) ** 2 @ weights
    return moments[inverse].reshape(q.shape)


# ---------------------------------------------------------------------------------------------------------------------
# Pairs


def _kernel(function: Function, kinks: Sequence[float], tails: Tails | None, q_s: Array, q_t: Array, c: Array) -> Array:
    """E function(u) function(v) for variances and correlations that have been checked."""
    shape = c.shape
    q_s, q_t, c = np.broadcast_to(q_s, shape).ravel(), np.broadcast_to(q_t, shape).ravel(), c.ravel()
    result = np.empty(c.size)
    itself = (c == 1.0) & (q_s == q_t)
    result[itself] = _second_moment(function, kinks, tails, q_s[itself])
    tailed = _in_tails(tails, np.minimum(q_s, q_t)) & (np.abs(c) < 1.0)
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
            result[i] = (_collinear_mean if abs(c[i]) == 1.0 else _plane_mean)(function, kinks, *pair)
    return result.reshape(shape)


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
    widest = min(_WIDEST_PANEL, 12.0 / math.sqrt(length))
    for group, nodes, weights in _rules(function, kinks, q[positive], widest):
        table = _hermite_table(nodes, length)
        # The table holds He_n sqrt(density), which is bounded: the other half of the density stays with the weights.
        half_weights = weights * np.exp(0.25 * nodes**2)
        for part in np.array_split(group, math.ceil(group.size * nodes.size / _MAXIMUM_VALUES)):
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


def _plane_mean(function: Function, kinks: Sequence[float], q_s: float, q_t: float, c: float) -> float:
    """E function(u) function(v): outer rule over z_1 = u / sqrt(q_s), inner rule over z_2 with v given u."""
    root_s, root_t, spread = math.sqrt(q_s), math.sqrt(q_t), math.sqrt((1.0 - c) * (1.0 + c))
    slope = root_t * c
    # The inner integral varies as fast as function(slope z_1), except that its kinks are smeared over spread / |c|.
    finest = min(1.0 / root_s, 1.0 / root_t, spread if kinks else 1.0)
    outer_kinks = [kink / root_s for kink in kinks] + [kink / slope for kink in kinks]
    z_1, weights_1 = _line_rule(_breakpoints(outer_kinks, finest), 0)
    inner_root = root_t * spread
    # z_2 at the origin and at the kinks of v = slope z_1 + inner_root z_2, for every outer node.
    centres = (np.array([0.0, *kinks]) - slope * z_1[:, None]) / inner_root
    offsets = _offsets(1.0 / inner_root)
    offsets = np.concatenate([-offsets[:0:-1], offsets])
    grid = np.broadcast_to(np.arange(-_RANGE, _RANGE + 1.0), (z_1.size, round(2 * _RANGE) + 1))
    ends = np.concatenate([grid, (centres[:, :, None] + offsets).reshape(z_1.size, -1)], axis=1)
    ends = np.sort(np.clip(ends, -_RANGE, _RANGE), axis=1)
    lengths = np.diff(ends, axis=1)[:, :, None]
    unit_nodes, unit_weights = _panel_rule()
    z_2 = ends[:, :-1, None] + lengths * unit_nodes
    weights_2 = lengths * unit_weights * _density(z_2)
    inner = np.sum(weights_2 * np.asarray(function(slope * z_1[:, None, None] + inner_root * z_2)), axis=(1, 2))
    return float(weights_1 @ (np.asarray(function(root_s * z_1)) * inner))
