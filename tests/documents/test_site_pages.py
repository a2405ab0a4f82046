"""What the site has besides the pages: every page has its place, every public name its entry."""

from __future__ import annotations

import re

from document_blocks import ROOT
from site_pages import CONTENTS, navigation, reference_page, rooms

import fisher_spectra as fs

PAGES = [page for pages in CONTENTS.values() for page in pages]


def test_every_page_of_docs_has_one_place_in_the_order_of_the_site():
    assert sorted(PAGES) == sorted({file.stem for file in ROOT.glob("docs/*.md")} - {"index"})


def test_the_navigation_names_every_page_and_every_room():
    named = [line for line in navigation().splitlines() if re.fullmatch(r"[\w/]+", line)]
    assert named == [*PAGES, *(f"reference/{room}" for room in rooms())]


def test_every_public_name_is_in_the_reference_of_its_room_as_what_it_is():
    pages = {room: reference_page(room, names) for room, names in rooms().items()}
    found = re.findall(r"^\.\. auto\w+:: (\w+)$", "".join(pages.values()), re.M)
    assert found == [name for names in rooms().values() for name in names]
    assert sorted(found) == sorted(fs.__all__)
    assert ".. autofunction:: mean_field\n" in pages["karakida"]
    assert ".. autoclass:: LayeredEnsemble\n   :members:" in pages["finite_size"]
    assert ".. autoexception:: UserError" in pages["common"]


def test_a_room_is_introduced_by_its_own_words():
    assert "mean-field theory of the Fisher information matrix" in reference_page("karakida", [])


def test_pages_link_to_pages_of_the_site_alone():
    """Sphinx takes a link to another Markdown file for a page that is missing; files of other kinds it hands out."""
    for file in ROOT.glob("docs/*.md"):
        linked = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
        assert [name for name in linked if "/" in name or not (file.parent / name).is_file()] == [], file.name
