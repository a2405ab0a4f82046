"""Errata by what they change: one sentence counts once."""

from __future__ import annotations

import pytest

from fisher_spectra.claims.consequences import MEANINGS, count_errata, errata_in_words


def test_the_gravest_comes_first():
    assert list(MEANINGS) == ["conclusion", "number", "notation"]


def test_a_sentence_that_several_claims_refute_counts_once():
    errata = [("edges", "conclusion"), ("edges", "conclusion"), ("half", "number"), ("edges", "conclusion")]
    assert count_errata(errata) == {"conclusion": 1, "number": 1, "notation": 0}


@pytest.mark.parametrize(
    ("errata", "words"),
    [
        ([], "0 errata: 0 change a conclusion, 0 change a number, 0 are slips of notation"),
        ([("a", "notation")], "1 erratum: 0 change a conclusion, 0 change a number, 1 is a slip of notation"),
        (
            [("a", "number"), ("b", "number"), ("c", "conclusion")],
            "3 errata: 1 changes a conclusion, 2 change a number, 0 are slips of notation",
        ),
    ],
)
def test_counts_are_said_in_words(errata, words):
    assert errata_in_words(errata) == words
