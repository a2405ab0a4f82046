"""A Python for jobs that has imported their packages: half of what a job of the smoke scale takes is imports.

`warm_python` gives a program to call in place of Python. It hands its arguments, folder, environment and streams to a
process that has imported packages and nothing of this repository, and ends as the process ends which that one forks for
it: a process of its own, which imports the repository's modules itself. Where it is to have other threads it becomes
Python itself.

Not for tests of what a job takes, or of how it is killed: it is no descendant of Snakemake.
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
from pathlib import Path

from forked_child import end_after

# What jobs import of packages: each costs one of them more than a hundredth of a second.
PACKAGES = ("numpy", "pandas", "pydantic", "jsonschema", "yaml", "sklearn.datasets", "torch")
PACKAGES += ("scipy.special", "scipy.optimize", "scipy.sparse.linalg")
PACKAGES += ("matplotlib.pyplot", "matplotlib.backends.backend_pdf", "fontTools.subset", "PIL.PngImagePlugin")
# Read when Python starts, or by a package when it is imported; rules/common.smk sets them for each job.
FIXED = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg", "SOURCE_DATE_EPOCH": "0"}

CLIENT = """#!{python} -IS
import os, sys
if any(os.environ.get(name) != value for name, value in {fixed}.items()):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
import array, json, signal, socket
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server = socket.socket(socket.AF_UNIX)
server.connect({place!r})
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
def warm_python():
    """Path of the program, which works until this process ends."""
    folder = Path(tempfile.mkdtemp())
    place, client = folder / "socket", folder / "python"
    client.write_text(CLIENT.format(python=sys.executable, fixed=FIXED, place=str(place)))
    client.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    server = subprocess.Popen(
        [sys.executable, __file__, place],
        env={**kept, **FIXED, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    atexit.register(_end, server, folder)
    assert server.stdout.readline() == b"ready\n"
    return str(client)


def _end(server, folder):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def serve(place):
    """Fork a process for each call, until killed."""
    del sys.path[0]  # the folder of this file
    for package in PACKAGES:
        importlib.import_module(package)
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen(16)
    print("ready", flush=True)
    while True:
        caller, _ = listening.accept()
        with contextlib.suppress(ChildProcessError):  # those that have watched a job to its end
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            listening.close()
            _watch(caller)
        caller.close()


def _watch(caller):
    """Fork the job, say how it ended, and end it if the caller is gone."""
    streams = array.array("i")
    length, ancillary, _, _ = caller.recvmsg(8, socket.CMSG_SPACE(3 * streams.itemsize))
    streams.frombytes(ancillary[0][2])
    call = b""
    while len(call) < int.from_bytes(length, "big"):
        call += caller.recv(1 << 20)
    job = os.fork()
    if job == 0:
        caller.close()
        _be_python(streams, *json.loads(call))
    ended = os.pidfd_open(job)
    ready, _, _ = select.select([ended, caller], [], [])
    if ended not in ready:
        os.kill(job, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    with contextlib.suppress(OSError):
        caller.sendall(f"{status}\n".encode())
    os._exit(0)


def _be_python(streams, arguments, folder, environment):
    """Run a script as ``python script arguments`` does."""

    def call():
        for descriptor, stream in enumerate(streams):
            os.dup2(stream, descriptor)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        given = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
        sys.path[:0] = [str(Path(arguments[0]).resolve().parent), *(str(Path(entry).resolve()) for entry in given)]
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")

    end_after(call, cleanup=atexit._run_exitfuncs)


if __name__ == "__main__":
    serve(sys.argv[1])
