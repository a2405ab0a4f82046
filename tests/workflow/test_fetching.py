"""The rule that fetches a data set, as Snakemake runs it."""

from __future__ import annotations

import sys

import pytest
from workflow_copies import run

FETCH = [sys.executable, "-m", "snakemake", "--cores", "1", "results/data/mnist.npz"]


@pytest.mark.parametrize(
    ("config", "variables", "named"),
    [
        ([], {"DATA_MIRROR": "no such folder"}, "DATA_MIRROR = no such folder: no such folder"),
        (["data_mirror=neither this"], {}, "data_mirror = neither this: no such folder"),
    ],
    ids=["variable", "configuration"],
)
def test_the_mirror_of_the_variable_or_of_the_configuration_is_asked(untouched, config, variables, named):
    options = ["--config", *config] if config else []
    answer = run([*FETCH, *options], untouched, **variables)
    assert answer.returncode != 0
    assert f"error: {named}" in answer.stderr
    assert not (untouched / "results" / "data" / "mnist.npz").exists()


def test_the_workflow_may_be_started_in_another_folder_where_its_results_lie_then(untouched, tmp_path):
    digits = "results/data/digits.npz"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--snakefile", untouched / "Snakefile", digits]
    answer = run(command, tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / digits).exists()
    assert not (untouched / digits).exists()
