"""Which item of the papers is judged by which claim, and why another one is by none: `claims/coverage/*.yaml`.

One file for each text. It states its counters with their last numbers, and has an entry for every number, so that an
item that was forgotten is an error and not a gap.
"""

from __future__ import annotations

import re
from collections import Counter as Multiset
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fisher_spectra.claims.ledger import Claim
from fisher_spectra.common.checked_yaml import check
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml

SCHEMA = "schema.yaml"
# a number as the texts have them: 13, A.37, 4.3
_NUMBER = r"(?:[A-Z]\.|\d+\.)?\d+"
_NAMED = re.compile(
    rf"\(({_NUMBER})\)|\b(Theorem|Corollary|Lemma|Proposition|Remark|Assumption|Figure|Table) ({_NUMBER})"
)


@dataclass(frozen=True)
class Counter:
    """Items that are numbered one after the other."""

    kinds: tuple[str, ...]  # that share it, as Theorem, Corollary, Lemma
    prefix: str  # of its numbers: "A."
    last: int | None  # all numbers from 1 on are there
    named: tuple[str, ...]  # or these, where the source does not show all
    because: str | None  # why not all

    def numbers(self) -> tuple[str, ...]:
        """Its numbers, with the prefix."""
        bare = self.named if self.last is None else tuple(map(str, range(1, self.last + 1)))
        return tuple(f"{self.prefix}{number}" for number in bare)


@dataclass(frozen=True)
class Entry:
    """A numbered item, or a sentence, with the claims that judge it or the reason why there are none."""

    label: str  # "(13)", "Theorem 1", or the place of a sentence
    about: str
    claims: tuple[str, ...] = ()
    none: str | None = None
    at: str | None = None  # of a step: the item whose claims judge what it leads to
    test: str | None = None
    glyph: str | None = None  # what is doubtful in the conversion
    same: str | None = None  # the item of the followed text that it repeats


@dataclass(frozen=True)
class Text:
    """One version of a paper."""

    name: str
    text: str
    source: str
    papers: tuple[str, ...]  # names of the ledger
    follows: str | None
    counters: tuple[Counter, ...]
    items: tuple[Entry, ...]
    sentences: tuple[Entry, ...]


def read_coverage(folder: Path, ledger: Sequence[Claim]) -> list[Text]:
    """Every text of `folder`, each followed by those that follow it, with what they repeat filled in.

    Raises
    ------
    UserError
        With one line: a fault of a file, a number that is missing, given twice or in no counter, a claim that the
        ledger has not or has of another paper, a step that leads nowhere, or a claim of the ledger without a place.
    """
    schema = read_yaml(folder / SCHEMA)
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if file.name != SCHEMA}
    if not files:
        raise UserError(f"{folder}: holds no text (*.yaml)")
    texts: dict[str, Text] = {}
    contents = {name: read_yaml(file) for name, file in files.items()}
    for name, content in contents.items():
        check(content, schema, str(files[name]))
    for name in sorted(contents, key=lambda name: "follows" in contents[name]):
        texts[name] = _text(name, contents[name], texts, str(files[name]))
        _check_numbers(texts[name], str(files[name]))
        _check_claims(texts[name], {claim.name: claim.paper for claim in ledger}, str(files[name]))
    without = without_a_place(texts.values(), ledger)
    if without:
        raise UserError(
            f"{folder}: claim {without[0]}: at no item and no sentence of its paper; name it where it belongs"
        )
    return sorted(texts.values(), key=lambda text: (text.follows or text.name, text.follows is not None))


def entries(text: Text) -> Iterator[Entry]:
    """Items and sentences."""
    yield from text.items
    yield from text.sentences


def without_a_place(texts: Iterable[Text], ledger: Sequence[Claim]) -> list[str]:
    """Claims about a paper of the texts that stand at none of its items and sentences."""
    papers = {paper for text in texts for paper in text.papers}
    placed = {name for text in texts for entry in entries(text) for name in entry.claims}
    return [claim.name for claim in ledger if claim.paper in papers and claim.name not in placed]


def items_named(location: str) -> list[str]:
    """Labels of the numbered items that the place of a claim names.

    >>> items_named("Theorem 4.3, (31); preprint, Figure C.2")
    ['Theorem 4.3', '(31)', 'Figure C.2']
    """
    return [f"({found[1]})" if found[1] else f"{found[2]} {found[3]}" for found in _NAMED.finditer(location)]


def _text(name: str, content: dict[str, Any], before: Mapping[str, Text], file: str) -> Text:
    follows = content.get("follows")
    if follows is not None and follows not in before:
        raise UserError(f"{file}: follows: {follows!r}: no text of this name that follows no other")
    followed = {entry.label: entry for entry in entries(before[follows])} if follows is not None else {}
    counters = tuple(
        Counter(
            tuple(one["kinds"]), one.get("prefix", ""), one.get("last"), tuple(one.get("named", ())), one.get("because")
        )
        for one in content["numbering"]
    )
    items, sentences = (
        tuple(_entry(label, one, followed, f"{file}: {part}") for label, one in content.get(part, {}).items())
        for part in ("items", "sentences")
    )
    return Text(name, content["text"], content["source"], tuple(content["papers"]), follows, counters, items, sentences)


def _entry(label: str, content: dict[str, Any], followed: Mapping[str, Entry], place: str) -> Entry:
    same = content.get("same")
    if same is None:
        return Entry(label=label, **content | {"claims": tuple(content.get("claims", ()))})
    if same not in followed:
        raise UserError(f"{place}.{label}: same: {same!r}: no such item in the text that this one follows")
    # where a step leads is a number of the other text; a doubtful sign is one of that conversion
    return replace(followed[same], label=label, same=same, glyph=content.get("glyph"))


def _check_numbers(text: Text, file: str) -> None:
    counted = {counter: Multiset[str]() for counter in text.counters}
    for entry in text.items:
        counter, number = _counted(text, entry.label, file)
        counted[counter][number] += 1
    for counter, found in counted.items():
        for number in counter.numbers():
            if found[number] != 1:
                fault = "given twice" if found[number] else "missing"
                raise UserError(f"{file}: items: number {number} of {', '.join(counter.kinds)}: {fault}")


def _counted(text: Text, label: str, file: str) -> tuple[Counter, str]:
    """The counter of an item, and its number there."""
    equation = re.fullmatch(rf"\(({_NUMBER})\)", label)
    kind, _, number = ("Equation", "", equation[1]) if equation else label.partition(" ")
    for counter in text.counters:
        if kind in counter.kinds and number in counter.numbers():
            return counter, number
    raise UserError(f"{file}: items.{label}: no counter of the text has this number")


def _check_claims(text: Text, papers: Mapping[str, str], file: str) -> None:
    known = {entry.label: entry for entry in text.items}
    for entry in entries(text):
        for name in entry.claims:
            if name not in papers:
                raise UserError(f"{file}: {entry.label}: claim {name!r}: not in the ledger")
            if papers[name] not in text.papers:
                raise UserError(f"{file}: {entry.label}: claim {name!r}: is about {papers[name]}")
        if entry.at is None or entry.same is not None:
            continue
        if entry.at not in known or known[entry.at].none in ("step", "definition", "setting"):
            raise UserError(f"{file}: {entry.label}: at: {entry.at!r}: must be an item that is judged, tested or open")
