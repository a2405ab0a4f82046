"""The page of all figures: each with what it shows, its verdicts, and all that belongs to it. Clicks: test_report."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pandas as pd
import pytest

from fisher_spectra.checks.captions import claim_of_caption, filled_caption
from fisher_spectra.checks.figures_page import SHOWN_ROWS, ShownFigure, figures_page
from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.configuration import load_configuration

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = pd.DataFrame(
    [
        ("one", "(1)", "a < b", 1.0, 1.25, "holds", "first", float("nan")),
        ("two", "(2)", "c", 2.0, float("nan"), "erratum", "first", "d & e"),
        ("three", "(3)", "f", 3.0, 3.5, "holds", "first", float("nan")),
        ("four", "(4)", "g", 4.0, 9.0, "fails", "other", float("nan")),
    ],
    columns=["claim", "location", "statement", "predicted", "measured", "verdict", "table", "printed"],
)


def shown(name, category="A paper", **changes):
    record = {
        "settings": {"depth": 3, "note": "<b>"},
        "code": {"scripts/a.py": "0123456789abcdef"},
        "git_commit": "c0ffee",
    }
    fields = {"title": f"Figure {name}", "claim": f"{name} grows & falls", "png": name.encode(), "csv": b"width,mean\n"}
    fields["table"] = pd.DataFrame({"width": range(SHOWN_ROWS + 3), "mean": 0.123456789})
    return ShownFigure(name=name, category=category, record=record, **fields | changes)


@pytest.fixture
def page():
    return figures_page([shown("first"), shown("second", "B paper"), shown("third")], CLAIMS, "smoke")


def part(page, name, what):
    """A part of what belongs to a figure."""
    dialog = re.search(rf'<dialog id="{name}".*?</dialog>', page, re.DOTALL)[0]
    found = re.search(rf'<section data-part="{what}">(.*?)</section>', dialog, re.DOTALL)
    return found and found[1]


def test_figures_stand_under_their_paper_with_what_they_show_and_their_picture(page):
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["A paper", "B paper"]
    cards = re.findall(r'<article class="card">(.*?)</article>', page, re.DOTALL)
    assert [re.search("<h3>(.*?)</h3>", card)[1] for card in cards] == ["Figure first", "Figure third", "Figure second"]
    for name, card in zip(("first", "third", "second"), cards, strict=True):
        assert f"{name} grows &amp; falls" in card
        assert base64.b64decode(re.search(r'src="data:image/png;base64,(.*?)"', card)[1]) == name.encode()


def test_each_figure_counts_the_verdicts_of_the_claims_of_its_table(page):
    first, third, second = re.findall(r'<div class="verdicts">(.*?)</div>', page, re.DOTALL)
    assert re.findall(r">([^<]+)<", first) == ["2 claims hold", "1 erratum"]
    assert second == third == "no claim of this table is decided here"
    assert "3 figures and 4 claims, of which 2 hold, 1 are errata (corrected and proven), 1 fail." in page


def test_behind_a_figure_are_its_table_claims_settings_and_code(page):
    table = part(page, "first", "table")
    assert f"Table: {SHOWN_ROWS + 3} rows, 2 columns" in table
    assert table.count("<tr>") == SHOWN_ROWS + 1
    assert "and 3 more rows in the file" in table
    assert "0.12346" in table
    assert (
        base64.b64decode(re.search(r'download="first.csv" href="data:text/csv;base64,(.*?)"', table)[1])
        == b"width,mean\n"
    )
    claims = part(page, "first", "claims")
    assert [name in claims for name in ("one", "two", "three", "four")] == [True, True, True, False]
    assert "a &lt; b" in claims
    assert claims.count("As printed:") == 1
    assert "d &amp; e" in claims
    assert "&lt;b&gt;" in part(page, "first", "settings")
    assert "scripts/a.py 0123456789ab<" in part(page, "first", "code")
    assert "commit c0ffee" in part(page, "first", "code")
    assert part(page, "second", "claims") is None


def test_a_table_that_is_shown_whole_promises_no_more_rows():
    page = figures_page([shown("first", table=pd.DataFrame({"a": range(SHOWN_ROWS)}))], CLAIMS, "smoke")
    assert "more rows" not in page


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_every_caption_begins_with_what_the_figure_shows(scale):
    configuration = load_configuration(ROOT, {"scale": scale})
    captions = [file for file in sorted((ROOT / "report").glob("*.rst")) if not file.stem.startswith("own_")]
    for file in captions:
        if file.stem != "workflow":
            assert len(claim_of_caption(file, configuration)) > 20, file


def test_a_caption_is_filled_from_the_configuration_and_refused_without_bold_words(tmp_path):
    file = tmp_path / "a.rst"
    file.write_text("**Depth {{ snakemake.config['depth'] }}\ngrows** with\nmore words.\n")
    assert filled_caption(file, {"depth": 7}) == "**Depth 7 grows** with more words."
    assert claim_of_caption(file, {"depth": 7}) == "Depth 7 grows"
    file.write_text("No bold words.\n")
    with pytest.raises(UserError, match=r"a\.rst: a caption begins with what the figure shows"):
        claim_of_caption(file, {})
