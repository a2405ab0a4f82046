"""The power of a claim: the smallest change of what is measured that turns its verdict.

A claim that would hold whatever is measured says nothing. So all measured values of a claim are changed together, with
their standard errors as they are, until its verdict is another one; how they are changed is its `kind_of_change`:

- ``relative``: each value times 1 + d.
- ``exponent``: the measured column times ``against ** d``, which adds d to each exponent.
- ``grid steps``: d steps of the grid of learning rates, twice the half-width, added to the logarithm of a border.
- ``absolute``: d added to each value; for values that are predicted to be 0, and for shares, of trials or eigenvalues.

An erratum turns, too, where the printed statement agrees. The power is the change in the direction in which the claim
notices less, and of a bound (``at_most``, ``at_least``) in the direction that refutes it. As a claim holds only if each
of its cells agrees, the first cell that no longer does decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import scipy

from fisher_spectra.claims.comparison import LEAST_SHARE, tolerance_of
from fisher_spectra.claims.ledger import Claim, Tolerance
from fisher_spectra.claims.measures import Measurement, share_error

RELATIVE, EXPONENT, STEPS, ABSOLUTE = "relative", "exponent", "grid steps", "absolute"
# A claim that notices less is weak, and the ledger has to say why: a tenth of the value, an exponent of 0.1, one step
# of the grid; values that are predicted to be 0 are distances of distributions, shares and the like: all of it is 1.
WEAKEST = {RELATIVE: 0.1, EXPONENT: 0.1, STEPS: 1.0, ABSOLUTE: 0.1}
_EVERYTHING, _NOTHING = (-math.inf, math.inf), (math.inf, -math.inf)

Interval = tuple[float, float]  # both ends belong to it; empty if the first is the larger


class Power(NamedTuple):
    """The smallest change that turns a verdict, its kind (a key of `WEAKEST`), and whether it is ``up`` or ``down``."""

    change: float
    kind: str
    direction: str

    @property
    def is_weak(self) -> bool:
        """Whether the claim notices less than it should."""
        return self.change > WEAKEST[self.kind]


def kind_of_change(claim: Claim, cells: Sequence[Measurement]) -> str:
    """How what is measured is changed, a key of `WEAKEST`."""
    if claim.measure.kind == "slope":
        return EXPONENT
    if claim.measure.half_width is not None and all(one.half_width > 0.0 for one in cells):
        return STEPS
    if claim.measure.kind == "share" or all(one.predicted == 0.0 for one in cells):
        return ABSOLUTE
    return RELATIVE


def power_of(claim: Claim, cells: Sequence[Measurement], printed: Sequence[Measurement] | None) -> Power:
    """The power of a claim.

    Parameters
    ----------
    claim
        With the way in which values are compared.
    cells
        What is measured of the statement.
    printed
        What is measured of the printed statement of an erratum.

    Returns
    -------
    Power
        Infinite if no change turns the verdict, and not a number, without direction, if the claim fails.
    """
    kind = kind_of_change(claim, cells)
    agrees = changes_that_agree(cells, claim.compare, claim.tolerance, kind)
    if not agrees[0] <= 0.0 <= agrees[1]:
        return Power(math.nan, kind, "")
    down, up = -agrees[0], agrees[1]
    if claim.printed is not None and printed is not None:
        as_printed = changes_that_agree(printed, claim.printed.compare or claim.compare, claim.tolerance, kind)
        down = min(down, _first_turn(-as_printed[1], -as_printed[0]))
        up = min(up, _first_turn(*as_printed))
    if claim.compare == "equal":
        # of two that rounding alone tells apart, up
        return Power(up, kind, "up") if up >= down * (1.0 - LEAST_SHARE) else Power(down, kind, "down")
    return Power(up, kind, "up") if up <= down else Power(down, kind, "down")


def changes_that_agree(cells: Sequence[Measurement], compare: str, allowed: Tolerance, kind: str) -> Interval:
    """Changes with which every cell agrees."""
    intervals = [_changes(one, agreeing_values(one, compare, allowed, len(cells)), kind) for one in cells]
    return max(low for low, _ in intervals), min(high for _, high in intervals)


def agreeing_values(one: Measurement, compare: str, allowed: Tolerance, cells: int) -> Interval:
    """Values that a cell could have, with its standard error, and agree."""
    if one.trials is None:
        tolerance = tolerance_of(one, compare, allowed, cells)
        if not math.isfinite(tolerance):
            return _NOTHING
        low, high = one.predicted - tolerance, one.predicted + tolerance
    else:
        low, high = (_last_share(one, compare, allowed, cells, end) for end in (0.0, 1.0))
    return (-math.inf if compare == "at_most" else low), (math.inf if compare == "at_least" else high)


def _last_share(one: Measurement, compare: str, allowed: Tolerance, cells: int, end: float) -> float:
    """The share between the predicted one and 0 or 1 beyond which a cell does not agree; infinite if all agree.

    The standard error is that of each share, so that the excess over the tolerance is a convex function of the share.
    """
    trials = one.trials
    assert trials is not None

    def excess(share: float) -> float:
        other = replace(one, measured=share, standard_error=share_error(share, trials))
        return abs(share - one.predicted) - tolerance_of(other, compare, allowed, cells)

    if excess(end) <= 0.0:
        return math.inf if end == 1.0 else -math.inf
    return float(scipy.optimize.brentq(excess, one.predicted, end, xtol=1e-12))


def _changes(one: Measurement, values: Interval, kind: str) -> Interval:
    """Changes that take the measured value of a cell into an interval."""
    low, high = values
    if low > high or not math.isfinite(one.measured):
        return _NOTHING
    if kind == RELATIVE:
        if one.measured == 0.0:
            return _EVERYTHING if low <= 0.0 <= high else _NOTHING
        ends = low / one.measured - 1.0, high / one.measured - 1.0
        return min(ends), max(ends)
    step = 2.0 * one.half_width if kind == STEPS else 1.0
    return (low - one.measured) / step, (high - one.measured) / step


def _first_turn(low: float, high: float) -> float:
    """The first change above 0 at which a statement begins to agree, or ceases to, that agrees within an interval."""
    if low > high or high < 0.0:
        return math.inf
    return low if low > 0.0 else high
