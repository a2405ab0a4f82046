"""Every entry of the registry names things that are there, at every scale."""

from __future__ import annotations

from pathlib import Path

import pytest
from committed_claims import committed_claims

from fisher_spectra.workflow.configuration import SCALES, load_configuration
from fisher_spectra.workflow.plans.site import Site, sidecars_of
from fisher_spectra.workflow.registry.figures import every_paper
from fisher_spectra.workflow.requests import Requests
from fisher_spectra.workflow.settings import section_at, settings_of_table

ROOT = Path(__file__).resolve().parents[2]


def papers(scale):
    configuration = load_configuration(ROOT, {"scale": scale})
    return configuration, every_paper(configuration, Site.of(configuration))


@pytest.fixture(params=SCALES)
def configuration_and_figures(request):
    configuration, found = papers(request.param)
    return configuration, {name: figure for paper in found.values() for name, figure in paper.figures.items()}


def test_every_figure_has_its_script_its_drawing_its_caption_and_its_sections(configuration_and_figures):
    configuration, figures = configuration_and_figures
    assert len(figures) >= 26
    for name, figure in figures.items():
        assert (ROOT / "scripts" / figure.table).is_file(), name
        drawing = ROOT / "src/fisher_spectra/plotting" / f"{figure.plot.replace('.', '/')}.py"
        assert "def plot(" in drawing.read_text(), name
        assert (ROOT / "report" / f"{name}.rst").is_file(), name
        assert all(section_at(configuration, place) for place in figure.sections), name


def test_the_settings_of_every_table_have_what_its_function_takes(configuration_and_figures):
    configuration, figures = configuration_and_figures
    for name, figure in figures.items():
        script = ROOT / "scripts" / figure.table
        assert settings_of_table(script, configuration, figure.sections, {"experiment": name})  # else a KeyError


def test_parts_of_figures_lie_in_the_folder_of_the_scale_and_are_told_apart(configuration_and_figures):
    configuration, figures = configuration_and_figures
    for name, figure in figures.items():
        parts = [*figure.parts, *figure.predictions]
        assert len(set(parts)) == len(parts), name
        assert all(part.startswith(f"results/{configuration['scale']}/cells/") for part in parts), name
    assert sidecars_of(["a/b.csv", "c.csv"]) == ["a/b.json", "c.json"]


def test_names_are_those_of_the_papers_and_no_two_figures_of_a_paper_are_presented_alike():
    _, found = papers("laptop")
    prefixes = {"karakida": "karakida_", "pennington_worah": "pennington_", "hayase_karakida": "hayase_"}
    assert found.keys() == prefixes.keys()
    for paper, entry in found.items():
        assert all(name.startswith(prefixes[paper]) for name in entry.figures)
        titles = [(figure.title, figure.panels) for figure in entry.figures.values()]
        assert len(set(titles)) == len(titles)
        called = [figure.called for figure in entry.figures.values()]
        assert len(set(called)) == len(called)


def test_every_table_that_a_claim_reads_is_in_the_registry():
    _, found = papers("laptop")
    names = {name for paper in found.values() for name in paper.figures}
    assert {claim.table for claim in committed_claims()} <= names


def test_requests_follow_the_estimates_and_grow_at_each_retry():
    asks = Requests(overhead_mb=100)
    memory = asks.memory(lambda wildcards: 10.2 * wildcards)
    assert [memory(2, attempt) for attempt in (1, 2)] == [121, 242]
    assert asks.fixed_memory(50)("anything", 1) == 150
    assert asks.seconds(lambda wildcards: wildcards + 0.1)(3) == 4
    limits = [asks.time_limit(lambda wildcards: wildcards)(600, attempt) for attempt in (1, 2)]
    assert limits[1] == 2 * limits[0] > 2 * 10  # of the ten minutes that it is estimated to take
