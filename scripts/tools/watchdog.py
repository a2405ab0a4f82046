"""Stop a run on a cluster when nothing has moved for a long time, instead of letting it wait for ever.

Snakemake's Slurm plugin can lose its jobs (the controller away, the accounting silent, a finished job forgotten) and
then waits without end. The watchdog is a process beside the run. It looks at the files that a run writes, and, when
they stand still, asks Slurm: jobs that wait in the queue or run are no reason to stop.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

LOOKS = 20  # how often it looks within the time it allows
LONGEST_PAUSE = 60.0  # seconds between two looks
ENDING_SECONDS = 90.0  # Snakemake needs about 20 s to cancel its jobs


def last_change(folders: list[Path]) -> float:
    """Time of the newest change to a file or folder below `folders`."""
    newest = 0.0
    for top in folders:
        for place, _, files in os.walk(top):
            for path in (place, *(os.path.join(place, name) for name in files)):  # noqa: PTH118 - a hot loop
                try:
                    newest = max(newest, os.stat(path).st_mtime)  # noqa: PTH116
                except OSError:
                    continue
    return newest


class Run:
    """The process to be watched: it is waited for without being its parent."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._descriptor: int | None = os.pidfd_open(pid)
        except ProcessLookupError:  # it has ended before it could be watched
            self._descriptor = None

    def ended_within(self, seconds: float) -> bool:
        """Wait so long, or until the process has ended; whether it has."""
        return self._descriptor is None or bool(select.select([self._descriptor], [], [], seconds)[0])

    def stop(self) -> None:
        """Ctrl-C, which lets Snakemake cancel its jobs; the kill that cannot be ignored if that does not help."""
        for number, patience in ((signal.SIGINT, ENDING_SECONDS), (signal.SIGKILL, 5.0)):
            if self._descriptor is None:
                return
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                signal.pidfd_send_signal(self._descriptor, number)
            if self.ended_within(patience):
                return


def watch(run: Run, folders: list[Path], minutes: float, jobs: Callable[[], dict[str, str] | None]) -> str | None:
    """Wait until `run` ends (None) or is stopped because it stands still (the reason, in one line).

    Parameters
    ----------
    run
        The process.
    folders
        Where a run that moves writes.
    minutes
        How long it may stand still.
    jobs
        The run's jobs that wait or run; None if the scheduler does not answer.
    """
    allowed = 60 * minutes
    moved, seen = time.monotonic(), last_change(folders)
    while not run.ended_within(min(allowed / LOOKS, LONGEST_PAUSE)):
        now, newest = time.monotonic(), last_change(folders)
        if newest != seen:
            moved, seen = now, newest
        if now - moved < allowed:
            continue
        known = jobs()
        if known:
            moved = now  # ask again after the same time
            continue
        why = "Slurm does not answer" if known is None else "Slurm knows no job of this run that waits or runs"
        line = f"error: nothing has moved for {minutes:g} minutes, and {why}: stopping; run again to carry on"
        print(line, file=sys.stderr, flush=True)
        run.stop()
        return line
    return None


def start(folders: list[Path], minutes: float, jobs: Callable[[], dict[str, str] | None], private: int) -> None:
    """Watch this process from a child process, which does not hold the descriptor `private`."""
    pid = os.getpid()
    if os.fork():
        return
    status = 1
    try:
        os.close(private)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the run; its end ends this one
        watch(Run(pid), folders, minutes, jobs)
        status = 0
    finally:
        os._exit(status)
