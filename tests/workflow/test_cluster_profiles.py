"""`make test-profiles`: a figure through each profile of a cluster, whose commands are stood in for."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal
from test_cluster_job import COMMANDS, PROFILES
from workflow_copies import ROOT, copy_repository, run

PLUGIN = importlib.util.find_spec("snakemake_executor_plugin_cluster_generic")
FIGURE, RULE = "karakida_fig1", "karakida_sample_networks"


@pytest.fixture
def cluster(tmp_path):
    """Runs a figure through a profile in a copy of the repository whose profiles do not wait; the copy, its answer."""
    if PLUGIN is None:
        pytest.skip("needs snakemake-executor-plugin-cluster-generic: `make test-profiles`")
    folder = tmp_path / "repository"
    copy_repository(folder)
    (tmp_path / "bin").mkdir()

    def through(profile, **changes):
        for name in COMMANDS[PROFILES[profile]]:
            place = shutil.copy(Path(__file__).with_name("stand_in_scheduler.py"), tmp_path / "bin" / name)
            place.chmod(0o755)
        file = folder / "profiles" / profile / "profile.yaml"
        settings = yaml.safe_load(file.read_text())
        file.write_text(yaml.safe_dump(settings | {"latency-wait": 5, "max-status-checks-per-second": 10}))
        answer = run(
            [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--profile", profile, FIGURE],
            folder,
            warm=False,
            STAND_IN=str(tmp_path),
            PATH=f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            PYTHONPATH=f"{folder / 'src'}:{Path(PLUGIN.origin).parents[1]}",
            **changes,
        )
        assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
        calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
        return folder, [call for call in calls if call[0] == COMMANDS[PROFILES[profile]][0]]

    return through


@pytest.mark.parametrize("profile", PROFILES)
def test_a_figure_is_made_by_jobs_of_the_cluster(cluster, profile):
    folder, submissions = cluster(profile)
    results = folder / "results" / "smoke"
    table = pd.read_csv(results / "tables" / f"{FIGURE}.csv")
    assert_frame_equal(table, pd.read_csv(ROOT / "references" / "smoke" / f"{FIGURE}.csv"), rtol=1e-6)
    assert (results / "figures" / f"{FIGURE}.pdf").is_file()
    sampled = list(results.glob("cells/karakida_fig1/*/*.csv"))
    assert len(submissions) == len(sampled) >= 3  # tables and figures are made where Snakemake runs


def test_a_job_that_the_scheduler_kills_is_made_again_with_more_memory(cluster):
    folder, submissions = cluster("sge", STAND_IN_KILLS=RULE)
    assert (folder / "results" / "smoke" / "figures" / f"{FIGURE}.png").is_file()
    memory = [int(call[call.index("-l") + 1].removeprefix("h_vmem=").removesuffix("M")) for call in submissions]
    assert max(memory) > min(memory)


# Stands in for Apptainer: notes image and working folder, and runs the command outside.
APPTAINER = """#!/bin/bash
[ "$1" = --version ] && { echo "apptainer version 1.3.4"; exit; }
echo "$*" >> "$STAND_IN/calls"
while [ "$1" != "$FISHER_SPECTRA_IMAGE" ]; do shift; done
shift
exec "$@"
"""


def test_with_apptainer_each_job_runs_in_the_image(tmp_path):
    folder = tmp_path / "repository"
    copy_repository(folder)
    (tmp_path / "apptainer").write_text(APPTAINER)
    (tmp_path / "apptainer").chmod(0o755)
    (tmp_path / "image.sif").touch()
    answer = run(
        [
            sys.executable,
            "-m",
            "snakemake",
            "-c1",
            "karakida_corollary2",
            "--sdm",
            "apptainer",
            "--config",
            "scale=smoke",
        ],
        folder,
        STAND_IN=str(tmp_path),
        FISHER_SPECTRA_IMAGE=str(tmp_path / "image.sif"),
        PATH=f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    calls = (tmp_path / "calls").read_text()
    assert (folder / "results" / "smoke" / "figures" / "karakida_corollary2.png").is_file()
    assert calls.count("exec ") == calls.count("--output ") >= 3
