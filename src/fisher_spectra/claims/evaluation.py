"""Verdicts: what is measured against what is claimed.

A cell agrees if its deviation is at most the tolerance (`claims.comparison`). A claim holds if every cell agrees.

For a single mean of normal draws the chance that a true claim fails is exact. Where several points are combined
(`claims.fits`) it is approximate, and was simulated: `docs/promises.md` says how far it holds with few networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from fisher_spectra.claims.comparison import Comparison, compare_cells
from fisher_spectra.claims.frames import frame_of
from fisher_spectra.claims.ledger import Claim
from fisher_spectra.claims.measures import Measurement, NothingToMeasure, measure
from fisher_spectra.claims.power import power_of
from fisher_spectra.common.errors import UserError

COLUMNS = (
    *("claim", "paper", "location", "statement", "predicted", "measured", "deviation", "tolerance", "verdict"),
    *("uncertainty", "cell", "cells", "printed", "printed_predicted", "printed_measured"),
    *("printed_deviation", "printed_tolerance", "printed_uncertainty", "printed_cell", "table"),
    *("erratum", "consequence"),
    *("power", "power_kind", "power_direction", "weak"),
)


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
        cells; the same of the printed statement of an erratum (``nan`` of all others), its name and what it changes;
        its power, and why it is weak if it is said to be.
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
    cells, cells_printed = measure(frame, claim.measure, claim.predicted), _measure_printed(claim, frame)
    corrected = compare_cells(cells, claim.compare, claim.tolerance)
    printed = None
    if claim.printed is not None and cells_printed is not None:
        printed = compare_cells(cells_printed, claim.printed.compare or claim.compare, claim.tolerance)
    power = power_of(claim, cells, cells_printed)
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
        "power": power.change,
        "power_kind": power.kind,
        "power_direction": power.direction,
        "weak": claim.weak or "",
    }


def _measure_printed(claim: Claim, frame: pd.DataFrame) -> list[Measurement] | None:
    printed = claim.printed
    if printed is None:
        return None
    how = replace(
        claim.measure,
        measured=claim.measure.measured if printed.measured is None else printed.measured,
        where=claim.measure.where if printed.where is None else printed.where,
    )
    return measure(frame, how, claim.predicted if printed.predicted is None else printed.predicted)
