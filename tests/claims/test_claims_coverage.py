"""Every numbered item of the papers has its claims or the reason why none, and docs/coverage.md says so."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
from committed_claims import committed_claims
from write_coverage import main

from fisher_spectra.claims.coverage import Counter, entries, items_named, read_coverage
from fisher_spectra.claims.coverage_document import coverage_document
from fisher_spectra.common.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
LEDGER = committed_claims()
TEXTS = {text.name: text for text in read_coverage(ROOT / "claims" / "coverage", LEDGER)}
CLAIMS = {claim.name: claim for claim in LEDGER}

# Counted in the texts themselves, apart from the files that are tested: the last number of each counter.
LAST = {
    "karakida2019": {
        "Equation ": 22,
        "Equation A.": 53,
        "Equation B.": 16,
        "Theorem ": 7,
        "Assumption ": 1,
        "Figure ": 2,
        "Figure C.": 2,
    },
    "karakida2019_later": {"Theorem ": 7, "Assumption ": 1, "Figure ": 2},
    "pennington_worah2018": {
        "Equation ": 33,
        "Proposition ": 1,
        "Theorem ": 1,
        "Remark ": 3,
        "Figure ": 3,
        "Table ": 1,
    },
    "hayase_karakida2021": {"Equation ": 39, "Assumption 3.": 2, "Assumption 4.": 5, "Figure ": 4},
    "hayase_karakida2020": {
        "Equation ": 23,
        "Equation A.": 16,
        "Equation C.": 18,
        "Assumption 3.": 2,
        "Assumption 4.": 7,
        "Definition C.": 5,
        "Figure ": 5,
        "Table ": 1,
    },
}


def test_the_last_number_of_every_counter_of_the_five_texts_is_that_of_the_text():
    found = {
        name: {f"{counter.kinds[0]} {counter.prefix}": counter.last for counter in text.counters if counter.last}
        for name, text in TEXTS.items()
    }
    assert found == LAST


@pytest.mark.parametrize("name", LAST)
def test_every_number_up_to_the_last_has_an_item_with_claims_or_a_reason(name):
    labels = [entry.label for entry in TEXTS[name].items]
    for counter, last in LAST[name].items():
        kind, _, prefix = counter.partition(" ")
        if kind == "Equation":
            missing = {f"({prefix}{number})" for number in range(1, last + 1)} - {*labels}
        else:
            found = {label.partition(" ")[2] for label in labels if _shares(TEXTS[name], kind, prefix, label)}
            missing = {f"{prefix}{number}" for number in range(1, last + 1)} - found
        assert not missing
    assert all(bool(entry.claims) != bool(entry.none) for entry in entries(TEXTS[name]))


def _shares(text, kind, prefix, label):
    (counter,) = (one for one in text.counters if kind in one.kinds and one.prefix == prefix)
    return label.partition(" ")[0] in counter.kinds


def test_a_text_without_a_last_number_says_why():
    (text,) = (text for text in TEXTS.values() if any(counter.last is None for counter in text.counters))
    assert text.name == "karakida2019_later"
    assert all(counter.because for counter in text.counters if counter.last is None)


def test_every_claim_about_a_paper_stands_at_an_item_or_a_sentence_of_it():
    placed = {name for text in TEXTS.values() for entry in entries(text) for name in entry.claims}
    beyond = {claim.name for claim in LEDGER if claim.paper == "Beyond the papers"}
    assert beyond
    assert placed == CLAIMS.keys() - beyond


def test_the_place_of_a_claim_names_items_that_there_are_and_one_of_them_has_it():
    for claim in CLAIMS.values():
        texts = [text for text in TEXTS.values() if claim.paper in text.papers]
        named = set(items_named(claim.location))
        if not texts or not named:
            continue
        assert named <= {entry.label for text in texts for entry in text.items}, claim.name
        having = [entry.label for text in texts for entry in entries(text) if claim.name in entry.claims]
        assert named & {item for label in having for item in (label, *items_named(label))}, claim.name


def test_every_named_test_exists():
    named = {entry.test for text in TEXTS.values() for entry in entries(text) if entry.test}
    assert named
    for place in named:
        file, _, function = place.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body), place


def test_items_are_read_from_a_place_with_their_kind():
    assert items_named("Theorem 4.3, (31); preprint, Figure C.2, (A.37)") == [
        *("Theorem 4.3", "(31)", "Figure C.2", "(A.37)")
    ]
    assert items_named("Section 4.2, text after (iii)") == []


def test_a_counter_numbers_from_one_with_its_prefix_or_names_what_there_is():
    assert Counter(("Equation",), "A.", 3, (), None).numbers() == ("A.1", "A.2", "A.3")
    assert Counter(("Equation",), "", None, ("2", "19"), "lost").numbers() == ("2", "19")


# ---------------------------------------------------------------- faults


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "claims" / "coverage", tmp_path / "coverage")
    return tmp_path / "coverage"


FAULTS = {
    "a number is missing": ('  "(5)": {about: "the network", none: definition}\n', "", "number 5 of Equation: missing"),
    "a number is given twice": (
        '"Corollary 2":',
        '"Theorem 2": {about: "two", none: open}\n  "Corollary 2":',
        "given twice",
    ),
    "a number is beyond the last": ('"(22)":', '"(23)":', r"items.\(23\): no counter of the text has this number"),
    "a claim is unknown": ("corollary2_bound", "corollary2", r"Corollary 2: claim 'corollary2': not in the ledger"),
    "a claim is of another paper": ("corollary2_bound", "pw_peaks", "claim 'pw_peaks': is about Pennington"),
    "a claim has no place": ("claims: [divergence_half]", "none: open", "claim divergence_half: at no item and no"),
    "a step leads nowhere": ('at: "Lemma 6"', 'at: "Lemma 8"', "at: 'Lemma 8': must be an item"),
    "a step does not say whither": ('none: step, at: "Lemma 6"', "none: step", "A.51"),
    "neither claims nor a reason": ("none: definition", 'glyph: "a doubtful sign"', "items"),
    "a reason that is none": ("none: definition", "none: forgotten", "none"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_coverage_is_refused_in_one_line(folder, fault):
    old, new, message = FAULTS[fault]
    file = folder / "karakida2019.yaml"
    content = file.read_text()
    assert old in content
    file.write_text(content.replace(old, new))
    with pytest.raises(UserError, match=message) as caught:
        read_coverage(folder, LEDGER)
    assert str(caught.value).count("\n") == 0


def test_an_item_that_repeats_none_and_a_text_that_follows_none_are_refused(folder):
    file = folder / "hayase_karakida2020.yaml"
    content = file.read_text()
    file.write_text(content.replace('{same: "(39)"}', "").replace('"(1)": {same: "(2)"}', '"(1)": {same: "(40)"}'))
    with pytest.raises(UserError, match=r"items.\(1\): same: '\(40\)': no such item"):
        read_coverage(folder, LEDGER)
    file.write_text(content.replace("follows: hayase_karakida2021", "follows: hayase"))
    with pytest.raises(UserError, match="follows: 'hayase': no text of this name"):
        read_coverage(folder, LEDGER)


def test_a_folder_without_texts_is_refused(tmp_path):
    shutil.copy(ROOT / "claims" / "coverage" / "schema.yaml", tmp_path)
    with pytest.raises(UserError, match="holds no text"):
        read_coverage(tmp_path, LEDGER)


# ---------------------------------------------------------------- the page


def test_the_committed_page_is_current():
    assert main(["--ledger", str(ROOT / "claims"), "--output", str(ROOT / "docs" / "coverage.md"), "--check"]) == 0


def test_a_page_that_is_not_current_is_refused_with_the_command_that_makes_it(tmp_path, capsys):
    options = ["--ledger", str(ROOT / "claims"), "--output", str(tmp_path / "coverage.md")]
    assert main([*options, "--check"]) == 1
    assert "not current; run scripts/tools/write_coverage.py" in capsys.readouterr().err
    assert main(options) == 0
    assert main([*options, "--check"]) == 0


def test_the_page_has_a_row_for_every_item_and_counts_them():
    page = coverage_document(list(TEXTS.values()), LEDGER)
    for text in TEXTS.values():
        section = page.partition(f"\n## {text.text}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if re.match(r"\| (?!item|sentence|about)", line)]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [entry.label for entry in entries(text)]
        (summary,) = (line for line in page.splitlines() if line.startswith(f"| {text.text} |"))
        items, sentences, *counts = (int(cell) for cell in summary.strip("| ").split(" | ")[1:])
        assert (items, sentences) == (len(text.items), len(text.sentences))
        assert sum(counts) == items + sentences  # judged, or one of the reasons


def test_an_erratum_is_marked_on_the_page_and_no_other_claim():
    page = coverage_document(list(TEXTS.values()), LEDGER)
    for claim in LEDGER:
        assert (f"`{claim.name}`\\*" in page) == (claim.printed is not None)
