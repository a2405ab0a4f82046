"""What a run that was cut off leaves behind is found by marks of its own, and nothing else is touched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import leftovers
import psutil
import pytest
from workflow_copies import ROOT

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
]


@contextlib.contextmanager
def process(command, **marker):
    with subprocess.Popen(command, env={**os.environ, **marker}, stdout=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def fake_slurm(folder, monkeypatch, queue):
    """Programs squeue and scancel that work on a file; `queue` has a line 'number|name' for each job."""
    (folder / "queue").write_text("".join(f"{line}\n" for line in queue))
    programs = {
        "squeue": f"cat {folder}/queue",
        "scancel": f'echo "$@" >> {folder}/cancelled; grep -v "|${{1#--name=}}$" {folder}/queue > {folder}/q;'
        f" mv {folder}/q {folder}/queue",
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_process_with_the_mark_of_the_folder_is_ended_and_no_other(tmp_path):
    with (
        process(SLEEP, **{leftovers.MARKER: str(tmp_path)}) as ours,
        process(SLEEP, **{leftovers.MARKER: str(tmp_path / "elsewhere")}) as other_folder,
        process(SLEEP) as unmarked,
    ):
        assert leftovers.end_orphans(tmp_path) == 1
        assert not psutil.pid_exists(ours.pid)
        assert other_folder.poll() is None
        assert unmarked.poll() is None


def test_a_process_that_ignores_the_request_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "ENDING_SECONDS", 0.5)
    with process(DEAF, **{leftovers.MARKER: str(tmp_path)}) as deaf:
        assert deaf.stdout.readline() == b"1\n"
        assert leftovers.end_orphans(tmp_path) == 1
        assert not psutil.pid_exists(deaf.pid)


def test_this_process_and_its_parents_are_never_ended(tmp_path):
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'scripts' / 'tools')!r}); import leftovers, pathlib;"
        f"print(leftovers.end_orphans(pathlib.Path({str(tmp_path)!r})))"
    )
    answer = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "{script}"; echo alive'],
        env={**os.environ, leftovers.MARKER: str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "0\nalive\n"


def test_jobs_named_after_the_folder_are_cancelled_by_name_and_no_others(tmp_path, monkeypatch):
    mine, other = leftovers.job_name_prefix(tmp_path), leftovers.job_name_prefix(tmp_path / "elsewhere")
    fake_slurm(tmp_path, monkeypatch, [f"1|{mine}_a", f"2|{other}_b", f"3|{mine}_a", f"4|{mine}_c", "5|bash"])
    assert leftovers.cancel_jobs(tmp_path) == 3
    assert (tmp_path / "cancelled").read_text() == f"--name={mine}_a\n--name={mine}_c\n"
    assert (tmp_path / "queue").read_text() == f"2|{other}_b\n5|bash\n"


def test_an_empty_queue_costs_no_waiting(tmp_path, monkeypatch):
    fake_slurm(tmp_path, monkeypatch, [])
    begin = time.monotonic()
    assert leftovers.cancel_jobs(tmp_path) == 0
    assert time.monotonic() - begin < 1


def test_a_scheduler_that_does_not_answer_keeps_a_run_from_starting(tmp_path, monkeypatch):
    fake_slurm(tmp_path, monkeypatch, [])
    (tmp_path / "squeue").write_text("#!/bin/bash\nexit 1\n")
    with pytest.raises(leftovers.LeftoverError, match="Slurm does not answer"):
        leftovers.cancel_jobs(tmp_path, patience=0.5)


def test_without_squeue_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(leftovers.LeftoverError, match="start where Slurm is, or, if none is left, delete"):
        leftovers.cancel_jobs(tmp_path)


def test_job_names_fit_what_the_plugin_allows(tmp_path):
    prefix = leftovers.job_name_prefix(tmp_path)
    assert len(prefix) <= 50
    assert prefix.replace("-", "").isalnum()


def test_half_written_files_and_locks_are_removed_and_nothing_else(tmp_path):
    kept = [
        "results/README.md",
        "results/smoke/tables/a.csv",
        "results/.hidden",
        "results/smoke/.b.csv",
        "data/.c.1-0a0a0a0a.csv",
    ]
    gone = [
        "results/smoke/tables/.a.4711-0123abcd.csv",
        "results/data/.mnist.12-00ff00ff.npz",
        ".snakemake/locks/0.input.lock",
    ]
    kept.append(".snakemake/locks/1.input.lock")  # of a run that began meanwhile
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    leftovers.clear(tmp_path, [tmp_path / gone[-1]])
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in gone if (tmp_path / name).exists()] == []


def test_names_of_files_being_written_are_those_that_atomic_writing_gives(tmp_path):
    from fisher_spectra.common.atomic_files import atomic_path

    with atomic_path(tmp_path / "table.csv") as temporary:
        temporary.touch()
        assert list(leftovers.temporary_files(tmp_path)) == [temporary]
