#!/usr/bin/env python3
"""Stands in for the commands of SGE, PBS, LSF and HTCondor, by whichever name it is called; runs jobs on this machine.

The folder STAND_IN keeps what it was asked: `calls`, one JSON list a line, and the process of each job by its number.
`STAND_IN_KILLS` names a rule whose first job is killed as a scheduler kills one. With `STAND_IN_WAITS=1` it answers
when the job has ended.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

HOME = Path(os.environ["STAND_IN"])
ANSWERS = {"qsub": "{0}", "bsub": "Job <{0}> is submitted to queue <normal>.", "condor_submit": "{0}.0 - {0}.0"}
KNOWN = {"qstat": "job_number: {0}", "bjobs": "RUN", "condor_q": "status 2"}
UNKNOWN = {"qstat": "Following jobs do not exist: {0}", "bjobs": "Job <{0}> is not found", "condor_q": ""}


def job_of(name: str, words: list[str]) -> tuple[str, str]:
    """Name and script of a submitted job."""
    if name == "condor_submit":
        described = dict(re.findall(r"^(\w+) = (.*)$", sys.stdin.read(), re.MULTILINE))
        with (HOME / "calls").open("a") as calls:
            calls.write(json.dumps(["described", described]) + "\n")
        return described["batch_name"], described["arguments"]
    flag = "-J" if name == "bsub" else "-N"
    return words[words.index(flag) + 1], words[-1]


def submit(name: str, words: list[str]) -> None:
    called, script = job_of(name, words)
    number = len(list(HOME.glob("*.pid"))) + 1
    killed = os.environ.get("STAND_IN_KILLS")
    dies = killed is not None and called.endswith(killed) and not (HOME / "killed").exists()
    if dies:
        (HOME / "killed").touch()
    command = ["true"] if dies else ["/bin/bash", script]
    job = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (HOME / f"{number}.pid").write_text(str(job.pid))
    if os.environ.get("STAND_IN_WAITS"):
        job.wait()
    print(ANSWERS[name].format(number))


def is_alive(number: str) -> bool:
    try:
        state = Path("/proc", (HOME / f"{number}.pid").read_text(), "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def main() -> None:
    name, words = Path(sys.argv[0]).name, sys.argv[1:]
    with (HOME / "calls").open("a") as calls:
        calls.write(json.dumps([name, *words]) + "\n")
    if name in ANSWERS:
        submit(name, words)
    elif name in KNOWN:
        number = words[-1].partition(".")[0]
        unknown = "qstat: Unknown Job Id {0}" if name == "qstat" and "-j" not in words else UNKNOWN[name]
        print((KNOWN[name] if is_alive(number) else unknown).format(number))


if __name__ == "__main__":
    main()
