"""The exact mode in the workflow: what commands set, where results lie, and what make passes on."""

from __future__ import annotations

import re
import sys

import pytest
from workflow_copies import ROOT, run

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs import exact
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.plans.site import Site


def commands(folder, *config):
    """Commands of a dry run of a figure that needs a data set, by the place of what each makes."""
    options = ["--cores", 1, "--dry-run", "--forceall", "--printshellcmds", "karakida_fig2_table"]
    answer = run([sys.executable, "-m", "snakemake", *options, "--config", "scale=smoke", *config], folder)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return re.findall(r"^Shell command: (.*)$", answer.stdout + answer.stderr, re.MULTILINE)


def test_in_the_exact_mode_every_job_but_the_fetching_of_data_is_told_what_to_use_and_has_results_of_its_own(untouched):
    fast, pinned = commands(untouched), commands(untouched, "exact=true")
    same = set(fast) & set(pinned)
    assert len(fast) == len(pinned) > 3
    assert all("fetch_dataset.py" in command for command in same)
    assert same
    for command in set(pinned) - same:
        assert exact.environment() in command
        assert "results/smoke-exact/" in command
        assert "results/smoke/" not in command
    assert not any(exact.VARIABLE in command for command in fast)


def test_the_device_of_the_exact_mode_is_the_processor_whatever_the_machine_has():
    assert load_configuration(ROOT, {"scale": "smoke"})["device"] == "auto"
    assert load_configuration(ROOT, {"scale": "smoke", "exact": True})["device"] == "cpu"


def test_a_gpu_in_the_exact_mode_is_refused_in_one_line():
    with pytest.raises(UserError, match=r"device = 'cuda': must be cpu or auto where exact is true: no GPU gives"):
        load_configuration(ROOT, {"scale": "smoke", "exact": True, "device": "cuda"})


@pytest.mark.parametrize(("mode", "folder"), [(False, "results/smoke"), (True, "results/smoke-exact")])
def test_results_of_each_mode_have_a_folder(mode, folder):
    assert Site.of(load_configuration(ROOT, {"scale": "smoke", "exact": mode})).results == folder
