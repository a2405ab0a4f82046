"""The profile for Slurm guards against what was seen to go wrong there."""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml
from workflow_copies import ROOT

PROFILE = ROOT / "profiles" / "slurm"


@pytest.fixture(scope="module")
def profile():
    return yaml.safe_load((PROFILE / "profile.yaml").read_text())


def test_the_command_that_asks_for_the_status_is_named_and_asked_often(profile):
    assert profile["slurm-status-command"] == "squeue"
    assert profile["slurm-status-attempts"] >= 200


def test_slurm_does_not_start_jobs_again_by_itself_and_snakemake_does(profile):
    assert profile["slurm-no-requeue"] is True
    assert profile["retries"] >= 2
    assert all("attempt" in entry for entry in profile["default-resources"])


def test_no_job_arrays(profile):
    assert not [key for key in profile if "array" in key]


def ask(tmp_path, squeue, *arguments):
    (tmp_path / "squeue").write_text(f"#!/bin/sh\n{squeue}\n")
    (tmp_path / "squeue").chmod(0o755)
    return subprocess.run(
        [PROFILE / "bin" / "sacct", *arguments],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", [("--name", "run-1"), ("--name=run-1",)])
def test_what_stands_in_for_sacct_asks_squeue_for_the_run(tmp_path, name):
    answer = ask(tmp_path, 'echo "$@"', "-X", "--parsable2", "--clusters", "all", *name, "--noheader")
    assert answer.stdout == "--states=all --noheader --format=%i|%T --name=run-1\n"


def test_a_controller_that_does_not_answer_is_a_failed_question_and_no_empty_answer(tmp_path):
    assert ask(tmp_path, "exit 1", "--name", "run-1").returncode == 1


def test_other_questions_are_answered_as_by_a_cluster_without_accounting(tmp_path):
    answer = ask(tmp_path, "echo asked", "-j", "17", "-n", "-X", "-o", "nodelist")
    assert answer.returncode == 1
    assert answer.stdout == ""
