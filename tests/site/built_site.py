"""The site as `make docs` has built it, looked at in a browser: no error, nothing from elsewhere, the right numbers.

`make docs` runs this; the test suite does not, since it has no site. The browser is needed.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from browser import Browser, program
from document_blocks import ROOT
from interactive_page import ACTIVATIONS, GRID
from site_pages import CONTENTS, rooms

import fisher_spectra as fs

SITE = ROOT / "docs" / "_build" / "html"
PAGES = [page for pages in CONTENTS.values() for page in pages]
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
SET = """
const [title, value] = arguments;
const roots = Bokeh.documents.flatMap((one) => one.roots());
roots.find((root) => root.title === title).value = value;
"""
READ = "return document.getElementById('interactive-' + arguments[0]).dataset.value"
LARGEST = 4_000_000  # bytes of the interactive page


@pytest.fixture(scope="module")
def browser():
    if program() is None:
        pytest.skip("no browser and driver (Debian: apt-get install chromium chromium-driver)")
    with Browser() as session:
        yield session


@pytest.fixture
def page(browser):
    browser.open((SITE / "interactive.html").as_uri())
    return browser


def test_every_page_of_docs_and_every_room_with_public_names_is_in_the_site():
    assert sorted(PAGES) == sorted({file.stem for file in ROOT.glob("docs/*.md")} - {"index"})
    missing = [page for page in PAGES if not (SITE / f"{page}.html").exists()]
    missing += [room for room in rooms() if not (SITE / "reference" / f"{room}.html").exists()]
    assert missing == []


def test_the_reference_explains_every_public_name():
    text = "".join(file.read_text(encoding="utf-8") for file in (SITE / "reference").glob("*.html"))
    assert [name for name in fs.__all__ if f'id="fisher_spectra.{name}"' not in text] == []


def test_no_page_loads_anything_from_elsewhere():
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//[^\"]*\"")
    found = {file.name: loads.findall(file.read_text(encoding="utf-8")) for file in SITE.rglob("*.html")}
    assert {name: links for name, links in found.items() if links} == {}


def test_every_picture_of_the_gallery_is_there():
    sources = re.findall(r'<img[^>]*src="([^"]+\.png)"', (SITE / "gallery.html").read_text(encoding="utf-8"))
    assert len(sources) > 30
    assert [source for source in sources if not (SITE / source).exists()] == []


@pytest.mark.parametrize("width", [1400, PHONE["width"]])
def test_no_page_is_wider_than_its_window_or_shows_an_error(browser, width):
    metrics = (
        PHONE if width == PHONE["width"] else {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.develop("Emulation.setDeviceMetricsOverride", **metrics)
    for name in ["index", *PAGES]:
        browser.open((SITE / f"{name}.html").as_uri())
        assert browser.run("return document.documentElement.scrollWidth") <= width, name
        assert browser.errors() == [], name
    browser.develop("Emulation.clearDeviceMetricsOverride")


def choose(page, **values):
    titles = {"sigma_w2": "σw²", "sigma_b2": "σb²", "depth": "depth L", "width": "width M", "samples": "samples T"}
    titles["momentum"] = "momentum μ"
    for name, value in values.items():
        page.run(SET, titles.get(name, name), value)


def shown(page, name):
    return float(page.run(READ, name))


def test_each_control_leads_to_the_numbers_of_the_library(page):
    rng = np.random.default_rng(1)
    for activation in ACTIVATIONS:
        w2, b2 = float(rng.choice(GRID.sigma_w2)), float(rng.choice(GRID.sigma_b2[1:]))
        depth, width, samples = int(rng.choice(GRID.depths)), int(rng.integers(50, 5000)), int(rng.integers(2, 500))
        momentum = float(rng.integers(0, 99)) / 100
        choose(page, activation=activation, sigma_w2=w2, sigma_b2=b2, depth=depth)
        choose(page, width=width, samples=samples, momentum=momentum)
        order = fs.mean_field(activation, w2, b2, depth)
        expected = {
            "kappa_1": order.kappa_1,
            "kappa_2": order.kappa_2,
            "eigenvalue_mean": fs.eigenvalue_mean(order, width),
            "eigenvalue_second_moment": fs.eigenvalue_second_moment(order, samples),
            "eigenvalue_maximum": fs.eigenvalue_maximum(order, width, samples),
            "critical_learning_rate": fs.critical_learning_rate(order, width, samples, momentum),
            "critical_learning_rate_mse": fs.critical_learning_rate(order, width, samples, momentum) / 2,
        }
        assert {name: shown(page, name) for name in expected} == pytest.approx(expected, rel=1e-8)
    assert page.errors() == []


def test_a_slider_moved_by_key_changes_the_number_and_the_picture(page):
    before = shown(page, "critical_learning_rate")
    picture = page.picture()
    page.run(
        """
        const find = (root) => [...root.querySelectorAll("*")].flatMap(inside);
        const inside = (element) => [element, ...(element.shadowRoot ? find(element.shadowRoot) : [])];
        const handles = find(document).filter((e) => e.classList && e.classList.contains("noUi-handle"));
        handles[0].dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true, cancelable: true}));
        """
    )
    order = fs.mean_field("tanh", 2.1, 0.1, 4)
    assert shown(page, "critical_learning_rate") == pytest.approx(fs.critical_learning_rate(order, 1000, 100), rel=1e-8)
    assert shown(page, "critical_learning_rate") != before
    assert page.picture() != picture
    assert page.errors() == []


def test_the_page_says_where_theory_does_not_apply(page):
    choose(page, sigma_b2=0.0)
    assert shown(page, "kappa_2") == 0.0
    notes = page.run("return document.getElementById('interactive-notes').textContent")
    assert "Theorem 4 does not apply" in notes
    choose(page, sigma_b2=0.5)
    notes = page.run("return document.getElementById('interactive-notes').textContent")
    assert "Theorem 4 does not apply" not in notes


def test_the_phase_is_that_of_chi(page):
    for w2, phase in ((0.5, "order"), (3.5, "chaos")):
        choose(page, sigma_w2=w2)
        assert page.run("return document.getElementById('interactive-phase').textContent") == phase
        assert (shown(page, "chi") > 1.0) == (phase == "chaos")
    choose(page, activation="relu", sigma_w2=2.0)
    assert page.run("return document.getElementById('interactive-phase').textContent") == "edge of chaos"


def test_the_page_is_a_few_megabytes():
    assert (SITE / "interactive.html").stat().st_size < LARGEST


def test_the_search_finds_the_tour():
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    titles = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]
    assert "tour" in titles
