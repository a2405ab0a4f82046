"""The picture of the rules in docs/architecture.md is that of the present workflow."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

import pytest
from draw_rulegraph import by_paper, columns, draw, order, rule_graph, without_targets
from workflow_copies import ROOT, run

DOT = """digraph snakemake_dag {
    node[shape=box];
    0[label = "all", color = "0.1 0.6 0.85", style="rounded"];
    1[label = "paper_fig1_table", style="rounded"];
    2[label = "paper_sample", style="rounded"];
    3[label = "paper_fig1_figure", style="rounded"];
    1 -> 0
    2 -> 1
    1 -> 3
    3 -> 0
}
"""


@pytest.fixture(scope="module")
def graph(untouched):
    """The graph that Snakemake gives, of everything that can be made."""
    command = [sys.executable, "-m", "snakemake", "all", "pages", "--rulegraph", "--config", "scale=paper"]
    answer = run(command, untouched)
    assert answer.returncode == 0, answer.stderr
    return by_paper(*without_targets(*rule_graph(answer.stdout)))


def test_the_picture_shows_the_rules_and_edges_of_the_present_workflow(graph):
    names, edges = graph
    picture = (ROOT / "docs" / "rulegraph.svg").read_text(encoding="utf-8")
    assert set(re.findall(r'data-rule="([\w ]+)"', picture)) == set(names)
    assert set(re.findall(r'data-from="([\w ]+)" data-to="([\w ]+)"', picture)) == edges
    assert len(names) > 20
    assert {("karakida_sample_networks", "karakida tables"), ("karakida tables", "karakida figures")} <= edges


def test_tables_and_figures_of_a_paper_are_one_box_each_and_other_rules_stand_alone():
    names = ["claims_table", "hayase_fig1_table", "hayase_fig1_figure", "hayase_fig2_table", "hayase_sample_theta"]
    edges = {("hayase_sample_theta", "hayase_fig2_table"), ("hayase_fig1_table", "hayase_fig1_figure")}
    edges |= {("hayase_fig1_table", "claims_table"), ("hayase_fig2_table", "claims_table")}
    found, between = by_paper(names, frozenset(edges))
    assert found == ["claims_table", "hayase figures", "hayase tables", "hayase_sample_theta"]
    assert between == {
        ("hayase_sample_theta", "hayase tables"),
        ("hayase tables", "hayase figures"),
        ("hayase tables", "claims_table"),
    }


def test_the_graph_is_read_from_what_snakemake_prints():
    names, edges = rule_graph(DOT)
    assert names == ["all", "paper_fig1_figure", "paper_fig1_table", "paper_sample"]
    assert ("paper_sample", "paper_fig1_table") in edges
    assert len(edges) == 4
    names, edges = without_targets(names, edges)
    assert "all" not in names
    assert edges == {("paper_sample", "paper_fig1_table"), ("paper_fig1_table", "paper_fig1_figure")}


def test_text_without_a_graph_is_an_error():
    with pytest.raises(ValueError, match="no graph in what Snakemake printed: 'oops'"):
        rule_graph("oops")


def test_every_rule_stands_right_of_what_it_uses(graph):
    names, edges = graph
    column = columns(names, edges)
    assert all(column[one] < column[other] for one, other in edges)
    rows = order(names, edges)
    assert sorted(name for row in rows for name in row) == sorted(names)


def test_the_picture_is_the_same_each_time_and_well_formed(graph):
    names, edges = graph
    picture = draw(names, edges)
    assert picture == draw(list(reversed(names))[::-1], frozenset(sorted(edges)))
    root = ElementTree.fromstring(picture)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(texts) == sorted(names)


def test_no_box_lies_on_another(graph):
    root = ElementTree.fromstring(draw(*graph))
    boxes = [element for element in root.iter("{http://www.w3.org/2000/svg}rect") if element.get("x")]
    places = [tuple(float(box.get(key)) for key in ("x", "y", "width", "height")) for box in boxes]
    for number, (x, y, width, height) in enumerate(places):
        for u, v, _, _ in places[:number]:
            assert abs(x - u) >= width or abs(y - v) >= height
