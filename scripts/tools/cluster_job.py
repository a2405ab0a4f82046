#!/usr/bin/env python3
"""Submit, watch and cancel the jobs of a run on SGE, PBS, LSF or HTCondor, for Snakemake's plugin `cluster-generic`.

    cluster_job.py submit SCHEDULER --rule RULE --memory-mb MB --minutes MINUTES [--option=-q --option=long] JOBSCRIPT
    cluster_job.py status ID        prints running, success or failed
    cluster_job.py ID ...           cancels these jobs, as the plugin calls it

A job leaves its exit status in a folder of its own below .snakemake/cluster_jobs, so that no accounting is asked. Only
of a job that has left none the scheduler is asked whether it waits or runs; one that it does not know any more has
failed, after a time that lets files show up on a shared file system. A scheduler that does not answer is asked again.

It needs Python's own library alone, and runs wherever Snakemake was started.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "FISHER_SPECTRA_JOB_PREFIX"  # `run_workflow.py` tells: how the names of all jobs of a folder begin
JOBS = Path(".snakemake", "cluster_jobs")
SHOWING_UP_SECONDS = 60.0  # what the profiles allow a file to show up (`latency-wait`)
ANSWERING_SECONDS = 60.0
RUNNING, SUCCESS, FAILED = "running", "success", "failed"
# what a job does: the script that Snakemake wrote, and its exit status into a file that is whole when it is there
WRAPPER = """#!/bin/bash
bash {script}
status=$?
echo $status > {exit}.part && mv {exit}.part {exit}
exit $status
"""


@dataclass(frozen=True)
class Request:
    """What a job asks for."""

    name: str
    memory_mb: int
    minutes: int
    script: str
    log: str
    options: Sequence[str] = ()

    @property
    def clock(self) -> str:
        """The time limit as hours, minutes and seconds."""
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}:00"


@dataclass(frozen=True)
class Scheduler:
    """The commands of a scheduler.

    Attributes
    ----------
    submit
        The command for a request; what it is given on its standard input by `described`.
    number
        Finds the job's number in the answer.
    ask
        The command, without the number, that says how a job is.
    gone, broken
        What the answer to it holds if there is no such job, or one that waits for ever.
    cancel
        The command, without numbers.
    """

    submit: Callable[[Request], list[str]]
    number: str
    ask: Sequence[str]
    gone: str
    broken: str
    cancel: Sequence[str]
    described: Callable[[Request], str | None] = field(default=lambda request: None)


def _sge(job: Request) -> list[str]:
    limits = ["-l", f"h_vmem={job.memory_mb}M", "-l", f"h_rt={job.clock}"]
    files = ["-j", "y", "-o", job.log, "-S", "/bin/bash", "-cwd", "-V"]
    return ["qsub", "-terse", "-N", job.name, *limits, *files, *job.options, job.script]


def _pbs(job: Request) -> list[str]:
    limits = ["-l", f"select=1:ncpus=1:mem={job.memory_mb}mb", "-l", f"walltime={job.clock}"]
    return ["qsub", "-N", job.name, *limits, "-j", "oe", "-o", job.log, "-V", *job.options, job.script]


def _lsf(job: Request) -> list[str]:
    limits = ["-M", f"{job.memory_mb}MB", "-R", f"rusage[mem={job.memory_mb}MB]", "-W", str(job.minutes), "-n", "1"]
    return ["bsub", "-J", job.name, *limits, "-o", job.log, *job.options, "/bin/bash", job.script]


def _condor_description(job: Request) -> str:
    """A job that is held, as for its memory, or longer than its time, is removed: it is made again with more."""
    lines = {
        "executable": "/bin/bash",
        "arguments": job.script,
        "batch_name": job.name,
        "request_cpus": "1",
        "request_memory": f"{job.memory_mb}MB",
        "output": job.log,
        "error": job.log,
        "getenv": "True",
        "should_transfer_files": "NO",
        "periodic_remove": f"JobStatus == 5 || (JobStatus == 2 && time() - EnteredCurrentStatus > {60 * job.minutes})",
    }
    return "".join(f"{key} = {value}\n" for key, value in lines.items()) + "\n".join([*job.options, "queue\n"])


SCHEDULERS = {
    "sge": Scheduler(_sge, r"^(\d+)", ("qstat", "-j"), gone="do not exist", broken="error reason", cancel=("qdel",)),
    "pbs": Scheduler(_pbs, r"^(\d+\S*)", ("qstat",), gone="Unknown Job|has finished", broken=" H ", cancel=("qdel",)),
    "lsf": Scheduler(
        _lsf,
        r"Job <(\d+)>",
        ("bjobs", "-noheader", "-o", "stat"),
        gone="is not found|DONE|EXIT",
        broken="ZOMBI",
        cancel=("bkill",),
    ),
    "htcondor": Scheduler(
        lambda job: ["condor_submit", "-terse", "-"],
        r"^(\d+\.\d+)",
        ("condor_q", "-format", "status %d", "JobStatus"),
        gone=r"\A\s*\Z|status [34]",
        broken="status 5",
        cancel=("condor_rm",),
        described=_condor_description,
    ),
}


def folder_of(token: str) -> Path:
    """Where a job leaves its exit status and its log."""
    return JOBS / token


def submit(scheduler: str, job: Request) -> str:
    """Submit a job; its identity: scheduler, number there and folder."""
    token = f"{job.name}-{uuid.uuid4().hex[:8]}"
    folder = folder_of(token).absolute()
    folder.mkdir(parents=True)
    shutil.copy(job.script, folder / "jobscript.sh")  # Snakemake removes its own when it ends
    wrapper = folder / "job.sh"
    place = {name: shlex.quote(str(folder / file)) for name, file in (("script", "jobscript.sh"), ("exit", "exit"))}
    wrapper.write_text(WRAPPER.format(**place), encoding="utf-8")
    known = SCHEDULERS[scheduler]
    asked = Request(job.name, job.memory_mb, job.minutes, str(wrapper), str(folder / "log"), job.options)
    answer = subprocess.run(
        known.submit(asked), input=known.described(asked), capture_output=True, text=True, check=False
    )
    found = re.search(known.number, answer.stdout, re.MULTILINE)
    if answer.returncode or found is None:
        said = " ".join((answer.stderr or answer.stdout).split())
        sys.exit(f"error: {known.submit(asked)[0]}: did not take the job {job.name} ({said})")
    return f"{scheduler}:{found[1]}:{token}"


def status(identity: str) -> str:
    """How a job is, in the plugin's words."""
    scheduler, number, token = identity.split(":")
    known, folder = SCHEDULERS[scheduler], folder_of(token)
    if (left := folder / "exit").is_file():
        return SUCCESS if left.read_text().strip() == "0" else FAILED
    try:
        answer = subprocess.run(
            [*known.ask, number], capture_output=True, text=True, timeout=ANSWERING_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return RUNNING  # asked again
    said = answer.stdout + answer.stderr
    if re.search(known.broken, said):
        return FAILED
    seen = folder / "gone"
    if not re.search(known.gone, said):
        seen.unlink(missing_ok=True)
        return RUNNING
    if not seen.exists():
        seen.touch()
    return FAILED if time.time() - seen.stat().st_mtime > SHOWING_UP_SECONDS else RUNNING


def cancel(identities: Sequence[str]) -> None:
    """Cancel jobs, all of one scheduler."""
    scheduler = identities[0].partition(":")[0]
    subprocess.run([*SCHEDULERS[scheduler].cancel, *(one.split(":")[1] for one in identities)], check=True)


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0].partition(":")[0] in SCHEDULERS and ":" in words[0]:
        cancel(words)
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("submit", help="submit a job and print its identity")
    new.add_argument("scheduler", choices=sorted(SCHEDULERS))
    new.add_argument("--rule", required=True, help="last part of the name of the job")
    new.add_argument("--memory-mb", type=float, required=True)
    new.add_argument("--minutes", type=float, required=True)
    new.add_argument("--option", action="append", default=[], help="handed on to the scheduler; may be repeated")
    new.add_argument("script")
    asked = commands.add_parser("status", help="print how a job is")
    asked.add_argument("identity")
    given = parser.parse_args(words)
    if given.command == "status":
        print(status(given.identity))
    else:
        needs = (math.ceil(given.memory_mb), math.ceil(given.minutes))
        name = f"{os.environ.get(PREFIX, 'fisher-spectra')}.{given.rule}"
        print(submit(given.scheduler, Request(name, *needs, given.script, "", given.option)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
