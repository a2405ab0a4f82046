"""What an erratum changes, and how many errata there are of each kind: one sentence counts once."""

from __future__ import annotations

from collections.abc import Iterable

# from the gravest on; what each means
MEANINGS = {
    "conclusion": "a theorem, a bound or what a figure is said to show does not hold as stated",
    "number": "whoever computes with the printed formula or setting gets another number",
    "notation": "a normalisation, a range or a name; read as it is meant, it gives the same numbers",
}


def count_errata(errata: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Number of errata of each consequence, all of `MEANINGS` in order.

    Parameters
    ----------
    errata
        Name and consequence of the erratum of each claim that refutes one; equal names count once.
    """
    consequences = dict(errata)
    return {kind: sum(found == kind for found in consequences.values()) for kind in MEANINGS}


def errata_in_words(errata: Iterable[tuple[str, str]]) -> str:
    """The counts as half a sentence.

    >>> errata_in_words([("one", "number"), ("two", "conclusion"), ("two", "conclusion")])
    '2 errata: 1 changes a conclusion, 1 changes a number, 0 are slips of notation'
    """
    counts = count_errata(errata)
    total = sum(counts.values())
    change = {1: "changes"}
    slip = {1: "is a slip"}
    return (
        f"{total} {'erratum' if total == 1 else 'errata'}:"
        f" {counts['conclusion']} {change.get(counts['conclusion'], 'change')} a conclusion,"
        f" {counts['number']} {change.get(counts['number'], 'change')} a number,"
        f" {counts['notation']} {slip.get(counts['notation'], 'are slips')} of notation"
    )
