"""Jobs on SGE, PBS, LSF and HTCondor, with stand-ins for their commands that run the jobs here."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import cluster_job
import pytest
import yaml
from run_workflow import missing_plugin
from workflow_copies import ROOT

PROFILES = {"sge": "sge", "lsf": "lsf", "htcondor": "htcondor", "cluster-generic": "pbs"}
COMMANDS = {
    "sge": ("qsub", "qstat", "qdel"),
    "pbs": ("qsub", "qstat", "qdel"),
    "lsf": ("bsub", "bjobs", "bkill"),
    "htcondor": ("condor_submit", "condor_q", "condor_rm"),
}


@pytest.fixture(params=sorted(COMMANDS))
def scheduler(request, tmp_path, monkeypatch):
    """The name of a scheduler whose commands are stood in for; jobs have ended when they are submitted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    for name in COMMANDS[request.param]:
        place = shutil.copy(Path(__file__).with_name("stand_in_scheduler.py"), tmp_path / "bin" / name)
        place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN", str(tmp_path))
    monkeypatch.setenv("STAND_IN_WAITS", "1")
    monkeypatch.setenv("FISHER_SPECTRA_JOB_PREFIX", "run-1")
    return request.param


def submitted(capsys, scheduler, text, *options):
    Path("script.sh").write_text(text)
    command = ["submit", scheduler, "--rule", "sample", "--memory-mb", "1350", "--minutes", "90", *options, "script.sh"]
    assert cluster_job.main(command) == 0
    identity = capsys.readouterr().out.strip()
    Path("script.sh").unlink()  # as Snakemake does with its own when it ends
    return identity


def told(capsys, identity):
    assert cluster_job.main(["status", identity]) == 0
    return capsys.readouterr().out


def calls():
    return [json.loads(line) for line in Path("calls").read_text().splitlines()]


@pytest.mark.parametrize(("text", "said"), [("exit 0", "success\n"), ("exit 3", "failed\n")])
def test_a_job_that_ended_is_known_by_what_it_left_and_the_scheduler_is_not_asked(scheduler, capsys, text, said):
    identity = submitted(capsys, scheduler, text)
    asked = len(calls())
    assert told(capsys, identity) == said
    assert len(calls()) == asked


def test_a_job_asks_for_its_memory_and_time_by_a_name_that_says_run_and_rule(scheduler, capsys):
    submitted(capsys, scheduler, "true", "--option=-q", "--option=long")
    asked = json.dumps(calls())
    assert "run-1.sample" in asked
    assert "1350" in asked
    assert {"sge": "01:30:00", "pbs": "01:30:00", "lsf": '"90"', "htcondor": "5400"}[scheduler] in asked
    assert scheduler == "htcondor" or '"-q", "long"' in asked


def test_a_job_that_the_scheduler_has_is_running_and_one_that_it_lost_has_failed_after_a_while(scheduler, capsys):
    identity = submitted(capsys, scheduler, "true")
    folder = cluster_job.folder_of(identity.rpartition(":")[2])
    (folder / "exit").unlink()  # as if it had not ended
    number = identity.split(":")[1].partition(".")[0]
    Path(f"{number}.pid").write_text(str(os.getpid()))
    assert told(capsys, identity) == "running\n"
    Path(f"{number}.pid").unlink()
    assert told(capsys, identity) == "running\n"  # its files may be on their way
    long_ago = (folder / "gone").stat().st_mtime - 2 * cluster_job.SHOWING_UP_SECONDS
    os.utime(folder / "gone", (long_ago, long_ago))
    assert told(capsys, identity) == "failed\n"


def test_a_scheduler_that_does_not_answer_ends_no_job(scheduler, capsys):
    identity = submitted(capsys, scheduler, "true")
    (cluster_job.folder_of(identity.rpartition(":")[2]) / "exit").unlink()
    Path("bin", COMMANDS[scheduler][1]).write_text("#!/bin/sh\necho 'cannot reach the controller' >&2; exit 1\n")
    assert told(capsys, identity) == "running\n"


def test_jobs_are_cancelled_by_their_numbers(scheduler, capsys):
    identities = [submitted(capsys, scheduler, "true") for _ in range(2)]
    assert cluster_job.main(identities) == 0
    assert calls()[-1] == [COMMANDS[scheduler][2], *(one.split(":")[1] for one in identities)]


def test_a_job_that_is_not_taken_ends_in_one_line_with_what_was_said(scheduler, capsys):
    command = COMMANDS[scheduler][0]
    Path("bin", command).write_text("#!/bin/sh\necho 'no such queue' >&2; exit 1\n")
    with pytest.raises(SystemExit) as stop:
        submitted(capsys, scheduler, "true")
    assert stop.value.code == f"error: {command}: did not take the job run-1.sample (no such queue)"


def test_a_profile_whose_plugin_is_missing_is_refused_with_what_installs_it():
    assert missing_plugin("local") is missing_plugin("slurm") is None
    said = missing_plugin("no-such")
    assert said.startswith("needs snakemake-executor-plugin-no-such; install it: ")
    if importlib.util.find_spec("snakemake_executor_plugin_cluster_generic") is None:
        assert missing_plugin("cluster-generic").endswith("pip install -r envs/requirements-cluster.txt")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_calls_these_commands_and_starts_failed_jobs_again_with_more(profile):
    settings = yaml.safe_load((ROOT / "profiles" / profile / "profile.yaml").read_text())
    assert settings["executor"] == "cluster-generic"
    assert settings["cluster-generic-submit-cmd"].split()[:3] == [
        "scripts/tools/cluster_job.py",
        "submit",
        PROFILES[profile],
    ]
    assert settings["cluster-generic-status-cmd"] == "scripts/tools/cluster_job.py status"
    assert os.access(ROOT / settings["cluster-generic-cancel-cmd"], os.X_OK)
    assert settings["retries"] >= 2
    assert all("attempt" in entry for entry in settings["default-resources"])
