"""What a run that was cut off leaves behind: processes, cluster jobs, half-written files, Snakemake's locks.

Every process of a run carries `MARKER` in its environment, and every cluster job a name that begins with
`job_name_prefix`: both are derived from the folder alone, so that the next run there knows them without any record.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

MARKER = "FISHER_SPECTRA_RUN"  # environment variable: the folder that a process works in
ENDING_SECONDS = 10.0  # between asking a process to end and killing it
CANCELLING_SECONDS = 120.0  # Slurm gives a cancelled job half a minute (KillWait) before it kills it
# names that `common.atomic_files` gives to files being written
TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}(\.\w+)?")
# states of jobs that may still run; a finished job stays in the queue's memory for some minutes
ALIVE = "PENDING,CONFIGURING,RUNNING,SUSPENDED,COMPLETING,REQUEUED,RESIZING,SIGNALING,STAGE_OUT,STOPPED"


class LeftoverError(Exception):
    """What keeps a run from starting, in one line."""


def job_name_prefix(folder: Path) -> str:
    """First part of the name of every cluster job of a run in `folder`; Snakemake adds an identity of each run."""
    return f"fisher-spectra-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"


def orphans(folder: Path) -> list[psutil.Process]:
    """Processes that a run in `folder` started, other than this process and those it was started by."""
    mine = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in mine and process.environ().get(MARKER) == str(folder):
                found.append(process)
        except (psutil.Error, OSError):  # another user's, or gone by now
            continue
    return found


def end_orphans(folder: Path) -> int:
    """End what is left of earlier runs in `folder`; their number. They would compute what the next run computes."""
    number, alive = 0, orphans(folder)
    while alive:  # until none is left: one may have started another meanwhile
        number += len(alive)
        for process in alive:
            _signal(process, psutil.Process.terminate)
        _, stubborn = psutil.wait_procs(alive, timeout=ENDING_SECONDS)
        for process in stubborn:
            _signal(process, psutil.Process.kill)
        psutil.wait_procs(stubborn, timeout=ENDING_SECONDS)
        before, alive = {process.pid for process in alive}, orphans(folder)
        if before & {process.pid for process in alive}:
            raise LeftoverError(f"process {min(before)} of an earlier run in {folder} does not end; stop it by hand")
    return number


def _signal(process: psutil.Process, send: Callable[[psutil.Process], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        send(process)


def queued_jobs(prefix: str, timeout: float = 60.0) -> dict[str, str] | None:
    """Names of the cluster jobs of runs with this prefix that may still run, by number; None without an answer."""
    command = ["squeue", "--noheader", f"--user={getpass.getuser()}", f"--states={ALIVE}", "--format=%A|%j"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    pairs = (line.strip().partition("|") for line in answer.stdout.splitlines() if "|" in line)
    return {number: name for number, _, name in pairs if name.startswith(prefix)}


def cancel_jobs(folder: Path, patience: float = CANCELLING_SECONDS) -> int:
    """Cancel the cluster jobs of earlier runs in `folder` and wait until they are gone; their number.

    Raises
    ------
    LeftoverError
        If Slurm does not answer: whether such jobs exist cannot be known then.
    """
    if shutil.which("squeue") is None:
        raise LeftoverError(
            f"an earlier run in {folder} used Slurm, but there is no squeue here to look for its jobs; start where "
            "Slurm is, or, if none is left, delete .snakemake/run.lock"
        )
    prefix, deadline = job_name_prefix(folder), time.monotonic() + patience
    first: dict[str, str] | None = None
    while True:
        jobs = queued_jobs(prefix)
        if jobs is not None:
            first = jobs if first is None else first
            if not jobs:
                return len(first)
            for name in sorted(set(jobs.values())):
                with contextlib.suppress(subprocess.TimeoutExpired):  # asked again, until the patience ends
                    subprocess.run(["scancel", f"--name={name}"], capture_output=True, timeout=60, check=False)
        if time.monotonic() > deadline:
            break
        time.sleep(1)
    if jobs is None:
        raise LeftoverError("Slurm does not answer (squeue); jobs of an earlier run may be at work: try again later")
    # A job of a node that is down is not gone before the node answers. Its files have names of their own.
    print(f"Jobs {', '.join(jobs)} are cancelled but not gone from Slurm yet; going on.", file=sys.stderr)
    return len(first or {})


def temporary_files(results: Path) -> Iterator[Path]:
    """Files that were being written."""
    for path in results.rglob(".*"):
        if TEMPORARY.fullmatch(path.name) and path.is_file():
            yield path


def clear(folder: Path, locks: Iterable[Path]) -> None:
    """Remove half-written files and these locks of Snakemake. Only for who knows that no run is alive in `folder`."""
    for file in [*temporary_files(folder / "results"), *locks]:
        file.unlink(missing_ok=True)
