"""Every claim would notice a change of a tenth, an exponent off by 0.1, a border off by a step; or says why not."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from committed_claims import committed_claims
from committed_tables import decided_by_committed_tables

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import Claim
from fisher_spectra.claims.power import Power
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
LEDGER = committed_claims()


@functools.cache
def powers(scale: str) -> dict[str, Power]:
    """Power of each claim by the committed tables of a scale."""
    claims = decided_by_committed_tables(LEDGER, scale)
    table, _ = evaluate(claims, lambda name: read_table(ROOT / "references" / scale / f"{name}.csv"))
    columns = (table[name] for name in ("claim", "power", "power_kind", "power_direction"))
    return {claim: Power(*power) for claim, *power in zip(*columns, strict=True)}


def power(claim: Claim) -> Power:
    """At laptop scale; of what that does not decide, at paper scale."""
    scale = "laptop" if "laptop" in claim.scales else "paper"
    found = powers(scale)
    if claim.name not in found:
        pytest.skip(f"{scale} scale has no table for it")
    return found[claim.name]


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.name)
def test_a_claim_is_strong_or_the_ledger_says_why_not(claim):
    found = power(claim)
    if claim.weak is None:
        assert not found.is_weak, f"{claim.name} notices {found}: sharpen it, or say under weak: why it cannot be"
    else:
        assert found.is_weak, f"{claim.name} notices {found}: strike its weak:"


def test_the_rule_has_claims_of_every_kind():
    assert {found.kind for found in powers("laptop").values()} == {"relative", "exponent", "grid steps", "absolute"}
