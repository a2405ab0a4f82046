"""The committed tables of a scale, and the claims of the ledger that they decide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.claims.ledger import Claim, decided_at

REFERENCES = Path(__file__).resolve().parents[2] / "references"
# Tables that take hours and were not made yet; docs/promises.md names them too.
NOT_MADE: dict[str, set[str]] = {
    "smoke": set(),
    "laptop": set(),
    "paper": set(),
}


def decided_by_committed_tables(ledger: Sequence[Claim], scale: str) -> list[Claim]:
    """The claims of a scale but those of tables that were not made yet; one that was made may not stand there."""
    assert [name for name in sorted(NOT_MADE[scale]) if (REFERENCES / scale / f"{name}.csv").exists()] == []
    return [claim for claim in decided_at(ledger, scale) if claim.table not in NOT_MADE[scale]]
