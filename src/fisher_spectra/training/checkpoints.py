"""Progress of a long training job, kept on disk: after a time limit it goes on instead of starting again."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.devices import device_name, resolve_device
from fisher_spectra.jobs.provenance import code_of, environment_hash

INTERVAL = 30.0  # seconds between two writes: what a job may lose, besides the cells it was at
# arguments on which no number depends
_WITHOUT_EFFECT = frozenset({"output", "provenance", "settings", "log", "memory_mb", "device"})


class Checkpoint:
    """Outcome of the cells of a grid that are done, in a file of plain arrays.

    Which cells are trained after which, or beside which, changes none of them: what is left gives the same bits whether
    or not the work was interrupted. A file of another identity, or one that cannot be read, is ignored.

    Parameters
    ----------
    path
        The file; it is there only between the first interval and the end of the job.
    identity
        What the numbers depend on: settings, code, environment, device.
    interval
        Seconds between two writes.
    """

    def __init__(self, path: Path, identity: str, *, interval: float = INTERVAL) -> None:
        self.path = path
        self._identity = identity
        self._interval = interval
        self._last = time.monotonic()

    def restore(self, **arrays: npt.NDArray[Any]) -> bool:
        """Fill in these arrays as earlier work saved them; whether there was any. None is touched otherwise."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                if str(file["identity"]) != self._identity:
                    return False
                found = {name: file[name] for name in arrays}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none, or damaged
            return False
        if any(found[name].shape != array.shape for name, array in arrays.items()):
            return False
        for name, array in arrays.items():
            array[...] = found[name]
        return True

    def save(self, **arrays: npt.NDArray[Any]) -> None:
        """Write the arrays, if the last time was an interval ago."""
        if time.monotonic() - self._last < self._interval:
            return
        with atomic_path(self.path) as temporary:
            np.savez(temporary, allow_pickle=False, identity=np.array(self._identity), **arrays)
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove the file: the result is there."""
        self.path.unlink(missing_ok=True)


def checkpoint_of(arguments: Namespace, **column: int) -> Checkpoint:
    """Checkpoint of one column, such as that of ``M=16``, beside the output of the job that has these arguments."""
    settings = {name: str(value) for name, value in vars(arguments).items() if name not in _WITHOUT_EFFECT}
    depends_on = {
        "settings": settings,
        "column": column,
        "device": device_name(resolve_device(arguments.device)),
        "code": code_of(sys.argv[0]),
        "requirements": environment_hash(),
        "torch": str(torch.__version__),
    }
    identity = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    output: Path = arguments.output
    name = "-".join(f"{key}{value}" for key, value in column.items())
    return Checkpoint(output.with_name(f".{output.stem}.checkpoint-{name}.npz"), identity)
