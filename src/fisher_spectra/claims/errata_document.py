"""The text of `docs/errata.md`, from the ledger and the committed verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from fisher_spectra.claims.consequences import MEANINGS, count_errata
from fisher_spectra.claims.ledger import Claim
from fisher_spectra.claims.verdicts import over_tolerance
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.generated_documents import cell

_HEAD = """# Errata

Statements of the papers that are wrong as printed. Each is measured twice: what is printed fails, what is put in its
place holds. So a statement is listed only if a number can refute it, and if it fails as a fair reader understands it,
with the conditions that the text around it states. Slips of the pen that no number tests are left out, such as, in
appendix C.1 of the preprint of Hayase and Karakida, the spectrum of A as those lambda for which A - lambda I is
invertible, and 1/N in place of 1/M before the sum over the M eigenvalues of an M x M matrix in (C.1). Tolerances in the
tables are totals: what is allowed, named below each table, plus the statistical uncertainty.

This file is generated from the ledger (`claims/*.yaml`) and from the committed verdicts
(`references/{scale}/claims.csv`) by `scripts/tools/write_errata.py`; edit those. How a verdict comes
about stands in [promises.md](promises.md).

What counts: a statement, formula or number that predicts something else than what is measured when it is taken at its
word. A slip that no measurement can refute is not listed: for one, the factor C that stands twice in the bound below
(A.50) of Karakida et al., once too often. Statements that only another scale can decide are not here either.

The texts that were read are conversions. Where a single sign is wrong, the section says which, and the printed page has
to be looked at before anybody is blamed; accents, as in (13) and (A.6) of Karakida et al., are not counted at all.

They are sorted by consequence. A sentence that several claims refute is one erratum.

"""


def errata_document(claims: Sequence[Claim], verdicts: pd.DataFrame, scale: str) -> str:
    """The document, in Markdown.

    Parameters
    ----------
    claims
        The whole ledger; those with a printed statement that `scale` decides are errata, those with an omission are
        listed at the end.
    verdicts
        Table of claims at `scale`.
    scale
        At which the verdicts were reached.

    Raises
    ------
    UserError
        If an erratum of the ledger is not in the table, or its verdict is another one.
    """
    errata = [claim for claim in claims if claim.printed is not None and scale in claim.scales]
    rows = {str(row["claim"]): row for _, row in verdicts.iterrows()}
    for claim in errata:
        _require_erratum(claim, rows, scale)
    parts = [_HEAD.format(scale=scale) + _by_consequence(errata)]
    for paper in dict.fromkeys(claim.paper for claim in errata):
        parts += _of_paper(paper, [claim for claim in errata if claim.paper == paper], rows)
    omissions = [claim for claim in claims if claim.omission is not None and claim.name in rows]
    if omissions:
        parts.append("## Left out by the papers\n\nNo errata: what is printed is not wrong, but not all.\n")
        parts += [_omission(claim, rows[claim.name]) for claim in omissions]
    return "\n".join(parts)


def _by_consequence(errata: Sequence[Claim]) -> str:
    """How many there are of each paper and consequence, and what each consequence means."""
    lines = ["| consequence | " + " | ".join(dict.fromkeys(claim.paper for claim in errata)) + " |"]
    lines.append("|---|" + "---:|" * (lines[0].count("|") - 2))
    counts = [
        count_errata((claim.erratum, claim.consequence) for claim in errata if claim.paper == paper)
        for paper in dict.fromkeys(claim.paper for claim in errata)
    ]
    for consequence, meaning in MEANINGS.items():
        numbers = " | ".join(str(count[consequence]) for count in counts)
        lines.append(f"| *{consequence}*: {meaning} | {numbers} |")
    return "\n".join(lines) + "\n"


def _of_paper(paper: str, own: Sequence[Claim], rows: Mapping[str, pd.Series]) -> list[str]:
    """The parts about one paper: a table of all its errata, and a section for each."""
    together: dict[str, list[Claim]] = {}
    for consequence in MEANINGS:
        for claim in own:
            if claim.consequence == consequence:
                together.setdefault(claim.erratum, []).append(claim)
    parts = [f"## {paper}\n", "| no. | consequence | place | printed | right |\n|---:|---|---|---|---|"]
    lines = [
        f"| {number} | {c.consequence} | {cell(c.location)} | {cell(_printed(c))} | {cell(c.statement)} |"
        for number, claims in enumerate(together.values(), start=1)
        for c in claims
    ]
    parts.append("\n".join(lines) + "\n")
    for claims in together.values():
        parts += [_section(claim, rows[claim.name], "###" if claim is claims[0] else "####") for claim in claims]
    return parts


def _require_erratum(claim: Claim, rows: Mapping[str, pd.Series], scale: str) -> None:
    row = rows.get(claim.name)
    if row is None or row["verdict"] != "erratum":
        found = "is not in the table of claims" if row is None else f"has the verdict {row['verdict']!r}"
        raise UserError(f"claim {claim.name}: declared an erratum, but {found} at {scale} scale")


def _printed(claim: Claim) -> str:
    assert claim.printed is not None
    return claim.printed.statement


def _section(claim: Claim, row: pd.Series, heading: str) -> str:
    lines = [
        f"{heading} {cell(claim.location)}\n",
        f"Printed: {cell(_printed(claim))}\n",
        f"Right: {cell(claim.statement)}\n",
        *_measured_table(_measured("printed", row, "printed_"), _measured("corrected", row, "")),
        _table_and_allowance(claim),
    ]
    if claim.printed is not None and claim.printed.glyph:
        lines.append(f"To be looked at on the printed page: {cell(claim.printed.glyph)}.\n")
    return _with_derivation(lines, claim)


def _omission(claim: Claim, row: pd.Series) -> str:
    assert claim.omission is not None
    lines = [
        f"### {cell(claim.location)}\n",
        f"{cell(claim.omission)}\n",
        f"Besides: {cell(claim.statement)}\n",
        *_measured_table(_measured("claim", row, "")),
        _table_and_allowance(claim),
    ]
    return _with_derivation(lines, claim)


def _measured_table(*rows: str) -> list[str]:
    head = "| statement | worst cell | predicted | measured | tolerance | deviation / tolerance |"
    return [head, "|---|---|---|---|---|---|", *rows, ""]


def _table_and_allowance(claim: Claim) -> str:
    allowed = f"{_allowance(claim)} ({cell(claim.tolerance.reason)})"
    return f"Table `{claim.table}`, claim `{claim.name}`. Allowed besides the statistical uncertainty: {allowed}.\n"


def _with_derivation(lines: list[str], claim: Claim) -> str:
    return "\n".join([*lines, claim.derivation.rstrip() + "\n"] if claim.derivation else lines)


def _measured(name: str, row: pd.Series, prefix: str) -> str:
    ratio = f"{over_tolerance(row[f'{prefix}deviation'], row[f'{prefix}tolerance']):.2g}"
    value = with_error(row[f"{prefix}measured"], row[f"{prefix}uncertainty"])
    values = (f"{row[f'{prefix}predicted']:.5g}", value, f"{row[f'{prefix}tolerance']:.2g}", ratio)
    return " | ".join([f"| {name}", cell(row[f"{prefix}cell"]), *values]) + " |"


def _allowance(claim: Claim) -> str:
    tolerance = claim.tolerance
    parts = [f"{100 * tolerance.relative:g} %"] if tolerance.relative else []
    parts += [f"{tolerance.absolute:g}"] if tolerance.absolute else []
    return " + ".join(parts) or "nothing"


def with_error(value: float, error: float) -> str:
    """Value and standard error, rounded to two digits of the error: ``3.981 +- 0.019``."""
    if not (math.isfinite(error) and error > 0.0):
        return f"{value:.5g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} +- {error:.{digits}f}"
