"""Claims whose measured values are changed, written into their expressions: the slow, obvious way to a power."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.frames import without_own_data
from fisher_spectra.claims.ledger import Claim
from fisher_spectra.claims.measures import label_of, measure
from fisher_spectra.claims.power import ABSOLUTE, EXPONENT, STEPS

OWN = "own_value"  # a column with the value of each row's cell


def _changed_expression(claim: Claim, measured: str | float, kind: str, change: float) -> str:
    how = claim.measure
    if kind == EXPONENT:
        return f"({measured}) * ({how.against}) ** ({float(change)!r})"
    if kind == STEPS:
        return f"({measured}) + 2 * ({how.half_width}) * ({float(change)!r})"
    if kind == ABSOLUTE:
        return f"({measured}) + ({float(change)!r})"
    if how.kind in ("mean", "limit"):  # a constant leaves the scatter of points and the weights of a fit as they are
        return f"({measured}) + {OWN} * ({float(change)!r})"
    return f"({measured}) * (1 + ({float(change)!r}))"


def verdict_of_changed(claim: Claim, frame: pd.DataFrame, kind: str, change: float) -> str:
    """The verdict of a claim, with all that is measured changed by `change` of a kind of `claims.power`."""
    how = claim.measure
    if how.kind == "threshold" and how.against is not None:  # moves with the axis it is on
        changed = replace(how, against=_changed_expression(claim, how.against, kind, change))
    else:
        changed = replace(how, measured=_changed_expression(claim, how.measured, kind, change))
    if kind == EXPONENT and how.standard_error is not None:
        changed = replace(changed, standard_error=_changed_expression(claim, how.standard_error, kind, change))
    printed = claim.printed
    if printed is not None and printed.measured is not None:
        printed = replace(printed, measured=_changed_expression(claim, printed.measured, kind, change))
    rows = without_own_data(frame)
    if OWN in str(changed.measured):
        values = {one.cell: one.measured for one in measure(rows, how, claim.predicted)}
        rows = rows.assign(**{OWN: [values.get(label_of(row, how.by), 0.0) for _, row in rows.iterrows()]})
    table, _ = evaluate([replace(claim, measure=changed, printed=printed)], lambda _: rows)
    return str(table["verdict"].iloc[0])
