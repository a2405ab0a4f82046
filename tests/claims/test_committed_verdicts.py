"""The verdicts in `references/` are those of the tables beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from committed_claims import committed_claims
from committed_tables import decided_by_committed_tables

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_committed_tables_give_the_committed_verdicts_and_no_claim_fails(scale: str) -> None:
    folder = ROOT / "references" / scale
    claims = decided_by_committed_tables(committed_claims(), scale)
    table, unmeasured = evaluate(claims, lambda name: read_table(folder / f"{name}.csv"))
    assert unmeasured == []
    committed = read_table(folder / "claims.csv")
    assert dict(zip(table["claim"], table["verdict"], strict=True)) == dict(
        zip(committed["claim"], committed["verdict"], strict=True)
    )
    assert set(table["verdict"]) == {"holds", "erratum"}
