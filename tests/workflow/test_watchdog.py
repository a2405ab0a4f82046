"""A run that stands still is stopped with one line; one that moves, waits in the queue or ends is left alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import pytest
import watchdog

STANDSTILL = 0.5 / 60  # minutes


@contextlib.contextmanager
def process(text="import time; time.sleep(60)"):
    with subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.DEVNULL) as started:
        reaper = threading.Thread(target=started.wait)  # as a shell would
        reaper.start()
        try:
            yield started
        finally:
            started.kill()
            reaper.join()


def watch(pid, folder, jobs, minutes=STANDSTILL):
    return watchdog.watch(watchdog.Run(pid), [folder], minutes, jobs)


@pytest.mark.parametrize(
    ("jobs", "why"), [({}, "Slurm knows no job of this run that waits or runs"), (None, "Slurm does not answer")]
)
def test_a_run_that_stands_still_is_stopped_with_one_line(tmp_path, capfd, jobs, why):
    with process() as still:
        line = watch(still.pid, tmp_path, lambda: jobs)
        assert still.wait(10) != 0
    assert why in line
    assert "run again to carry on" in line
    assert capfd.readouterr().err.count("\n") == 1


def test_a_run_that_ignores_ctrl_c_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "ENDING_SECONDS", 0.5)
    with process("import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)") as deaf:
        time.sleep(0.5)
        assert watch(deaf.pid, tmp_path, dict)
        assert deaf.wait(10) == -9


def test_a_run_that_writes_is_left_alone(tmp_path):
    with process("import time; time.sleep(2.5)") as moving:
        writing = threading.Event()

        def write():
            number = 0
            while not writing.wait(0.1):
                number += 1
                (tmp_path / "progress.log").write_text(str(number))

        writer = threading.Thread(target=write)
        writer.start()
        assert watch(moving.pid, tmp_path, dict) is None
        writing.set()
        writer.join()
        assert moving.wait(10) == 0


def test_jobs_that_wait_in_the_queue_are_no_standstill(tmp_path):
    asked = []

    def jobs():
        asked.append(time.monotonic())
        return {"7": "fisher-spectra-x"}

    with process("import time; time.sleep(2.5)") as waiting:
        assert watch(waiting.pid, tmp_path, jobs) is None
        assert waiting.wait(10) == 0
    assert 2 <= len(asked) <= 5


def test_a_run_that_ends_ends_the_watch(tmp_path):
    with process("import time; time.sleep(0.3)") as short:  # ends while it is watched
        assert watch(short.pid, tmp_path, dict, minutes=100) is None


def test_a_run_that_has_ended_is_not_watched(tmp_path):
    with process("pass") as short:
        short.wait(10)
        assert watch(short.pid, tmp_path, dict, minutes=100) is None


def test_a_run_that_has_ended_needs_no_stop(tmp_path):
    with process("pass") as short:
        run = watchdog.Run(short.pid)
        short.wait(10)
        run.stop()
        assert run.ended_within(0)
