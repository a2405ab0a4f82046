"""The entry point of make: it carries on after a run that was killed, and never while another is alive."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from workflow_copies import ROOT, environment, run

# Two jobs in a row. The first waits for a file `go` if there is a file `wait`; both say at which scale they ran.
# Without the trap bash would wait on after a Ctrl-C that comes between two commands.
SNAKEFILE = """
rule all:
    default_target: True
    input: "second.txt"

rule first:
    output: "first.txt"
    shell:
        "trap 'exit 130' INT; echo {config[scale]} > {output}; touch started; "
        "while [ -e wait ] && [ ! -e go ]; do sleep 0.05; done"

rule second:
    input: "first.txt"
    output: "second.txt"
    shell: "cat {input} > {output}; echo {config} >> {output}"

rule broken:
    output: "broken.txt"
    shell: "exit 3"

include: "rules/progress.smk"
"""
ENTRY = (sys.executable, "scripts/tools/run_workflow.py")
PATIENCE = 30.0  # seconds that anything here may take on a busy machine; it takes two


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "repository"
    for name in ("scripts/tools", "profiles", "config"):
        shutil.copytree(ROOT / name, place / name)
    shutil.copy(ROOT / "config.yaml", place)
    (place / "rules").mkdir()
    shutil.copy(ROOT / "rules" / "progress.smk", place / "rules")
    (place / "Snakefile").write_text(SNAKEFILE)
    return place


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


@contextlib.contextmanager
def started(folder, *command):
    """A run whose first job has begun and waits for the file `go`; whatever is left of it is killed at the end."""
    (folder / "wait").touch()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until((folder / "started").exists)
        yield process
    finally:
        (folder / "go").touch()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def locks(folder):
    return list((folder / ".snakemake" / "locks").glob("*"))


def the_error(answer):
    """The one line of a refusal."""
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    return answer.stderr


def test_a_run_makes_its_target_at_its_scale(folder):
    assert run([*ENTRY, "--scale", "smoke", "--cores", "1", "all"], folder).returncode == 0
    assert (folder / "second.txt").read_text() == "smoke\n{scale: smoke}\n"


def test_other_options_and_settings_reach_snakemake(folder):
    answer = run([*ENTRY, "first.txt", "--dry-run", "--config", "root_seed=3", "device=cpu"], folder)
    assert answer.returncode == 0
    assert not (folder / "first.txt").exists()
    assert run([*ENTRY, "--cores", "1", "all", "--config", "root_seed=3"], folder).returncode == 0
    assert (folder / "second.txt").read_text() == "laptop\n{scale: laptop, root_seed: 3}\n"


@pytest.mark.parametrize(("target", "status"), [("all", 0), ("broken.txt", 1)])
def test_a_run_ends_when_its_last_job_has(folder, target, status):
    # with such a limit on jobs Snakemake looks again for some an hour after each that it starts, whatever is left to do
    answer = run([*ENTRY, "--cores", "1", target, "--max-jobs-per-timespan", "100/1h"], folder, timeout=PATIENCE)
    assert answer.returncode == status


def test_the_exit_status_is_that_of_snakemake(folder):
    answer = run([*ENTRY, "--cores", "1", "broken.txt"], folder)
    assert answer.returncode == 1
    assert "Error in rule broken" in answer.stderr
    assert locks(folder) == []


def test_an_unknown_profile_is_refused_with_those_that_exist(folder):
    (folder / "profiles" / "empty").mkdir()
    known = ", ".join(sorted(path.parent.name for path in (ROOT / "profiles").glob("*/profile.yaml")))
    answer = run([*ENTRY, "--profile", "slrum", "all"], folder)
    assert the_error(answer) == f"error: PROFILE = 'slrum': must be one of {known}\n"
    answer = run([*ENTRY, "--profile", "empty", "all"], folder)
    assert the_error(answer) == f"error: PROFILE = 'empty': must be one of {known}\n"


def test_a_folder_that_cannot_hold_the_state_of_the_run_is_named(folder):
    (folder / ".snakemake").write_text("a file where a folder is needed")
    error = the_error(run([*ENTRY, "all"], folder))
    assert error == f"error: {folder}/.snakemake: cannot be written (File exists); the run keeps its state there\n"


def test_a_run_is_refused_while_another_holds_the_lock(folder):
    (folder / ".snakemake").mkdir()
    with (folder / ".snakemake" / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        error = the_error(run([*ENTRY, "all"], folder))
    assert error == f"error: another run is at work in {folder} (process 4711); wait for it or stop it\n"
    assert run([*ENTRY, "--cores", "1", "all"], folder).returncode == 0


def test_of_two_runs_at_once_the_second_is_refused_and_the_first_finishes(folder):
    with started(folder, *ENTRY, "--cores", "1", "all") as first:
        held = locks(folder)
        assert f"(process {first.pid})" in the_error(run([*ENTRY, "--cores", "1", "all"], folder))
        assert locks(folder) == held != []
        (folder / "go").touch()
        assert first.wait(PATIENCE) == 0
    assert (folder / "second.txt").exists()


def test_a_run_carries_on_after_one_that_was_killed(folder):
    with started(folder, *ENTRY, "--cores", "1", "all") as killed:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait(PATIENCE)
    assert locks(folder) != []
    by_hand = run([sys.executable, "-m", "snakemake", "--cores", "1"], folder)
    assert "LockException" in by_hand.stdout + by_hand.stderr  # why the entry point is needed
    answer = run([*ENTRY, "--cores", "1", "all"], folder)
    assert answer.returncode == 0
    assert "The last run was cut off; carrying on from what it finished." in answer.stderr
    assert (folder / "second.txt").read_text() == "laptop\n{scale: laptop}\n"
    assert locks(folder) == []


def test_a_dry_run_leaves_everything_as_it_is(folder):
    with started(folder, *ENTRY, "--cores", "1", "all") as killed:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait(PATIENCE)
        held = locks(folder)
        assert run([*ENTRY, "all", "--dry-run"], folder).returncode == 0
        assert locks(folder) == held != []
        (folder / "go").touch()
        wait_until((folder / "first.txt").exists)  # by the job that the dry run did not end


def test_after_a_run_on_a_cluster_that_came_to_its_end_no_scheduler_is_needed(folder, tmp_path):
    (folder / ".snakemake" / "locks").mkdir(parents=True)
    (folder / ".snakemake" / "run.lock").write_text("4711 slurm\n")
    programs = tmp_path / "programs"  # all but squeue
    programs.mkdir()
    for name in ("bash", "cat", "touch", "sleep", "which"):
        (programs / name).symlink_to(shutil.which(name))
    stale = folder / ".snakemake" / "locks" / "0.output.lock"
    stale.write_text(f"{folder}/second.txt\n")
    assert "there is no squeue here" in the_error(run([*ENTRY, "all"], folder, PATH=str(programs)))
    stale.unlink()
    answer = run([*ENTRY, "--cores", "1", "all"], folder, PATH=str(programs))
    assert answer.returncode == 0, answer.stderr


def test_a_profile_may_lie_in_a_folder_of_the_users_own(folder, tmp_path):
    shutil.copytree(folder / "profiles" / "ci", tmp_path / "mine")
    answer = run([*ENTRY, "--profile", str(tmp_path / "mine"), "--cores", "1", "all"], folder)
    assert answer.returncode == 0, answer.stderr
    assert (folder / "second.txt").exists()


def test_a_time_of_standstill_that_is_no_number_is_refused(folder):
    answer = run([*ENTRY, "all"], folder, STALLED_MINUTES="soon")
    assert answer.returncode == 2
    assert "--stalled-minutes: invalid float value: 'soon'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_orphaned_job_of_a_killed_run_does_not_hold_up_the_next(folder):
    with started(folder, *ENTRY, "--cores", "1", "all") as killed:
        os.kill(killed.pid, signal.SIGKILL)  # Snakemake alone: its job lives on
        killed.wait(PATIENCE)
        (folder / "wait").rename(folder / "still_waiting")  # for the next run's jobs not to wait
        answer = run([*ENTRY, "--cores", "1", "all"], folder)
    assert answer.returncode == 0
    assert (folder / "second.txt").exists()


def test_the_lock_of_a_living_snakemake_started_by_hand_is_left_alone(folder):
    by_hand = (sys.executable, "-m", "snakemake", "--cores", "1", "--config", "scale=smoke")
    with started(folder, *by_hand) as living:
        held = locks(folder)
        error = the_error(run([*ENTRY, "all"], folder))
        assert error == f"error: Snakemake (process {living.pid}) is at work in {folder}; wait for it\n"
        assert locks(folder) == held != []
        (folder / "go").touch()
        assert living.wait(PATIENCE) == 0
    assert (folder / "second.txt").read_text() == "smoke\n{scale: smoke}\n"


def test_a_living_snakemake_in_another_folder_does_not_keep_a_stale_lock_alive(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    (folder / ".snakemake" / "locks").mkdir(parents=True)
    (folder / ".snakemake" / "locks" / "0.output.lock").write_text(f"{folder}/second.txt\n")
    with started(elsewhere, sys.executable, "-m", "snakemake", "--cores", "1", "--config", "scale=smoke"):
        assert run([*ENTRY, "--cores", "1", "all"], folder).returncode == 0
    assert (folder / "second.txt").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_in_order_and_can_be_taken_up_again(folder, stop):
    with started(folder, *ENTRY, "--cores", "1", "all") as stopped:
        if stop == signal.SIGINT:
            os.killpg(stopped.pid, stop)  # Ctrl-C reaches every process of the terminal
        else:
            os.kill(stopped.pid, stop)
            (folder / "go").touch()  # Snakemake lets its jobs end
        message = stopped.communicate(timeout=PATIENCE)[1]
        assert stopped.returncode != 0
    assert "Traceback" not in message
    assert locks(folder) == []
    answer = run([*ENTRY, "--cores", "1", "all"], folder)
    assert answer.returncode == 0
    assert "cut off" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["karakida_fig11"], "TARGET = 'karakida_fig11': no such figure, table or file; did you mean karakida_fig1?"),
        (["all", "--config", "karakida.fig1.depht=4"], "karakida.fig1.depht: unknown key; did you mean 'depth'?"),
        (["all", "--config", "karakida.fig1.depth=1"], "karakida.fig1.depth = 1: must be at least 2"),
        (["all", "--config", "karakida.fig1.depth"], "--config karakida.fig1.depth: must be KEY=VALUE"),
        (["all", "--scale", "huge"], "scale = 'huge': must be one of smoke, laptop, paper"),
    ],
)
def test_a_mistyped_target_or_setting_is_one_line_before_anything_starts(folder, arguments, message):
    assert message in the_error(run([*ENTRY, *arguments], folder))
    assert not (folder / "started").exists()


def test_a_setting_with_dots_reaches_the_jobs(folder):
    given = ["karakida.fig1.depth=4", "karakida.fig1.samples=30"]
    assert run([*ENTRY, "--cores", "1", "all", "--config", *given], folder).returncode == 0
    shown = (folder / "second.txt").read_text()
    assert shown == "laptop\n{scale: laptop, karakida: {fig1: {depth: 4, samples: 30}}}\n"
