"""What every rule of the workflow declares. (What the linter says about it: `make lint`.)"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import jinja2
import pytest
import yaml
from workflow_copies import ROOT, Plan, run

from fisher_spectra.workflow.configuration import SCALES, load_configuration


@pytest.fixture(scope="module")
def jobs(rules):
    """The rules that run something."""
    return [rule for rule in rules if not rule["is_target"]]


@pytest.fixture(scope="module")
def reports(jobs):
    return [report for rule in jobs for report in rule["reports"]]


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


def test_data_sets_are_fetched_where_snakemake_runs(rules):
    # nodes of a cluster often have no internet
    (fetching,) = (rule for rule in rules if rule["name"] == "fetch_dataset")
    assert fetching["is_local"]


def test_every_job_has_one_thread_of_its_own(jobs):
    # pinned for the libraries below as well: results are the same bytes for every number of cores
    assert {rule["name"]: rule["threads"] for rule in jobs if rule["threads"] != 1} == {}


def test_every_rule_that_runs_something_is_a_shell_command_that_calls_its_script(jobs):
    called = '"${{FISHER_SPECTRA_PYTHON:-python}}" scripts/start.py {params.script} '
    assert [rule["name"] for rule in jobs if not (rule["shell"] or "").partition(called)[1]] == []
    assert [rule["name"] for rule in jobs if not (ROOT / (rule["script"] or "none")).is_file()] == []


def test_every_rule_depends_on_the_record_of_the_code_of_its_own_script(jobs, untouched):
    for rule in jobs:
        if rule["code_follows_from_wildcards"]:  # which reader makes a data set
            assert rule["name"] == "fetch_dataset"
            continue
        (file,) = rule["code"]
        record = json.loads((untouched / file).read_text())
        module = [f"src/fisher_spectra/plotting/{rule['module'].replace('.', '/')}.py"] if rule["module"] else []
        needed = {rule["script"], "src/fisher_spectra/jobs/run_job.py", "envs/requirements.txt", *module}
        assert needed <= record.keys(), rule["name"]
        assert [name for name in record if name.startswith("scripts/")] == [rule["script"]]


def test_parameters_of_every_rule_are_plain_values(jobs):
    # Snakemake ignores a change of any other kind
    assert {kind for rule in jobs for kind in rule["parameters"].values()} <= {"str", "function", "method"}


def test_no_command_depends_on_the_folder_that_it_is_called_in(jobs, untouched):
    # what another command made would be made anew in a copy elsewhere
    (said,) = {rule["shell"].partition("--")[0] for rule in jobs}
    assert not [place for place in (untouched, Path(sys.executable).parent) if str(place) in said]


def test_every_rule_passes_its_log_to_the_script(jobs):
    assert [rule["name"] for rule in jobs if "--log {log}" not in rule["shell"]] == []


def test_every_script_belongs_to_a_rule(jobs):
    scripts = {str(path.relative_to(ROOT)) for path in ROOT.glob("scripts/*/*.py") if path.parent.name != "tools"}
    assert {rule["script"] for rule in jobs} == scripts


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
    assert figures <= {report["file"] for report in reports}
    assert len(figures) >= 7
    for report in reports:
        assert report["category"]
        assert {"figure", "panels", "scale"} <= report["labels"].keys()


def test_every_figure_comes_as_pdf_too(jobs):
    outputs = {output for rule in jobs for output in rule["outputs"]}
    assert {name.replace(".png", ".pdf") for name in outputs if name.endswith(".png")} <= outputs


def test_every_caption_exists_and_belongs_to_one_figure(reports):
    captions = [report["caption"].rpartition("/")[2] for report in reports]
    assert len(set(captions)) == len(captions)
    assert set(captions) <= {path.name for path in (ROOT / "report").glob("*.rst")}


def test_every_text_of_the_report_is_used_by_the_workflow(reports):
    captions = {Path(report["caption"]).name for report in reports}
    assert {path.name for path in (ROOT / "report").glob("*.rst")} == captions | {"workflow.rst"}


@pytest.mark.parametrize("scale", SCALES)
def test_every_caption_can_be_filled_in_at_every_scale(reports, scale):
    own = {"mine": {"widths": [9, 8, 2], "activation": "tanh", "sigma_w2": [2, 1], "initialisation": "orthogonal"}}
    configuration = load_configuration(ROOT, {"scale": scale, "own": own})
    for report in reports:
        name = report["caption"].rpartition("/")[2]
        template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
            (ROOT / "report" / name).read_text()
        )
        text = template.render(snakemake={"config": configuration, "wildcards": {"network": "mine"}})
        assert len(text) > 200, name
        assert "{" not in text, name
        assert not name.startswith("karakida") or text.startswith("**"), f"{name}: a caption begins with its claim"


def test_the_figures_own_targets_make_their_tables_and_figures(rules):
    targets = {rule["name"] for rule in rules if rule["is_target"]}
    # tables of own networks have their names by wildcards, and targets where there are networks
    named = [rule["name"] for rule in rules if not any("{" in output for output in rule["outputs"])]
    tables = {name.removesuffix("_table") for name in named if name.endswith("_table")}
    assert tables <= targets
    assert "all" in targets


def test_a_paper_is_all_of_its_figures_and_tables_errata_included(untouched):
    answer = run([sys.executable, "-m", "snakemake", "--summary", "karakida", "--config", "scale=smoke"], untouched)
    made = {line.split("\t")[0].removeprefix("results/smoke/") for line in answer.stdout.splitlines()}
    names = {path.stem for path in (ROOT / "report").glob("karakida_*.rst")}
    assert len(names) >= 8
    for name in names:
        assert {f"tables/{name}.csv", f"tables/{name}.json", f"figures/{name}.png", f"figures/{name}.pdf"} <= made


def planned(folder, *command):
    """Number of jobs of each rule."""
    answer = run([sys.executable, *command], folder)
    assert answer.returncode == 0, answer.stderr
    return Plan.read(answer.stdout + answer.stderr).jobs


def test_snakemake_typed_by_hand_plans_the_same_as_make_figures(untouched):
    by_hand = planned(untouched, "-m", "snakemake", "--dry-run")
    assert by_hand == planned(untouched, "scripts/tools/run_workflow.py", "all", "--dry-run")
    assert by_hand.total() > 30
    assert by_hand["fetch_dataset"] == 1  # the embedded digits: no download at laptop scale


def test_the_target_of_a_figure_plans_that_figure_only(untouched):
    jobs = planned(untouched, "-m", "snakemake", "--dry-run", "karakida_corollary2", "--config", "scale=smoke")
    assert jobs.keys() - {"karakida_corollary2"} == {
        "karakida_sample_few_networks",
        "karakida_corollary2_table",
        "karakida_corollary2_figure",
    }


def datasets_of(settings):
    """Every data set that the configuration names."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from datasets_of(value)
        elif key == "dataset":
            yield value


def test_the_paper_scale_can_be_planned_and_fetches_each_data_set_once(untouched):
    jobs = planned(untouched, "-m", "snakemake", "--dry-run", "--config", "scale=paper")
    used = set(datasets_of(load_configuration(ROOT, {"scale": "paper"})))
    assert {"mnist", "cifar10"} <= used
    assert jobs["fetch_dataset"] == len(used)


@pytest.mark.parametrize("profile", sorted(path.name for path in (ROOT / "profiles").iterdir()))
def test_every_profile_schedules_greedily_and_goes_on_with_what_can_be_done(profile):
    settings = yaml.safe_load((ROOT / "profiles" / profile / "profile.yaml").read_text())
    assert settings["scheduler"] == "greedy"
    assert settings["rerun-incomplete"] is True
    assert settings["keep-going"] is True
