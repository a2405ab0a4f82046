"""A table of claims is what the ledger makes of the tables, in every column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from committed_claims import committed_claims

from fisher_spectra.checks.claims_of_tables import differences_from_tables
from fisher_spectra.checks.regeneration import table_files
from fisher_spectra.claims.ledger import decided_at
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
LEDGER = decided_at(committed_claims(), "smoke")
TABLES = {name: file for name, file in table_files(ROOT / "references" / "smoke").items() if name != "claims"}
CLAIMS = read_table(ROOT / "references" / "smoke" / "claims.csv")


def test_the_committed_claims_are_what_the_committed_tables_give():
    assert differences_from_tables(CLAIMS, LEDGER, TABLES) == []


@pytest.mark.parametrize("column", CLAIMS.columns)
def test_a_change_of_one_cell_is_noticed_in_every_column(column):
    changed = CLAIMS.copy()
    row = int(np.flatnonzero(CLAIMS["printed_cell"] != "")[0])  # one with a printed statement, so that all are filled
    cell = changed.loc[row, column]
    changed[column] = changed[column].astype(object)
    changed.loc[row, column] = f"{cell}x" if isinstance(cell, str) else cell * 1.01
    found = differences_from_tables(changed, LEDGER, TABLES)
    assert {one.quantity for one in found} <= {f"claims.{column}", "claims"}
    assert len(found) >= 1


def test_claims_of_tables_that_are_not_at_hand_are_left_out():
    one = {name: file for name, file in TABLES.items() if name == "karakida_fig1"}
    assert differences_from_tables(CLAIMS, LEDGER, one) == []
    assert differences_from_tables(CLAIMS.iloc[:0], LEDGER, {}) == []
