"""The verdicts in `references/` are those of the tables beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at, read_ledger
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
# It is about the published images, and the committed tables have those of a mirror that went through JPEG.
UNMEASURED = {"smoke": [], "laptop": [], "paper": ["figC2_cifar10_line"]}


@pytest.mark.parametrize("scale", UNMEASURED)
def test_committed_tables_give_the_committed_verdicts_and_no_claim_fails(scale: str) -> None:
    folder = ROOT / "references" / scale
    claims = decided_at(read_ledger(ROOT / "claims"), scale)
    table, unmeasured = evaluate(claims, lambda name: read_table(folder / f"{name}.csv"))
    assert sorted({*(claim.name for claim in claims)} - {*table["claim"]}) == UNMEASURED[scale]
    assert len(unmeasured) == len(UNMEASURED[scale])
    committed = read_table(folder / "claims.csv")
    assert dict(zip(table["claim"], table["verdict"], strict=True)) == dict(
        zip(committed["claim"], committed["verdict"], strict=True)
    )
    assert set(table["verdict"]) == {"holds", "erratum"}
