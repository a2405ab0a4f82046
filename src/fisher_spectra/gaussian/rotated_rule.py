"""E f(u) f(v) for two Gaussian variables of one variance that are almost the same, or almost opposite.

With c the correlation and x, y independent and standard normal, u = p x + r y and v = p x - r y, or its opposite if
c < 0, where p, r = sqrt(q (1 +- |c|) / 2): kinks of f(u) f(v) are straight lines in the plane of x and y, and what is
left after the integral over x varies with y as slowly as f(r y) does. So the rule does not grow dearer as the
correlation comes closer to 1, where Hermite series need ever more terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fisher_spectra.gaussian.line_rules import Array, Function, normal_density, panel_rule, unsettled

# Half width of the range in standard deviations: beyond, a function that grows like a square contributes 1e-13.
_RANGE = 8.5
# Widest panel of `panel_rule` on which the normal density is right to 1e-16. With functions without kinks, for which
# the trapezoid rule converges geometrically, its steps on such a panel; the density is right to exp(-2 (pi / 0.5)^2).
_WIDEST = 2.0
_STEPS = 4
_MAXIMUM_PIECES = 1024
_REFINEMENT_TOLERANCE = 1e-12


def pieces_needed(function: Function, kinks: Sequence[float], q: float) -> int:
    """Into how many parts panels are cut to have E f(sqrt(q) z)^2 settled.

    Parameters
    ----------
    function, kinks
        f, smooth between its kinks.
    q
        Variance, > 0.

    Raises
    ------
    ValueError
        If 1024 are not enough.
    """
    root, previous, pieces = math.sqrt(q), math.nan, 1
    while pieces <= 2 * _MAXIMUM_PIECES:
        x, weights = _rule(np.array([kinks]) / root, _WIDEST / pieces)
        mean = float(np.sum(weights * np.asarray(function(root * x)) ** 2))
        if abs(mean - previous) <= _REFINEMENT_TOLERANCE * mean:
            return pieces // 2
        previous, pieces = mean, 2 * pieces
    raise ValueError(unsettled(q))


def rotated_mean(function: Function, kinks: Sequence[float], q: float, c: float, pieces: int) -> float:
    """E f(u) f(v), u and v of variance q and correlation c.

    Parameters
    ----------
    function, kinks
        f, smooth between its kinks.
    q, c
        q > 0 and |c| <= 1.
    pieces
        Of `pieces_needed` for this variance or a larger one.
    """
    p, r = (math.sqrt(0.5 * q * (1.0 + sign * abs(c))) for sign in (1.0, -1.0))
    side = math.copysign(1.0, c)
    lines = np.array([*kinks, *(side * kink for kink in kinks)])  # of p x = kink - r y, and of p x = +-kink + r y
    slopes = np.repeat([-1.0, 1.0], len(kinks))
    widest = _WIDEST / pieces
    crossings = np.subtract.outer(lines[: len(kinks)], lines[len(kinks) :]).ravel() / (2.0 * r) if r > 0.0 else []
    y, y_weights = (
        part.ravel() for part in _rule(np.array(crossings, ndmin=2), min(_WIDEST, widest * p / max(r, 1e-9)))
    )
    x, weights = _rule((lines + r * slopes * y[:, None]) / p if kinks else np.empty((1, 0)), widest)
    shift = r * y[:, None]
    products = np.asarray(function(p * x + shift)) * np.asarray(function(side * (p * x - shift)))
    return float(y_weights @ np.sum(weights * products, axis=1))


def _rule(breaks: Array, widest: float) -> tuple[Array, Array]:
    """Nodes and weights with the normal density, shape (rows, n), of panels that end at the breaks of each row."""
    panels = math.ceil(2.0 * _RANGE / widest)
    if not breaks.shape[1]:
        steps, length = np.linspace(-_RANGE, _RANGE, 1 + _STEPS * panels, retstep=True)
        return steps[None, :], (length * normal_density(steps))[None, :]
    regular = np.linspace(-_RANGE, _RANGE, 1 + panels)
    ends = np.concatenate([np.broadcast_to(regular, (len(breaks), regular.size)), breaks], axis=1)
    ends = np.sort(np.clip(ends, -_RANGE, _RANGE), axis=1)
    lengths = np.diff(ends, axis=1)[:, :, None]
    unit_nodes, unit_weights = panel_rule()
    nodes = ends[:, :-1, None] + lengths * unit_nodes
    weights = lengths * unit_weights * normal_density(nodes)
    return nodes.reshape(len(breaks), -1), weights.reshape(len(breaks), -1)
