"""Do the verdicts say what the tables beside them give? Every column of the table of claims, computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from fisher_spectra.checks.regeneration import ColumnTolerance, Difference, TableTolerance, compare_tables
from fisher_spectra.claims.evaluation import COLUMNS, evaluate
from fisher_spectra.claims.ledger import Claim, read_by
from fisher_spectra.common.tables import read_table

# Tables hold twelve digits, of which fits, and differences of nearly equal numbers, lose some.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9
_REASON = "computed anew from tables of twelve digits"
_TEXTS = (
    *("paper", "location", "statement", "verdict", "cell", "cells"),
    *("printed", "printed_cell", "table", "erratum", "consequence"),
    *("power_kind", "power_direction", "weak"),
)


def differences_from_tables(
    claims: pd.DataFrame, ledger: Sequence[Claim], tables: Mapping[str, Path]
) -> list[Difference]:
    """Cells of a table of claims that are not what the ledger makes of the tables.

    Parameters
    ----------
    claims
        With the columns of `claims.evaluation`.
    ledger
        Claims that are decided at the scale; those of tables that are not at hand are left out, on both sides.
    tables
        Files by name.
    """
    known = [claim for claim in ledger if all(name in tables for name in read_by(claim))]
    if not known:
        return []
    again, _ = evaluate(known, lambda name: read_table(tables[name]))
    names = {claim.name for claim in known}
    there = claims[claims["claim"].isin(names)]
    rules = {
        column: ColumnTolerance(_REASON, exact=True)
        if column in _TEXTS
        else ColumnTolerance(_REASON, relative=_RELATIVE, absolute=_ABSOLUTE)
        for column in COLUMNS
        if column != "claim"
    }
    return compare_tables("claims", there, again, TableTolerance(keys=("claim",), columns=rules))
