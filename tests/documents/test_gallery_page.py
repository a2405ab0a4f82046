"""docs/gallery.md is what the registry, the captions and the committed pictures give."""

from __future__ import annotations

import re

import pytest
from document_blocks import ROOT
from site_pictures import wanted
from write_gallery_page import gallery_page, main, papers

PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
FIGURES = {name: figure for paper in papers().values() for name, figure in paper.figures.items()}


def test_the_committed_page_is_current():
    assert gallery_page() == PAGE, "run `make gallery`"


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_has_its_command_and_scripts_that_exist(name):
    entry = PAGE.partition(f"({name})\n")[2].partition("\n### ")[0]
    assert f"make figures TARGET={name}\n" in entry
    linked = re.findall(r"\]\(\.\./([^)]+)\)", entry)
    assert len(linked) == 3
    assert [file for file in linked if not (ROOT / file).exists()] == []


def test_each_figure_has_a_committed_picture_or_the_place_of_one_that_the_site_draws():
    placed = re.findall(r"<!-- picture: (\w+) -->", PAGE)
    committed = re.findall(r"\]\(gallery/(\w+)\.png\)", PAGE)
    assert sorted(placed + committed) == sorted(FIGURES)
    assert set(placed) == wanted().keys()


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("pennington_table1", "Table 1 is right to its last digit."),
        ("karakida_catapult", "lambda\\_max"),
        ("karakida_figC2", "The same images, normalised otherwise."),  # by the settings of laptop scale
    ],
)
def test_what_a_figure_shows_are_the_first_words_of_its_caption_with_the_settings_filled_in(name, shows):
    assert shows in PAGE.partition(f"({name})\n\n")[2].partition("\n\n")[0]


def test_a_page_that_is_not_current_is_named_and_left_as_it_is(tmp_path, capsys):
    file = tmp_path / "gallery.md"
    file.write_text("old")
    assert main(["--output", str(file), "--check"]) == 1
    assert "make gallery" in capsys.readouterr().err
    assert file.read_text() == "old"
    assert main(["--output", str(file)]) == 0
    assert file.read_text() == PAGE
