"""Snakemake in processes forked from one that has imported it: a dry run takes half the time of one that starts anew.

The parent imports Snakemake and nothing of this repository. Each call is a child of its own, with the folder,
environment, arguments and streams that ``python -m snakemake`` would have.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from forked_child import end_after

# What a run imports of packages in its course.
SNAKEMAKE = ("snakemake.cli", "snakemake.api", "snakemake.report", "smart_open", "jsonschema", "scipy", "yaml")


def serve():
    """Answer each line of the input, the arguments of one call, with a line that has its exit status."""
    for package in SNAKEMAKE:
        importlib.import_module(package)
    from snakemake.cli import main

    for line in sys.stdin:
        call = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_snakemake(main, **call)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _be_snakemake(main, arguments, folder, environment, out, err):
    def call():
        os.setsid()
        for descriptor, name in ((1, out), (2, err)):
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[0] = folder
        sys.argv = ["snakemake", *arguments]
        main(arguments)

    end_after(call)


@functools.cache
def _parent(environment):
    """The process that forks, for one environment: some of its variables count when Python starts."""
    parent = subprocess.Popen(
        [sys.executable, __file__],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    atexit.register(_end, parent)
    return parent


def _end(parent):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()


def forked_snakemake(arguments, folder, environment):
    """Run Snakemake to its end; gives what `subprocess.run` gives."""
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        call = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder),
            "environment": environment,
            "out": str(out),
            "err": str(err),
        }
        parent = _parent(tuple(sorted(environment.items())))
        parent.stdin.write(json.dumps(call) + "\n")
        parent.stdin.flush()
        status = int(parent.stdout.readline())
        return subprocess.CompletedProcess(call["arguments"], status, out.read_text(), err.read_text())


if __name__ == "__main__":
    serve()
