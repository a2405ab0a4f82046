"""`make why`: which file, parameter or package makes a target run again, in words.

The workflow here is a small one of two rules and one that samples, made the same way as the real one.
"""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from workflow_copies import ROOT, run

SNAKEFILE = """
import json, os, sys
from pathlib import Path
ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))
from fisher_spectra.workflow.configuration import load_configuration
config.update(load_configuration(ROOT, config))
E = config["experiment"]

rule all:
    input: "results/smoke/figure.png"

rule sample:
    input: code=["scripts/sample.py", "envs/requirements.txt"]
    output: table="results/smoke/cells/{number}.csv", provenance="results/smoke/cells/{number}.json"
    params: grid=f"--widths {' '.join(map(str, E['widths']))}", root_seed=config["root_seed"]
    shell: "echo {wildcards.number} {params} > {output.table}; cp versions.json {output.provenance}"

rule sample_table:
    input: code=["scripts/table.py"], parts=expand("results/smoke/cells/{number}.csv", number=range(E["networks"]))
    output: "results/smoke/table.csv"
    params: settings=json.dumps({"scale": "smoke", "settings": [E]}, sort_keys=True)
    shell: "cat {input.parts} > {output}"

rule sample_figure:
    input: code=["scripts/plot.py"], table="results/smoke/table.csv"
    output: "results/smoke/figure.png"
    shell: "cp {input.table} {output}"
"""
FIGURE = "  what sample_table makes for it would be made anew"
TABLE = "  what sample makes for it would be made anew"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of the small workflow."""
    place = tmp_path_factory.mktemp("why") / "repository"
    for name in ("src/fisher_spectra", "envs"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scripts", "config"):
        (place / name).mkdir()
    shutil.copy(ROOT / "scripts" / "why.py", place / "scripts")
    for name in ("sample", "table", "plot"):
        (place / "scripts" / f"{name}.py").write_text("pass\n")
    (place / "config.yaml").write_text("scale: laptop\nroot_seed: 7\nexperiment: {widths: [10, 30], networks: 2}\n")
    (place / "config" / "smoke.yaml").write_text("")
    (place / "config" / "config.schema.yaml").write_text("type: object\n")
    (place / "versions.json").write_text(json.dumps({"versions": {"python": "3", "numpy": "1.0", "scipy": "2.0"}}))
    (place / "envs" / "requirements.txt").write_text("numpy==1.0\nscipy==2.0\n")
    (place / "Snakefile").write_text(SNAKEFILE)
    made = run([sys.executable, "-m", "snakemake", "--cores", 1, "--config", "scale=smoke"], place)
    assert made.returncode == 0, made.stderr
    return place


@pytest.fixture
def edited(folder):
    """Edit files of the workflow; they are put back after the test."""
    before = {}

    def edit(name, text):
        before[folder / name] = (folder / name).read_text()
        (folder / name).write_text(text)

    yield edit
    for file, text in before.items():
        file.write_text(text)


@pytest.fixture
def why(folder):
    def ask(*arguments, status=0):
        command = [sys.executable, "scripts/tools/why.py", "--scale", "smoke", *arguments]
        answer = run(command, folder, PYTHONPATH=str(folder / "src"))
        assert answer.returncode == status, answer.stderr + answer.stdout
        assert "Traceback" not in answer.stderr
        return (answer.stderr if status else answer.stdout).splitlines()

    return ask


def test_after_a_run_nothing_would_rerun(why):
    assert why() == ["Nothing would rerun: all is up to date."]
    assert why("sample_table") == ["Nothing would rerun: sample_table is up to date."]


def test_a_changed_file_is_named_with_the_rules_that_follow(why, edited):
    edited("scripts/table.py", "pass  # edited\n")
    table = ["sample_table would rerun:", "  scripts/table.py changed"]
    assert why() == [*table, "sample_figure would rerun:", FIGURE]
    assert why("sample_table") == table


def test_a_changed_package_is_named_with_both_versions(why, edited):
    edited("envs/requirements.txt", "numpy==1.1\nscipy==2.0\n")
    assert why("sample_table") == [
        "sample would rerun (2 jobs):",
        "  package numpy was 1.0, now 1.1",
        "sample_table would rerun:",
        TABLE,
    ]


def test_a_comment_in_the_requirements_is_told_from_another_version(why, edited):
    edited("envs/requirements.txt", "# a comment\nnumpy==1.0\nscipy==2.0\n")
    assert why("sample_table")[1] == "  envs/requirements.txt changed, but no version in it"


def test_a_changed_setting_is_named_with_both_values(why, edited):
    edited("config/smoke.yaml", "experiment: {widths: [10, 40]}\n")
    assert why() == [
        "sample would rerun (2 jobs):",
        "  --widths was 10 30, now 10 40",
        "sample_table would rerun:",
        "  experiment.widths was [10, 30], now [10, 40]",
        TABLE,
        "sample_figure would rerun:",
        FIGURE,
    ]


def test_a_setting_of_the_command_line_counts(why):
    assert "  root_seed was 7, now 8" in why("--config", "root_seed=8")


def test_more_samples_name_what_is_new(why, edited):
    edited("config/smoke.yaml", "experiment: {networks: 3}\n")
    assert why("sample_table") == [
        "sample would run:",
        "  not made yet",
        "sample_table would rerun:",
        "  it now uses results/smoke/cells/2.csv",
        "  experiment.networks was 2, now 3",
        TABLE,
    ]


def test_a_lost_result_is_told(why, folder):
    table = folder / "results" / "smoke" / "table.csv"
    table.rename(folder / "hidden")
    try:
        assert why("sample_table") == ["sample_table would rerun:", "  its results are gone"]
    finally:
        (folder / "hidden").rename(table)


def test_a_lost_sidecar_is_named(why, folder):
    sidecar = folder / "results" / "smoke" / "cells" / "1.json"
    sidecar.rename(folder / "hidden")
    try:
        assert why("results/smoke/cells/1.json") == ["sample would rerun:", "  results/smoke/cells/1.json is gone"]
    finally:
        (folder / "hidden").rename(sidecar)


def test_another_command_of_a_rule_is_told(why, edited):
    edited("Snakefile", SNAKEFILE.replace('shell: "cp ', 'shell: "cp -f '))
    assert why() == ["sample_figure would rerun:", "  the command of the rule sample_figure changed"]


def test_an_unknown_target_is_refused_in_one_line_with_the_nearest_name(why):
    (line,) = why("sample_figur", status=1)
    assert line == "error: TARGET = 'sample_figur': no such figure, table or file; did you mean sample_figure?"
    (line,) = why("results/smoke/never.csv", status=1)
    assert line.startswith("error: TARGET = 'results/smoke/never.csv': cannot be planned: ")


def test_a_reader_that_has_seen_enough_is_no_fault(folder):
    command = f"{sys.executable} scripts/tools/why.py --scale smoke --config root_seed=8 | head -1"
    answer = run(["bash", "-c", f"set -o pipefail; {command}"], folder, PYTHONPATH=str(folder / "src"))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "sample would rerun (2 jobs):\n"


def test_a_bad_scale_is_refused_in_one_line(why):
    assert why("--scale", "huge", status=1) == ["error: scale = 'huge': must be one of smoke, laptop, paper"]
