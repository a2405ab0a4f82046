"""Promise L1: the same bytes whatever the number of cores, the order of jobs and the size of chunks."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.xdist_group("workflow")


def cell_files(workflow):
    folder = workflow.folder / "results" / "smoke" / "cells"
    return {str(file.relative_to(folder)) for file in folder.rglob("*.csv")}


def test_tables_and_figures_are_the_same_bytes_for_other_cores_and_chunks(finished, finished_otherwise):
    one, other = finished.results(), finished_otherwise.results()
    assert one.keys() == other.keys()
    assert {name.partition("/")[0] for name in one} >= {"tables", "figures"}
    assert [name for name in one if one[name] != other[name]] == []


def test_the_two_runs_did_use_other_chunks_in_every_experiment(finished, finished_otherwise):
    one, other = cell_files(finished), cell_files(finished_otherwise)
    experiments = {name.split("/")[0] for name in one | other}
    assert {name.split("/")[0] for name in one - other} == experiments
    assert {name.split("/")[0] for name in other - one} == experiments


def test_every_figure_comes_with_its_table_as_png_and_pdf(finished):
    names = {name for name in finished.results() if name.startswith("figures/")}
    tables = {name.removeprefix("tables/").removesuffix(".csv") for name in finished.results() if "tables/" in name}
    assert names == {f"figures/{name}.{suffix}" for name in tables for suffix in ("png", "pdf")}


def test_every_table_has_a_sidecar_with_settings_seed_versions_device_and_time(finished):
    tables = list((finished.folder / "results" / "smoke" / "tables").glob("*.csv"))
    assert tables
    for table in tables:
        record = json.loads(table.with_suffix(".json").read_text())
        assert record["settings"]["root_seed"] == 20190416
        assert record["settings"]["scale"] == "smoke"
        assert record["settings"]["settings"]
        assert record["machine"]["device"]
        assert record["versions"]["numpy"]
        assert record["seconds"] > 0
        assert len(record["inputs"]) >= 2


def test_every_job_ran_with_the_threads_that_its_rule_asks_for(finished):
    sidecars = list((finished.folder / "results" / "smoke").rglob("*.json"))
    assert {json.loads(file.read_text())["threads"] for file in sidecars} == {"1"}


def test_no_temporary_file_is_left(finished):
    assert [file.name for file in (finished.folder / "results").rglob(".*")] == []


def test_every_job_left_a_log_and_a_record_of_its_cost(finished):
    folder = finished.folder / "results" / "smoke"
    logs = {file.relative_to(folder / "logs").with_suffix("") for file in (folder / "logs").rglob("*.log")}
    costs = {file.relative_to(folder / "benchmarks").with_suffix("") for file in (folder / "benchmarks").rglob("*.tsv")}
    assert logs == costs
    assert len(logs) > len(cell_files(finished))
