"""One cell against what is claimed of it: deviation, tolerance, and the values that agree.

The tolerance is what the ledger allows (finite width, a grid's step) plus the statistical uncertainty, Student's t
times the standard error. The quantile is such that a claim that is true fails by chance in one of `1 / FALSE_ALARM`
runs, however many cells it has (Bonferroni).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import scipy

from fisher_spectra.claims.ledger import Tolerance
from fisher_spectra.claims.measures import Measurement
from fisher_spectra.claims.verdicts import over_tolerance

# Chance that a true claim fails in one run. With a hundred claims one run in a hundred would turn a verdict.
FALSE_ALARM = 1e-4
# A deviation below this share of what is tolerated is rounding.
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class Comparison:
    """The cell in which a statement is worst off."""

    measurement: Measurement
    deviation: float  # how far measured is on the wrong side of predicted; 0 if on the right one
    margin: float  # how far it is on the right side; 0 if on the wrong one
    tolerance: float
    cells: int  # number of cells compared

    @property
    def agrees(self) -> bool:
        """Whether the deviation is within the tolerance; not if either is not a number, or everything is tolerated."""
        return self.deviation <= self.tolerance < math.inf

    @property
    def ratio(self) -> float:
        """Deviation over tolerance, as `over_tolerance` has it."""
        return over_tolerance(self.deviation, self.tolerance)


def deviation_of(measured: float, predicted: float, compare: str) -> float:
    """Distance to the predicted value (``equal``), or to the allowed side of it (``at_most``, ``at_least``)."""
    difference = measured - predicted
    if math.isnan(difference):  # inf - inf, or a value that is missing
        return math.nan
    match compare:
        case "equal":
            return abs(difference)
        case "at_most":
            return max(0.0, difference)
        case "at_least":
            return max(0.0, -difference)
    raise ValueError(f"compare = {compare!r}: must be equal, at_most or at_least")


@functools.cache  # cells of a claim mostly share their degrees of freedom
def quantile(degrees_of_freedom: float, cells: int, compare: str) -> float:
    """Standard errors that are allowed: Student's t at `FALSE_ALARM`, shared out over the cells and sides."""
    tail = FALSE_ALARM / cells / (2 if compare == "equal" else 1)
    if math.isinf(degrees_of_freedom):
        return float(-scipy.special.ndtri(tail))
    return float(-scipy.special.stdtrit(degrees_of_freedom, tail))


def tolerance_of(one: Measurement, compare: str, allowed: Tolerance, cells: int) -> float:
    """What one of `cells` cells may deviate by: the allowance, half a step of a grid, and chance."""
    chance = 0.0
    if one.standard_error != 0.0:
        chance = quantile(one.degrees_of_freedom, cells, compare) * one.standard_error
    return allowed.absolute + allowed.relative * abs(one.predicted) + one.half_width + chance


def compare_cells(measurements: Sequence[Measurement], compare: str, allowed: Tolerance) -> Comparison:
    """Compare every cell; the one with the largest ratio of deviation to tolerance stands for all.

    Among cells that are all on the right side of a bound it is the one nearest to it, as a share of the bound. Cells
    that rounding alone tells apart are equally far off, and the first of them stands: which one it is shall not depend
    on the processor.
    """
    number = len(measurements)
    opposite = {"equal": "equal", "at_most": "at_least", "at_least": "at_most"}[compare]

    def comparison(one: Measurement) -> Comparison:
        tolerance = tolerance_of(one, compare, allowed, number)
        deviation = deviation_of(one.measured, one.predicted, compare)
        margin = deviation_of(one.measured, one.predicted, opposite) if compare != "equal" else 0.0
        return Comparison(one, deviation, margin, tolerance, number)

    def order(one: Comparison) -> tuple[bool, float, float]:
        bound = abs(one.measurement.predicted)
        return not one.agrees, _told_apart(one.ratio), -_told_apart(one.margin / bound if bound > 0.0 else one.margin)

    return max((comparison(one) for one in measurements), key=order)


def _told_apart(share: float) -> float:
    """A share of a tolerance or a bound to four digits; nothing below a thousandth."""
    return 0.0 if share < LEAST_SHARE else float(f"{share:.4g}")
