"""A bad configuration ends the real workflow with one line before any job."""

from __future__ import annotations

import sys

import pytest
from workflow_copies import copy_repository, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("refused") / "repository"
    copy_repository(place)
    return place


def refusal(folder, *arguments):
    """The error of a run that must not start a job."""
    answer = run([sys.executable, *arguments], folder)
    assert answer.returncode != 0
    errors = [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "Traceback" not in answer.stderr
    assert "Job stats" not in answer.stdout + answer.stderr
    assert list((folder / "results").rglob("*")) == []
    return errors[0]


SNAKEMAKE = ("-m", "snakemake", "--cores", "1")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("karakida={fig1: {width: [10]}}", "karakida.fig1.width: unknown key; did you mean 'widths'?"),
        ("karakida={fig1: {widths: [0]}}", "karakida.fig1.widths[0] = 0: must be at least 1 (width M"),
        ("karakida={activations: {tanh: {function: tahn}}}", "karakida.activations.tanh.function: "),
        ("scale=huge", "scale = 'huge': must be one of smoke, laptop, paper"),
    ],
)
def test_a_bad_setting_of_the_command_line_is_refused_by_snakemake_itself(folder, setting, message):
    assert message in refusal(folder, *SNAKEMAKE, "--config", setting)


def test_a_bad_file_is_refused_by_the_entry_point_of_make(folder):
    good = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(good.replace("root_seed:", "root_seed: 1\nroot_seed:"))
    try:
        message = refusal(folder, "scripts/tools/run_workflow.py", "--scale", "smoke", "all")
    finally:
        (folder / "config.yaml").write_text(good)
    assert message.endswith("key 'root_seed' is given twice; keep one of them")
    assert "config.yaml, line " in message
