"""Pages of the report: what stands in them, escaped and complete. That they sort and filter, a browser tells."""

from __future__ import annotations

import html
import json
import math
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from fisher_spectra.checks.claims_page import COLUMNS, claims_page
from fisher_spectra.checks.run_times_page import run_times, run_times_page
from fisher_spectra.checks.sortable_page import Column, sortable_page
from fisher_spectra.common.errors import UserError

VOID = {"meta", "input", "br", "link"}


class Cells(HTMLParser):
    """Rows of the table of a page, and whether every element is closed."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append(["", dict(attributes)])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open) and "dl" not in self.open:
            self.rows[-1][-1][0] += data


def texts(page):
    """The texts of all cells, the heading first."""
    parser = Cells(page)
    assert parser.open == []
    return [[text for text, _ in row] for row in parser.rows]


def test_what_is_beneath_the_main_column_is_shown_there_and_kept_for_the_lists():
    columns = [Column("statement", main=True), Column("paper", choice=True, beneath=True), Column("weak", beneath=True)]
    page = sortable_page("Claims", [], columns, [["x < y", "A & B", ""]])
    assert '<td class="main">x &lt; y<dl><dt>paper</dt><dd>A &amp; B</dd></dl></td>' in page
    assert '<td class="beneath">A &amp; B</td><td class="beneath"></td>' in page
    assert "th.beneath, td.beneath { display: none; }" in page


def claim(**changes):
    row = {
        **{"claim": "a_claim", "paper": "A paper", "location": "(1)", "statement": "x < y & z", "predicted": 2.0},
        **{"measured": 2.5, "deviation": 0.5, "tolerance": 2.0, "verdict": "holds", "cell": "tanh, M = 10", "cells": 3},
        **{"printed": "", "printed_predicted": math.nan, "printed_measured": math.nan, "table": "a_table"},
        **{"erratum": "", "consequence": ""},
        **{"power": 0.0625, "power_kind": "relative", "power_direction": "up", "weak": ""},
    }
    return row | changes


def page_of(*claims):
    return claims_page(pd.DataFrame(list(claims), columns=list(COLUMNS)), "smoke")


def test_every_claim_is_a_row_with_its_verdict_and_numbers():
    heading, row = texts(page_of(claim()))
    found = dict(zip(heading, row, strict=True))
    assert found["verdict"] == "holds"
    assert found["statement"] == "x < y & z"
    assert [found[name] for name in ("predicted", "measured", "deviation / tolerance")] == ["2", "2.5", "0.25"]
    assert found["where"] == "tanh, M = 10 (of 3)"
    assert found["as printed"] == ""


def test_an_erratum_shows_the_printed_statement_with_what_it_predicts_and_what_was_measured():
    erratum = claim(verdict="erratum", printed="x = 7.", printed_predicted=7.0, printed_measured=8.12345)
    heading, row = texts(page_of(erratum))
    assert dict(zip(heading, row, strict=True))["as printed"] == "x = 7. Predicted 7, measured 8.123."


def test_an_erratum_says_what_it_changes_and_other_claims_say_nothing():
    one = {"verdict": "erratum", "printed": "x = 7.", "erratum": "one", "consequence": "number"}
    heading, *rows = texts(page_of(claim(**one), claim(), claim(erratum=math.nan, consequence=math.nan)))
    assert [row[heading.index("erratum changes")] for row in rows] == ["number", "", ""]


def test_a_sentence_that_two_claims_refute_is_counted_once_and_one_that_holds_is_not():
    def erratum(name, consequence, verdict="erratum"):
        return claim(verdict=verdict, printed="x = 7.", erratum=name, consequence=consequence)

    page = page_of(
        *(erratum("one", "conclusion"), erratum("one", "conclusion"), erratum("two", "notation")),
        *(erratum("three", "number", "holds"), claim()),
    )
    assert "2 errata: 1 changes a conclusion, 0 change a number, 1 is a slip of notation" in page


def test_the_page_shows_what_change_turns_a_verdict_and_why_a_weak_claim_is_weak():
    heading, strong, weak = texts(page_of(claim(), claim(power=0.5, power_direction="down", weak="It is a bound.")))
    names = ("turned by", "change", "weak because")
    assert [dict(zip(heading, strong, strict=True))[name] for name in names] == ["0.0625", "relative, up", ""]
    assert [dict(zip(heading, weak, strict=True))[name] for name in names] == [
        "0.5",
        "relative, down",
        "It is a bound.",
    ]


def test_a_claim_that_fails_has_no_power_to_show():
    heading, row = texts(page_of(claim(verdict="fails", power=math.nan, power_direction="")))
    assert [dict(zip(heading, row, strict=True))[name] for name in ("turned by", "change")] == ["\u2013", ""]


def test_the_page_counts_the_verdicts_in_words():
    page = page_of(claim(), claim(verdict="fails"), claim())
    assert "Of 3 claims that smoke scale can decide, 2 hold, 0 are errata" in page
    assert "1 fail" in page


def test_a_deviation_over_no_tolerance_is_infinite_and_none_over_none_is_zero():
    rows = Cells(page_of(claim(tolerance=0.0), claim(tolerance=0.0, deviation=0.0))).rows
    position = [text for text, _ in rows[0]].index("deviation / tolerance")
    assert [row[position][1]["data-value"] for row in rows[1:]] == ["Infinity", "0.0"]


def test_numbers_sort_by_their_full_value_and_are_shown_rounded():
    page = sortable_page("Title", [], [Column("x", digits=3)], [[0.123456789], [math.nan], [-math.inf], [1e-20]])
    cells = [(text, attributes["data-value"]) for ((text, attributes),) in Cells(page).rows[1:]]
    assert cells == [("0.123", "0.123456789"), ("\u2013", "NaN"), ("-\u221e", "-Infinity"), ("1e-20", "1e-20")]


def test_no_text_is_taken_for_html():
    evil = "</td><script>alert(1)</script> & \"'"
    page = sortable_page(evil, [evil], [Column("a", choice=True), Column(evil)], [[evil, "b"]])
    assert page.count("<script>") == 1  # its own
    assert texts(page)[1] == [evil, "b"]
    assert re.search(r"<option>(.*?)</option>", page)[1] == html.escape(evil)


def test_a_column_to_choose_from_lists_every_value_once_in_order():
    page = sortable_page("Title", [], [Column("x", choice=True)], [["b"], ["a"], ["b"]])
    assert re.findall(r"<option.*?>(.*?)</option>", page) == ["all", "a", "b"]


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(ValueError, match="row of 1 cells in a table of 2 columns"):
        sortable_page("Title", [], [Column("x"), Column("y")], [["only"]])


def test_the_page_needs_no_other_file():
    page = page_of(claim())
    assert not re.search(r"(src|href)=|@import|url\(", page)


@pytest.fixture
def sidecars(tmp_path):
    for name, seconds, peak, commit in (("one", 1.5, 100.0, "a" * 40), ("two", 60.0, 50.0, None)):
        record = {
            "inputs": {"part.csv": "digest"},
            "seconds": seconds,
            "peak_memory_mb": peak,
            "machine": {"device": "cpu", "cpu": "a processor"},
            "git_commit": commit,
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    return [tmp_path / "one.json", tmp_path / "two.json"]


def test_run_times_are_those_of_the_sidecars_the_longest_first(sidecars):
    frame = run_times(sidecars)
    assert frame["table"].tolist() == ["two", "one"]
    assert frame["seconds"].tolist() == [60.0, 1.5]
    assert frame["peak_memory_mb"].tolist() == [50.0, 100.0]
    assert frame["commit"].tolist() == ["", "a" * 40]
    page = run_times_page(frame, "smoke")
    assert texts(page)[1][:4] == ["two", "1", "60", "50"]
    assert "took 1.02 minutes" in page  # 61.5 s


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"inputs": {}, "seconds": "fast"}'])
def test_a_file_that_is_no_sidecar_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(UserError, match=r"t\.json: no sidecar of a table") as error:
        run_times([tmp_path / "t.json"])
    assert "\n" not in str(error.value)


def test_a_missing_sidecar_is_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"absent\.json: no sidecar of a table"):
        run_times([tmp_path / "absent.json"])
