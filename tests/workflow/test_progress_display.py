"""What people see of a run: few quiet lines, faults in full, and `make status` from another terminal."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
import status
from workflow_copies import ROOT, environment, run

from fisher_spectra.workflow.run_state import STATE_FILE, RunState, read_state, write_state

# Six short jobs, one that waits for a file `go` if there is a file `wait`, and one that fails.
SNAKEFILE = """
rule all:
    default_target: True
    input: expand("results/smoke/{n}.txt", n=range(6)), "results/smoke/slow.txt"
    message: "Everything is there"

rule slow:
    output: "results/smoke/slow.txt"
    log: "results/smoke/logs/experiment/slow.log"
    resources: estimated_seconds=300
    priority: 1
    shell: "touch started; while [ -e wait ] && [ ! -e go ]; do sleep 0.05; done; touch {output}"

rule short:
    output: "results/smoke/{n}.txt"
    log: "results/smoke/logs/experiment/short_{n}.log"
    benchmark: "results/smoke/benchmarks/{n}.tsv"
    resources: estimated_seconds=30
    shell: "touch {output}"

rule broken:
    output: "broken.txt"
    log: "results/smoke/logs/experiment/broken.log"
    shell: "echo 'error: widths: no such luck' > {log}; exit 3"

include: "rules/progress.smk"
"""
ENTRY = (sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "1")
STATUS = (sys.executable, "scripts/tools/status.py", "--scale", "smoke")
PATIENCE = 60.0  # seconds that anything here may take on a busy machine; it takes three


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
        time.sleep(0.05)


@contextlib.contextmanager
def started(folder, command=ENTRY, stderr=subprocess.DEVNULL):
    """A run of which one job has begun and waits for the file `go`; whatever is left of it is killed at the end."""
    (folder / "wait").touch()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(TERM="xterm"),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        wait_until((folder / "started").exists)
        yield process
    finally:
        (folder / "go").touch()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def is_running(folder):
    """Whether the run has written that one of its jobs runs."""
    state = read_state(folder / STATE_FILE)
    return state is not None and bool(state.running)


def said(answer):
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def snakemakes_log(folder):
    return max((folder / ".snakemake" / "log").glob("*.log")).read_text()


def test_a_run_says_how_far_it_is_in_few_plain_lines_and_keeps_every_detail_in_its_log(folder):
    answer = run([*ENTRY, "all"], folder)
    assert answer.returncode == 0, answer.stderr
    lines = answer.stderr.splitlines()
    assert answer.stderr.replace("\n", "").isprintable()
    assert "Everything is there" in lines
    assert any(line.startswith("7 of 7 jobs done in ") for line in lines)
    assert len(lines) <= 6
    assert "Reason:" not in answer.stderr
    log = snakemakes_log(folder)
    assert log.count("reason: Missing output files") == 7
    assert log.count("Shell command: touch results") == 6
    assert f"Complete log(s): {max((folder / '.snakemake' / 'log').glob('*.log'))}" in lines
    assert "Nothing to be done" in run([*ENTRY, "all"], folder).stderr


def test_a_job_that_fails_is_shown_in_full_with_its_log_and_its_command(folder):
    answer = run([*ENTRY, "broken.txt", "all"], folder)
    assert answer.returncode == 1
    assert "Error in rule broken" in answer.stderr
    assert "results/smoke/logs/experiment/broken.log (check log file(s) for error details)" in answer.stderr
    assert answer.stderr.count("error: widths: no such luck\n") == 1
    assert "exit 3" in answer.stderr
    assert "7 of 8 jobs done, 1 failed in " in answer.stderr


def test_on_a_terminal_one_line_is_rewritten(folder):
    ours, theirs = pty.openpty()
    with started(folder, stderr=theirs) as process:
        wait_until(lambda: is_running(folder))
        (folder / "go").touch()
        assert process.wait(PATIENCE) == 0
    os.close(theirs)
    text = b""
    with contextlib.suppress(OSError):  # raised at the end, since nobody holds the other side
        while more := os.read(ours, 10_000):
            text += more
    os.close(ours)
    assert b"\r\x1b[K" in text
    assert b" of 7 jobs done, " in text
    assert b"7 of 7 jobs done in " in text


@pytest.mark.parametrize("option", ["--printshellcmds", "--verbose", "--dry-run"])
def test_who_asks_snakemake_for_its_own_words_gets_them(folder, option):
    answer = run([*ENTRY, option, "all"], folder)
    assert answer.returncode == 0
    assert "reason: Missing output files" in answer.stdout + answer.stderr


def test_status_says_of_a_run_under_way_what_is_done_what_runs_and_what_is_left(folder):
    with started(folder) as process:
        wait_until(lambda: is_running(folder))
        lines = said(run(STATUS, folder)).splitlines()
        assert lines[0].startswith(f"A run is under way (process {process.pid} on ")
        # the slow one is the first, and six of half a minute are left after its five minutes
        assert lines[1] == "0 of 7 jobs done, about 8 min left"
        assert lines[2].startswith("  experiment/slow (began ")
        assert lines[3].startswith("Details: ")
        (folder / "go").touch()
        assert process.wait(PATIENCE) == 0
    text = said(run(STATUS, folder))
    assert text.startswith("No run is under way. The last run ended at ")
    assert "7 of 7 jobs done" in text
    assert text.endswith("smoke scale: nothing is left to do.\n")


def test_status_after_a_kill_says_so_and_what_is_left(folder):
    with started(folder) as process:
        wait_until(lambda: is_running(folder))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        text = said(run(STATUS, folder))
    assert text.startswith("No run is under way. The last run was cut off after ")
    minutes = 8 if os.cpu_count() == 1 else 5  # the slow job, beside which the short ones fit
    assert f"\nsmoke scale: 7 jobs are left to do, about {minutes} min on {os.cpu_count()} cores." in text


def test_status_before_any_run_says_what_there_is_to_do_and_leaves_no_trace(folder):
    assert said(run(STATUS, folder)).startswith("No run is under way.\nsmoke scale: 7 jobs are left to do, about ")
    assert not (folder / STATE_FILE).exists()
    answer = run([*STATUS, "nonsense.txt"], folder)
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert answer.stderr.startswith("error: ")


def test_status_sees_a_snakemake_that_was_started_by_hand(folder):
    with started(folder, (sys.executable, "-m", "snakemake", "--cores", "1")) as process:
        assert said(run(STATUS, folder)).startswith(
            f"Snakemake (process {process.pid}) is at work here, started by hand"
        )


def test_a_damaged_state_is_no_run_under_way(folder):
    (folder / ".snakemake").mkdir()
    (folder / STATE_FILE).write_text("{")
    assert said(run(STATUS, folder)).startswith("No run is under way.\n")


def test_a_run_on_another_machine_is_alive_while_it_writes():
    far = RunState(host="elsewhere", process=1, process_began=0.0, began=0.0, written=1000.0)
    assert status.is_alive(far, 1000.0 + status.SILENT_SECONDS / 2)
    assert not status.is_alive(far, 1000.0 + 2 * status.SILENT_SECONDS)
    assert not status.is_alive(dataclasses.replace(far, ended=1000.0), 1000.0)


def test_another_process_with_the_number_of_the_run_is_not_the_run(tmp_path):
    mine = psutil.Process()
    state = RunState(socket.gethostname(), mine.pid, mine.create_time(), began=0.0, written=0.0)
    assert status.is_alive(state, 1e10)
    assert not status.is_alive(dataclasses.replace(state, process_began=mine.create_time() - 100), 0.0)
    write_state(state, tmp_path / "state.json")
    assert read_state(tmp_path / "state.json") == state
