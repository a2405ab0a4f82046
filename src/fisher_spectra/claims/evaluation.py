"""Verdicts: what is measured against what is claimed.

A cell agrees if its deviation is at most the tolerance: what the ledger allows (finite width, a grid's step) plus the
statistical uncertainty, Student's t times the standard error. The quantile is such that a claim that is true fails by
chance in one of `1 / FALSE_ALARM` runs, however many cells it has (Bonferroni). A claim holds if every cell agrees.

For a single mean of normal draws that is exact. Where several points are combined (`claims.fits`)
it is approximate, and was simulated: `docs/promises.md` says how far it holds with few networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd
from scipy.special import ndtri, stdtrit

from fisher_spectra.claims.frames import frame_of
from fisher_spectra.claims.ledger import Claim, Tolerance
from fisher_spectra.claims.measures import Measurement, NothingToMeasure, measure
from fisher_spectra.claims.verdicts import over_tolerance
from fisher_spectra.common.errors import UserError

# Chance that a true claim fails in one run. With a hundred claims one run in a hundred would turn a verdict.
FALSE_ALARM = 1e-4

COLUMNS = (
    *("claim", "paper", "location", "statement", "predicted", "measured", "deviation", "tolerance", "verdict"),
    *("uncertainty", "cell", "cells", "printed", "printed_predicted", "printed_measured"),
    *("printed_deviation", "printed_tolerance", "printed_uncertainty", "printed_cell", "table"),
    *("erratum", "consequence"),
)


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


def quantile(degrees_of_freedom: float, cells: int, compare: str) -> float:
    """Standard errors that are allowed: Student's t at `FALSE_ALARM`, shared out over the cells and sides."""
    tail = FALSE_ALARM / cells / (2 if compare == "equal" else 1)
    if math.isinf(degrees_of_freedom):
        return float(-ndtri(tail))
    return float(-stdtrit(degrees_of_freedom, tail))


def compare_cells(measurements: Sequence[Measurement], compare: str, allowed: Tolerance) -> Comparison:
    """Compare every cell; the one with the largest ratio of deviation to tolerance stands for all.

    Among cells that are all on the right side of a bound it is the one nearest to it, as a share of the bound.
    """
    number = len(measurements)
    opposite = {"equal": "equal", "at_most": "at_least", "at_least": "at_most"}[compare]

    def comparison(one: Measurement) -> Comparison:
        chance = 0.0
        if one.standard_error != 0.0:
            chance = quantile(one.degrees_of_freedom, number, compare) * one.standard_error
        tolerance = allowed.absolute + allowed.relative * abs(one.predicted) + one.half_width + chance
        deviation = deviation_of(one.measured, one.predicted, compare)
        margin = deviation_of(one.measured, one.predicted, opposite) if compare != "equal" else 0.0
        return Comparison(one, deviation, margin, tolerance, number)

    def order(one: Comparison) -> tuple[float, float]:
        bound = abs(one.measurement.predicted)
        return one.ratio, -(one.margin / bound if bound > 0.0 else one.margin)

    return max((comparison(one) for one in measurements), key=order)


def verdict_of(corrected: Comparison, printed: Comparison | None) -> str:
    """``holds``, ``fails`` or ``erratum``.

    With a printed statement, it is ``holds`` if what is printed holds too, so that an erratum is only called one if
    the printed statement is refuted and the corrected one is not.
    """
    if not corrected.agrees:
        return "fails"
    return "holds" if printed is None or printed.agrees else "erratum"


def evaluate(claims: Sequence[Claim], read: Callable[[str], pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Verdicts of claims.

    Parameters
    ----------
    claims
        Those that are decided at the scale of the tables.
    read
        Gives the table of a name. Rows from data of the reader's own count for no claim.

    Returns
    -------
    DataFrame
        One row for each claim that can be measured, with `COLUMNS`: of the cell in which the claim is worst off
        predicted and measured value, deviation and tolerance, and standard error (``uncertainty``); the number of
        cells; the same of the printed statement of an erratum (``nan`` of all others), its name and what it changes.
    list of str
        Claims that cannot be measured, each with the reason: a configuration without the rows that they need.

    Raises
    ------
    UserError
        If an expression of a claim does not fit its table: its name, its table and why.
    """
    rows, left_out = [], []
    for claim in claims:
        try:
            rows.append(_row(claim, frame_of(claim, read)))
        except NothingToMeasure as error:
            left_out.append(f"claim {claim.name}, table {claim.table}: {error}")
        except UserError as error:
            raise UserError(f"claim {claim.name}, table {claim.table}: {error}") from error
    return pd.DataFrame(rows, columns=list(COLUMNS)), left_out


def _row(claim: Claim, frame: pd.DataFrame) -> dict[str, object]:
    corrected = compare_cells(measure(frame, claim.measure, claim.predicted), claim.compare, claim.tolerance)
    printed = _compare_printed(claim, frame)
    one = corrected.measurement
    return {
        "claim": claim.name,
        "paper": claim.paper,
        "location": claim.location,
        "statement": claim.statement,
        "predicted": one.predicted,
        "measured": one.measured,
        "deviation": corrected.deviation,
        "tolerance": corrected.tolerance,
        "verdict": verdict_of(corrected, printed),
        "uncertainty": one.standard_error,
        "cell": one.cell,
        "cells": corrected.cells,
        "printed": claim.printed.statement if claim.printed else "",
        "printed_predicted": printed.measurement.predicted if printed else math.nan,
        "printed_measured": printed.measurement.measured if printed else math.nan,
        "printed_deviation": printed.deviation if printed else math.nan,
        "printed_tolerance": printed.tolerance if printed else math.nan,
        "printed_uncertainty": printed.measurement.standard_error if printed else math.nan,
        "printed_cell": printed.measurement.cell if printed else "",
        "table": claim.table,
        "erratum": claim.erratum,
        "consequence": claim.consequence,
    }


def _compare_printed(claim: Claim, frame: pd.DataFrame) -> Comparison | None:
    printed = claim.printed
    if printed is None:
        return None
    how = replace(
        claim.measure,
        measured=claim.measure.measured if printed.measured is None else printed.measured,
        where=claim.measure.where if printed.where is None else printed.where,
    )
    predicted = claim.predicted if printed.predicted is None else printed.predicted
    return compare_cells(measure(frame, how, predicted), printed.compare or claim.compare, claim.tolerance)
