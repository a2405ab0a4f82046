"""The report: one file with every figure, its caption and the claims, as a browser shows it.

The results are made up, since only what the report does with them is tested here; the rules, captions, pages and labels
are the real ones. Where no browser is installed the tests look at what the file holds instead of what it shows.
"""

from __future__ import annotations

import base64
import html
import json
import re
import sys

import pandas as pd
import pytest
from browser import Browser, program
from PIL import Image
from workflow_copies import copy_repository, run

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.jobs.provenance import sealed, sha256_of_settings

CLAIMS = pd.DataFrame(
    [
        ("first_value", "Karakida, Akaho, Amari 2019", "Theorem 1", 1.0, 1.25, 0.25, 0.5, "holds"),
        ("second_value", "Pennington, Worah 2018", "(27)", -30.0, -20.0, 10.0, 20.0, "holds"),
        ("third_value", "Karakida, Akaho, Amari 2019", "Theorem 5", 4.0, 4.5, 0.5, 1.0, "erratum"),
        ("fourth_value", "Hayase, Karakida 2021", "<Figure 4>", 7.0, float("nan"), float("nan"), 1.0, "fails"),
    ],
    columns=["claim", "paper", "location", "predicted", "measured", "deviation", "tolerance", "verdict"],
)
SIDECAR = {"inputs": {}, "seconds": 1.5, "peak_memory_mb": 99.0, "git_commit": None, "requirements_sha256": None}
SIDECAR |= {"machine": {"device": "cpu", "cpu": "a processor"}, "versions": {}, "code": {}, "settings": {}}
SIDECAR["settings_sha256"] = sha256_of_settings({})


def make_up(folder, name, number):
    """A result of the right kind, different from every other."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".png":
        Image.new("RGB", (8, 4), (number % 256, number // 256, 77)).save(file)
    elif file.suffix != ".json":
        file.write_text(f"{number}\n")


def record(folder, name):
    """The sidecar of the results that have its name."""
    file = folder / name
    beside = [one for one in file.parent.glob(f"{file.stem}.*") if one != file]
    outputs = {one.relative_to(folder).as_posix(): sha256_of_file(one) for one in beside}
    file.write_text(json.dumps(sealed(SIDECAR | {"outputs": outputs})))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the repository with made-up results and its report."""
    place = tmp_path_factory.mktemp("report") / "repository"
    copy_repository(place)
    snakemake = [sys.executable, "-m", "snakemake", "--cores", 1, "all", "pages"]
    summary = run([*snakemake, "--summary", "--config", "scale=smoke"], place)
    assert summary.returncode == 0, summary.stderr
    rows = [line.split("\t") for line in summary.stdout.splitlines() if line.startswith("results/")]
    for number, row in enumerate(rows):
        make_up(place, row[0], number)
    table = CLAIMS.assign(cells=1, statement="A <statement> & more.", table="a_table", cell="")
    table["printed"] = ["", "", "A misprint.", ""]
    table["erratum"], table["consequence"] = ["", "", "third", ""], ["", "", "number", ""]
    table["power"], table["power_kind"] = [0.5, 0.3, 0.2, float("nan")], "relative"
    table["power_direction"], table["weak"] = ["up", "down", "up", ""], ["A bound.", "", "", ""]
    table["printed_predicted"] = table["printed_measured"] = [float("nan"), float("nan"), 3.0, float("nan")]
    table.to_csv(place / "results/smoke/claims.csv", index=False, na_rep="nan")
    for row in rows:
        if row[0].endswith(".json"):
            record(place, row[0])
    pages = ["figures_page", "claims_page", "run_times_page"]
    made = run(
        [*snakemake[:-2], *pages, "--allowed-rules", *pages, "--forcerun", *pages, "--config", "scale=smoke"], place
    )
    assert made.returncode == 0, made.stderr
    stylesheet = ["--report", "results/smoke/report.html", "--report-stylesheet", "report/style.css"]
    report = run([*snakemake, *stylesheet, "--config", "scale=smoke"], place)
    assert report.returncode == 0, report.stderr
    return place


@pytest.fixture(scope="module")
def report(folder):
    return folder / "results" / "smoke" / "report.html"


@pytest.fixture(scope="module")
def embedded(report):
    """The results that the file holds, by path, and their categories."""
    text = report.read_text(encoding="utf-8")

    def variable(name):
        return json.loads(re.search(rf'<script id="{name}">\s*var {name} = (.*?);\s*</script>', text, re.DOTALL)[1])

    results = variable("results")
    for category, subcategories in variable("categories").items():
        for path in (path for paths in subcategories.values() for path in paths):
            results[path]["category"] = category
    return results


@pytest.fixture(scope="module")
def declared(rules):
    """What the rules declare for the report, by path; patterns are of networks of the reader's, and there are none."""
    found = [report for rule in rules for report in rule["reports"] if "{" not in report["file"]]
    assert len(found) > 10
    return {one["file"]: one for one in found}


@pytest.fixture(scope="module")
def browser(report):
    """A browser with the report open; None if there is no browser."""
    if program() is None:
        yield None
        return
    with Browser() as opened:
        opened.open(report.as_uri())
        yield opened


def words(text):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_the_file_holds_every_result_with_category_labels_and_caption(embedded, declared, folder):
    assert embedded.keys() == declared.keys()
    for path, result in embedded.items():
        assert result["category"] == declared[path]["category"]
        assert result["labels"] == declared[path]["labels"]
        assert base64.b64decode(result["data_uri"].partition("base64,")[2]) == (folder / path).read_bytes()
        assert len(words(result["caption"])) > 150
        assert result["caption"].startswith("<p><strong>")
        assert not re.search(r"[{}]|problematic|system-message", result["caption"]), path


def test_the_browser_shows_every_figure_under_its_paper_with_its_caption(browser, embedded, declared):
    if browser is None:
        assert all(result["mime_type"] in ("image/png", "text/html") for result in embedded.values())
        return
    for category in sorted({one["category"] for one in declared.values()}):
        figures = {path: one for path, one in declared.items() if one["category"] == category}
        browser.click(f'//a[normalize-space()="{category}"]')
        assert browser.run("return document.querySelectorAll('#app tbody tr').length") == len(figures)
        for number, (path, one) in enumerate(figures.items()):
            # as a mouse does in the first row and the last one; between them at once
            click = browser.click if number in (0, len(figures) - 1) else browser.press
            row = f'//tr[td[normalize-space()="{one["labels"]["figure"]}"]]'
            assert words(browser.run("return arguments[0].textContent", browser.find(row))).startswith(
                "".join(map(str, one["labels"].values()))
            )
            click(f"{row}//a[1]")
            if path.endswith(".png"):
                source, width = browser.run(
                    "const i = document.querySelector('img[src^=\"data:image/png\"]');"
                    "return i.decode().then(() => [i.src, i.naturalWidth])"
                )
                assert (source, width) == (embedded[path]["data_uri"], 8)
            click(f"{row}//a[2]")
            shown = browser.run("return document.querySelector('.prose-invert').textContent")
            assert words(shown).replace(" ", "") == words(embedded[path]["caption"]).replace(" ", "")
            click(f'//a[normalize-space()="{category}"]')  # back, by the path at the top
        browser.click("//nav//li[1]/a")  # the house at the top: back to the menu
    assert browser.errors() == []


def test_the_first_page_says_what_is_promised_and_how_to_cite_and_begins_at_the_top(browser, report):
    text = words(report.read_text(encoding="utf-8"))
    for phrase in ("How to cite.", "What is promised.", "CITATION.cff", "smoke", "AISTATS 2019", "NeurIPS 2018"):
        assert phrase in text
    if browser is None:
        assert "safe center" in report.read_text(encoding="utf-8")
        return
    browser.open(report.as_uri())
    browser.click('//a[normalize-space()="Workflow"]')
    heading = browser.run(
        "const h = document.querySelector('.prose h1'); return [h.textContent, h.getBoundingClientRect().top]"
    )
    assert heading[0] == "Fisher information spectra of neural networks"
    assert heading[1] >= 0
    assert "How to cite." in browser.run("return document.querySelector('#app .prose').textContent")
    assert browser.errors() == []


def test_the_report_opens_with_all_figures_and_a_click_shows_what_belongs_to_one(browser, embedded, report):
    page = base64.b64decode(embedded["results/smoke/pages/figures.html"]["data_uri"].partition("base64,")[2]).decode()
    pictures = [path for path in embedded if path.endswith(".png")]
    assert page.count('<article class="card">') == len(pictures)
    assert "results/smoke/pages/figures.html" in embedded
    assert "window.opened" in report.read_text(encoding="utf-8")
    if browser is None:
        return
    browser.open(report.as_uri())
    browser.enter("//iframe")
    shown = "return document.querySelector('dialog[open]')?.id"
    assert browser.run("return document.querySelector('h1').textContent") == "Every figure at smoke scale"
    assert browser.run(shown) is None
    browser.click('//button[@class="thumbnail" and @data-opens="karakida_fig1"]')
    assert browser.run(shown) == "karakida_fig1"
    source = browser.run("return document.querySelector('dialog[open] img').src")
    assert source.endswith(embedded["results/smoke/figures/karakida_fig1.png"]["data_uri"].partition("base64,")[2])
    browser.click('//dialog[@open]/button[@class="close"]')
    assert browser.run(shown) is None
    browser.leave()
    browser.click('//a[normalize-space()="Workflow"]')
    assert browser.run("return document.querySelectorAll('iframe').length") == 0
    assert browser.errors() == []


def test_the_file_needs_no_other_file(browser, report):
    text = report.read_text(encoding="utf-8")
    assert not re.search(r"""<(script|img|link|iframe)[^>]+(src|href)=["'](?!data:)""", text.partition('id="app"')[0])
    if browser is not None:
        browser.open(report.as_uri())
        names = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert [name for name in names if not name.startswith("data:")] == []


CLAIM = 3  # column of the name of the claim


@pytest.fixture
def claims(browser, report):
    """The table of claims inside the report: click on a column, choose, search; gives the claims that are shown.

    None if there is no browser.
    """
    if browser is None:
        yield None
        return
    browser.open(report.as_uri())
    browser.click('//a[normalize-space()="Claims"]')
    browser.click('//tr[td[normalize-space()="Table of claims"]]//a[1]')
    browser.enter("//iframe")

    def look(click=None, search=None, **choices):
        if click:
            browser.click(f'//th[normalize-space()="{click}"]/button')
        if search is not None:
            browser.type("//input[@type='search']", search)
        for title, value in choices.items():
            browser.click(f'//label[starts-with(normalize-space(), "{title}")]//option[normalize-space()="{value}"]')
        names = "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetHeight > 0)"
        found = browser.run(f"return {names}.map((row) => row.cells[{CLAIM}].textContent)")
        number = browser.run("return document.querySelector('#shown').textContent")
        assert number == f"{len(found)} of {len(CLAIMS)} shown"
        return [name.removesuffix("_value") for name in found]

    yield look
    browser.leave()


def cells(folder, column):
    """What the file of the page holds in a column: the number to sort by, or the text."""
    text = (folder / "results" / "smoke" / "pages" / "claims.html").read_text(encoding="utf-8")
    assert 'addEventListener("click", () => sort(header))' in text
    assert 'search.addEventListener("input", filter)' in text
    titles = re.findall(r'<button type="button">(.*?)</button>', text)
    rows = [re.findall(r'<td(?:[^>]*data-value="([^"]*)")?[^>]*>(.*?)</td>', row) for row in text.split("<tr>")[2:]]
    return [number or content for number, content in (row[titles.index(column)] for row in rows)]


def test_the_table_of_claims_sorts_numbers_by_size_with_missing_ones_last(claims, folder):
    if claims is None:
        assert cells(folder, "measured") == ["1.25", "-20.0", "4.5", "NaN"]
        return
    assert claims() == ["first", "second", "third", "fourth"]
    assert claims(click="measured") == ["second", "first", "third", "fourth"]
    assert claims(click="measured") == ["third", "first", "second", "fourth"]
    assert claims(click="predicted") == ["second", "first", "third", "fourth"]


def test_the_table_of_claims_sorts_texts_by_letters(claims, folder):
    if claims is None:
        assert cells(folder, "verdict") == ["holds", "holds", "erratum", "fails"]
        return
    assert claims(click="verdict") == ["third", "fourth", "first", "second"]
    assert claims(click="verdict") == ["first", "second", "fourth", "third"]


def test_the_table_of_claims_filters_by_verdict_paper_and_words(claims, folder):
    if claims is None:
        assert cells(folder, "verdict") == ["holds", "holds", "erratum", "fails"]
        assert cells(folder, "place")[3] == "&lt;Figure 4&gt;"
        return
    assert claims(verdict="holds") == ["first", "second"]
    assert claims(paper="Pennington, Worah 2018") == ["second"]
    assert claims(verdict="all", paper="all") == ["first", "second", "third", "fourth"]
    assert claims(search="THEOREM karakida") == ["first", "third"]
    assert claims(verdict="erratum") == ["third"]
    assert claims(search="nothing of the kind") == []
    assert claims(search="<figure 4>", verdict="all") == ["fourth"]


def test_the_run_times_of_every_table_are_in_the_report(folder, declared):
    frame = pd.read_csv(folder / "results" / "smoke" / "pages" / "run_times.csv")
    figures = {path.rpartition("/")[2].removesuffix(".png") for path in declared if path.endswith(".png")} - {"claims"}
    assert figures <= set(frame["table"])
    assert set(frame["seconds"]) == {1.5}
    page = (folder / "results" / "smoke" / "pages" / "run_times.html").read_text(encoding="utf-8")
    assert all(f"<td>{name}</td>" in page for name in frame["table"])
