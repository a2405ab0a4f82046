"""A Python that has imported packages: half of what Snakemake, or a job of the smoke scale, takes is imports.

`warm_python` gives a program to call in place of Python. It hands its arguments, folder, environment and streams to a
process that has imported packages and nothing of this repository, and ends as the process ends which that one forks for
it: a process of its own, which imports the repository's modules itself. A job that is to have other threads, or other
instructions of the processor, gets Python itself.

What jobs took is kept (`jobs_in`). Of memory it is what they take with a Python of their own: the process that they are
forked from has imported what jobs of their kind import, and hardly more. Not for tests of how a job is killed, nor of
what Snakemake records of it: it is no descendant of Snakemake.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from forked_child import end_after

# What jobs import of packages: each costs one of them more than a hundredth of a second.
COMMON = ("numpy", "pandas", "pydantic")
# Parts of a command, and what such ones import besides; a command is of the first kind that it fits.
TOOLS = "tools"
KINDS = {
    TOOLS: (
        "-m snakemake",
        ("snakemake.cli", "snakemake.api", "snakemake.report", "smart_open", "jsonschema", "yaml", "psutil"),
    ),
    "drawing": ("/figures/", ("matplotlib.pyplot", "matplotlib.backends.backend_pdf", "fontTools.subset")),
    "training": ("/train_", ("torch", "numba", "scipy.linalg")),
    "theory": ("", ("scipy.special", "scipy.optimize", "scipy.sparse.linalg")),
}
# Read when Python starts, or by a package when it is imported; rules/common.smk sets them for each job.
FIXED = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg", "SOURCE_DATE_EPOCH": "0"}
PROGRAM = "python"
TOOK = "took"  # a file in the folder of the program: what each job took

CLIENT = """#!{python} -IS
import os, sys
given = " ".join(sys.argv[1:4])
kind = {tools!r} if "/tools/" in given else next(kind for kind, part in {parts} if part in given)
other = any(os.environ.get(name) != value for name, value in {fixed}.items()) or "FISHER_SPECTRA_EXACT" in os.environ
if kind != {tools!r} and other:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
import array, json, signal, socket
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server = socket.socket(socket.AF_UNIX)
server.connect(os.path.join({folder!r}, kind))
streams = array.array("i", [0, 1, 2])
server.sendmsg([len(call).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
server.sendall(call)
status = int(server.makefile().readline() or 1)
if status < 0:
    signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -status)
os._exit(status)
"""


@functools.cache
def warm_python() -> str:
    """Path of the program, which works until this process ends."""
    folder = Path(tempfile.mkdtemp())
    client = folder / PROGRAM
    parts = [(kind, part) for kind, (part, _) in KINDS.items()]
    client.write_text(CLIENT.format(python=sys.executable, fixed=FIXED, parts=parts, tools=TOOLS, folder=str(folder)))
    client.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    server = subprocess.Popen(
        [sys.executable, __file__, folder],
        env={**kept, **FIXED, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(_end, server, folder)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return str(client)


def jobs_in(folder: Path) -> list[list[Any]]:
    """(arguments, seconds of the processor, MB at most) of the jobs that ran in a folder.

    The seconds are less those that imports of packages would have taken.
    """
    lines = (Path(warm_python()).with_name(TOOK)).read_text().splitlines()
    return [job for place, *job in map(json.loads, lines) if place == str(folder)]


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def serve(folder: str) -> NoReturn:
    """Fork a process for each kind of job when the first one comes; killed together with them."""
    del sys.path[0]  # the folder of this file
    _import(COMMON)
    waiting = {}
    for kind in KINDS:
        waiting[kind] = socket.socket(socket.AF_UNIX)
        waiting[kind].bind(str(Path(folder, kind)))
        waiting[kind].listen(16)
    print("ready", flush=True)
    while waiting:
        ready, _, _ = select.select(list(waiting.values()), [], [])
        for kind in [kind for kind, listening in waiting.items() if listening in ready]:
            listening = waiting.pop(kind)
            if os.fork() == 0:
                for other in waiting.values():
                    other.close()
                _import(KINDS[kind][1])
                _answer(listening, folder)
            listening.close()
    while True:
        signal.pause()


def _import(packages: Iterable[str]) -> None:
    for package in packages:
        importlib.import_module(package)
    gc.collect()
    gc.freeze()


def _answer(listening: socket.socket, place: str) -> NoReturn:
    """Fork a process for each call, until killed."""
    while True:
        caller, _ = listening.accept()
        with contextlib.suppress(ChildProcessError):  # those that have watched a job to its end
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            listening.close()
            _watch(caller, place)
        caller.close()


def _watch(caller: socket.socket, place: str) -> NoReturn:
    """Fork the job, say how it ended, and end it if the caller is gone."""
    streams: array.array[int] = array.array("i")
    length, ancillary, _, _ = caller.recvmsg(8, socket.CMSG_SPACE(3 * streams.itemsize))
    streams.frombytes(ancillary[0][2])
    call = b""
    while len(call) < int.from_bytes(length, "big"):
        call += caller.recv(1 << 20)
    job = os.fork()
    if job == 0:
        caller.close()
        _be_python(place, streams, *json.loads(call))
    ended = os.pidfd_open(job)
    ready, _, _ = select.select([ended, caller.fileno()], [], [])
    if ended not in ready:
        os.kill(job, signal.SIGKILL)
    _, status, used = os.wait4(job, 0)
    status = os.waitstatus_to_exitcode(status)
    arguments, folder, _ = json.loads(call)
    line = json.dumps([folder, arguments, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6]) + "\n"
    with Path(place, TOOK).open("a") as file:
        file.write(line)
    with contextlib.suppress(OSError):
        caller.sendall(f"{status}\n".encode())
    os._exit(0)


def _be_python(
    place: str, streams: Iterable[int], arguments: list[str], folder: str, environment: dict[str, str]
) -> NoReturn:
    """Run a script, or a module, as ``python script arguments`` does."""

    def call() -> None:
        for descriptor, stream in enumerate(streams):
            os.dup2(stream, descriptor)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        given = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
        is_module = arguments[0] == "-m"
        first = folder if is_module else Path(arguments[0]).resolve().parent
        sys.path[:0] = [str(first), *(str(Path(entry).resolve()) for entry in given)]
        sys.argv, sys.orig_argv = arguments[is_module:], [sys.executable, *arguments]
        if is_module or "/tools/" in arguments[0]:  # what they start is warm, too
            sys.executable = str(Path(place, PROGRAM))
        with contextlib.suppress(ImportError):  # as Python does when it starts
            sys.modules.pop("sitecustomize", None)
            importlib.import_module("sitecustomize")
        if is_module:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")

    end_after(call, cleanup=atexit._run_exitfuncs)


if __name__ == "__main__":
    serve(sys.argv[1])
