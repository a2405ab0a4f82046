"""The text of `docs/coverage.md`, from the coverage and the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from fisher_spectra.claims.coverage import Entry, Text, entries
from fisher_spectra.claims.ledger import Claim
from fisher_spectra.common.generated_documents import cell

# what each reason for an item without a claim means, and the column in which it is counted
_REASONS = {
    "definition": "it names something and states nothing",
    "assumption": "what follows presupposes it",
    "setting": "it says how an experiment was done",
    "identity": "it follows by algebra or a known inequality from what is above it, so that no number can refute it",
    "step": "a step of a derivation, whose result is judged where the table says",
    "tested": "a closed form or an identity of matrices; the named test compares it with another computation",
    "quoted": "a result of other work, which the paper quotes",
    "open": "a number could refute it, and none has been measured here",
}
_COLUMNS = {
    "definitions, assumptions, settings": ("definition", "assumption", "setting"),
    "identities, steps": ("identity", "step"),
    "tested": ("tested",),
    "quoted": ("quoted",),
    "open": ("open",),
}
_HEAD = """# What is judged of the papers, item by item

Every numbered equation, theorem, lemma, corollary, proposition, remark, assumption, definition, figure and table of the
texts, and the sentences without a number that state something which a measurement could refute, each with the claims of
the ledger (`claims/*.yaml`) that judge it, or with the reason why there is none. An asterisk marks an erratum
([errata.md](errata.md)).

This file is generated from `claims/coverage/*.yaml` and the ledger by `make coverage`; edit those. That no number of a
text is missing, no claim stands without a place and no named claim or test is missing is tested.

Reasons without a claim:

"""


def coverage_document(texts: Sequence[Text], ledger: Sequence[Claim]) -> str:
    """The document, in Markdown.

    Parameters
    ----------
    texts
        As `read_coverage` gives them.
    ledger
        The whole ledger; claims about no paper of the texts are listed at the end.
    """
    errata = {claim.name for claim in ledger if claim.printed is not None}
    names = {text.name: text.text for text in texts}
    reasons = "\n".join(f"- *{reason}*: {meaning}." for reason, meaning in _REASONS.items())
    parts = [_HEAD + reasons + "\n", _summary(texts)]
    for text in texts:
        followed = names[text.follows] if text.follows else ""
        parts.append(f"## {text.text}\n")
        parts.append(f"Read: {text.source}. Counters: {'; '.join(_counters(text))}.\n")
        parts.append(_table("item", text.items, errata, followed))
        if text.sentences:
            parts.append(_table("sentence", text.sentences, errata, followed))
    papers = {paper for text in texts for paper in text.papers}
    beyond = [claim for claim in ledger if claim.paper not in papers]
    if beyond:
        parts.append("## Claims beyond the texts\n")
        parts.append("\n".join(f"- `{claim.name}`: {cell(claim.location)}" for claim in beyond) + "\n")
    return "\n".join(parts)


def _summary(texts: Sequence[Text]) -> str:
    head = f"| text | items | sentences | judged | {' | '.join(_COLUMNS)} |"
    lines = [head, "|---|" + "---:|" * (3 + len(_COLUMNS))]
    for text in texts:
        rows = list(entries(text))
        judged = sum(bool(row.claims) for row in rows)
        counts = [sum(row.none in reasons for row in rows) for reasons in _COLUMNS.values()]
        cells = [len(text.items), len(text.sentences), judged, *counts]
        lines.append(f"| {cell(text.text)} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def _counters(text: Text) -> list[str]:
    said = []
    for counter in text.counters:
        numbers = counter.numbers()
        kinds = ", ".join(counter.kinds)
        which = f"{numbers[0]} to {numbers[-1]}" if counter.last else f"{', '.join(numbers)} ({counter.because})"
        said.append(f"{kinds} {numbers[0] if counter.last == 1 else which}")
    return said


def _table(what: str, rows: Sequence[Entry], errata: set[str], followed: str) -> str:
    lines = [f"| {what} | about | claims, or why none |", "|---|---|---|"]
    for row in rows:
        about = cell(row.about)
        if row.glyph:
            about += f" (printed page to be looked at: {cell(row.glyph)})"
        lines.append(f"| {cell(row.label)} | {about} | {_judged(row, errata, followed)} |")
    return "\n".join(lines) + "\n"


def _judged(row: Entry, errata: set[str], followed: str) -> str:
    repeated = f"as {row.same} of {followed}: " if row.same else ""
    if row.claims:
        return repeated + ", ".join(f"`{name}`" + cell("*" if name in errata else "") for name in row.claims)
    if row.at:
        return f"{repeated}{row.none}, judged at {row.at}"
    if row.test:
        file, _, name = row.test.partition("::")
        return f"{repeated}{row.none}: `{name}` in `{file}`"
    return f"{repeated}{row.none}"
