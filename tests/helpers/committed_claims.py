"""The committed ledger of claims, read once for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fisher_spectra.claims.ledger import Claim, read_ledger

ROOT = Path(__file__).resolve().parents[2]


@cache
def committed_claims() -> tuple[Claim, ...]:
    """Every claim, in the order of the ledger."""
    return tuple(read_ledger(ROOT / "claims"))
