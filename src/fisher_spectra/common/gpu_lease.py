"""Which of several GPUs a process takes: each one its own, as long as there are enough.

Nobody shares out the GPUs of one machine when Snakemake starts several jobs there: each would take the first. So every
process that takes one says so in a file of its own, which it keeps locked. A lock of the operating system ends with its
process, however that ends: no lease is left behind by a kill, and none has to be given back.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import tempfile
from collections import Counter
from pathlib import Path

_held: list[int] = []  # open files whose locks are this process's lease; never closed


@functools.cache
def leased_gpu(count: int) -> int:
    """Index of the GPU that this process takes of the `count` that it sees: the first with the fewest holders.

    The choice is made once and holds until the process ends. A single GPU, as Slurm assigns to its jobs, needs no
    choice. Where no lock can be taken (no folder, a file system without locks) it is the first, as without leases.
    """
    if count <= 1:
        return 0
    try:
        return _lease(_names(count), _folder())
    except OSError:
        return 0


def _names(count: int) -> list[str]:
    """Names of the GPUs that all processes of this user agree on, whichever part of them each one sees."""
    listed = [re.sub(r"[^\w-]", "_", name) for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    return listed if len(listed) == count and all(listed) else [str(index) for index in range(count)]


def _folder() -> Path:
    """Where the processes of this user on this machine leave word: local, for the GPUs are."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "absent")  # may name a folder that only the login node has
    folder = (runtime if runtime.is_dir() else Path(tempfile.gettempdir())) / f"fisher-spectra-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def _lease(names: list[str], folder: Path) -> int:
    choosing = os.open(folder / "choosing", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(choosing, fcntl.LOCK_EX)  # one process chooses at a time, which takes milliseconds
        holders = Counter(file.name.partition(".")[0] for file in folder.glob("*.*") if _is_held(file))
        index = min(range(len(names)), key=lambda position: holders[names[position]])
        own = os.open(folder / f"{names[index]}.{os.getpid()}", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(own, fcntl.LOCK_EX)
        _held.append(own)
        return index
    finally:
        os.close(choosing)


def _is_held(file: Path) -> bool:
    """Whether the process that made the file is alive; the file of one that is not is removed."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        file.unlink()
        return False
    finally:
        os.close(descriptor)
