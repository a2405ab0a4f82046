"""The verdicts in `references/` are those of the tables beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at, read_ledger
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
# Tables that take hours and were not made yet; docs/promises.md names them too.
NOT_MADE = {"smoke": set[str](), "laptop": set[str](), "paper": {"hayase_labels"}}


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_committed_tables_give_the_committed_verdicts_and_no_claim_fails(scale: str) -> None:
    folder = ROOT / "references" / scale
    assert [name for name in NOT_MADE[scale] if (folder / f"{name}.csv").exists()] == []
    claims = [one for one in decided_at(read_ledger(ROOT / "claims"), scale) if one.table not in NOT_MADE[scale]]
    table, unmeasured = evaluate(claims, lambda name: read_table(folder / f"{name}.csv"))
    assert unmeasured == []
    committed = read_table(folder / "claims.csv")
    assert dict(zip(table["claim"], table["verdict"], strict=True)) == dict(
        zip(committed["claim"], committed["verdict"], strict=True)
    )
    assert set(table["verdict"]) == {"holds", "erratum"}
