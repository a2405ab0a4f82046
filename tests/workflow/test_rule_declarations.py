"""What every rule of the workflow declares, and what the linter says about it."""

from __future__ import annotations

import re
import sys

import jinja2
import pytest
from workflow_copies import ROOT, run

from fisher_spectra.configuration import SCALES, load_configuration

pytestmark = pytest.mark.xdist_group("rules")

FILES = [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]


@pytest.fixture(scope="module")
def jobs(rules):
    """The rules that run something."""
    return [rule for rule in rules if not rule["is_target"]]


@pytest.fixture(scope="module")
def reports(jobs):
    return [report for rule in jobs for report in rule["reports"]]


def texts():
    """The text of each rule, by its name."""
    for file in FILES:
        for part in re.split(r"^(?=rule )", file.read_text(), flags=re.MULTILINE)[1:]:
            yield re.match(r"rule (\w+):", part).group(1), re.split(r"^(?=\S)", part, flags=re.MULTILINE)[1]


def without(jobs, key):
    return [rule["name"] for rule in jobs if not rule[key]]


def test_every_rule_that_runs_something_logs(jobs):
    assert without(jobs, "logs") == []


def test_every_rule_that_runs_something_records_its_cost(jobs):
    assert without(jobs, "benchmark") == []


def test_every_rule_has_a_message(rules):
    assert without(rules, "message") == []


def test_every_rule_that_runs_something_states_memory_and_time(jobs):
    assert [rule["name"] for rule in jobs if not {"mem_mb", "runtime"} <= set(rule["resources"])] == []


def test_every_rule_that_runs_something_states_its_threads(jobs):
    names = {name for name, text in texts() if re.search(r"^ {4}threads:", text, re.MULTILINE)}
    assert {rule["name"] for rule in jobs} - names == set()


def test_every_rule_that_runs_something_is_a_shell_command_that_calls_its_script(jobs):
    assert [rule["name"] for rule in jobs if not (rule["shell"] or "").startswith("python {input.code[0]}")] == []


def test_every_rule_depends_on_its_script_the_library_and_the_requirements(jobs):
    for rule in jobs:
        script, *others = rule["code"]
        assert re.fullmatch(r"scripts/\w+/\w+\.py", script), rule["name"]
        assert {"src/fisher_spectra/command_line.py", "envs/requirements.txt"} <= set(others), rule["name"]


def test_every_rule_passes_its_log_to_the_script(jobs):
    assert [rule["name"] for rule in jobs if "--log {log}" not in rule["shell"]] == []


def test_every_script_belongs_to_a_rule(jobs):
    scripts = {str(path.relative_to(ROOT)) for path in ROOT.glob("scripts/*/*.py")}
    assert {rule["code"][0] for rule in jobs} == scripts


def test_logs_and_costs_tell_all_jobs_of_a_rule_apart(jobs):
    for rule in jobs:
        names = set(re.findall(r"{(\w+)", rule["outputs"][0]))
        for file in [*rule["logs"], rule["benchmark"]]:
            assert set(re.findall(r"{(\w+)", file)) == names, rule["name"]


def test_every_table_comes_with_a_sidecar_that_the_script_writes(jobs):
    tables = [rule for rule in jobs if rule["outputs"][0].endswith(".csv")]
    assert len(tables) >= 10
    for rule in tables:
        assert rule["outputs"][1] == rule["outputs"][0].removesuffix(".csv") + ".json"
        assert "--provenance {output.provenance}" in rule["shell"]


def test_every_figure_is_in_the_report_with_caption_category_and_labels(jobs, reports):
    figures = {output for rule in jobs for output in rule["outputs"] if output.endswith(".png")}
    assert figures == {report["file"] for report in reports}
    assert len(figures) >= 7
    for report in reports:
        assert report["category"]
        assert {"figure", "panels", "scale"} <= report["labels"].keys()


def test_every_figure_comes_as_pdf_too(jobs):
    outputs = {output for rule in jobs for output in rule["outputs"]}
    assert {name.replace(".png", ".pdf") for name in outputs if name.endswith(".png")} <= outputs


def test_every_caption_exists_and_belongs_to_one_figure(reports):
    captions = [report["caption"].rpartition("/")[2] for report in reports]
    assert sorted(captions) == sorted({path.name for path in (ROOT / "report").glob("*.rst")} - {"workflow.rst"})


@pytest.mark.parametrize("scale", SCALES)
def test_every_caption_can_be_filled_in_at_every_scale(reports, scale):
    configuration = load_configuration(ROOT, {"scale": scale})
    for report in reports:
        name = report["caption"].rpartition("/")[2]
        template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
            (ROOT / "report" / name).read_text()
        )
        text = template.render(snakemake={"config": configuration})
        assert len(text) > 200, name
        assert "{" not in text, name
        assert text.startswith("**"), f"{name}: a caption begins with its claim"


def test_the_figures_own_targets_make_their_tables_and_figures(rules):
    targets = {rule["name"] for rule in rules if rule["is_target"]}
    tables = {rule["name"].removesuffix("_table") for rule in rules if rule["name"].endswith("_table")}
    assert tables <= targets
    assert "all" in targets


def test_snakemakes_linter_has_nothing_to_say(untouched):
    answer = run([sys.executable, "-m", "snakemake", "--lint"], untouched)
    titles = re.findall(r"^ {4}\* (.*)$", answer.stdout + answer.stderr, re.MULTILINE)
    assert titles == []
    assert answer.returncode == 0
