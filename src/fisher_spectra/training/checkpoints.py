"""Progress of a long training job, kept on disk: after a time limit it goes on instead of starting again."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import zipfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.atomic import atomic_path
from fisher_spectra.provenance import code_of, environment_hash
from fisher_spectra.training.devices import device_name, resolve_device

INTERVAL = 30.0  # seconds between two writes: what a job may lose, besides the cells it was at
# arguments on which no number depends
_WITHOUT_EFFECT = frozenset({"output", "provenance", "settings", "log", "memory_mb", "device"})


class Checkpoint:
    """Outcome of the cells of a grid that are done, in a file of plain arrays.

    Cells are trained in a fixed order and, on the CPU, one at a time: what is left gives the same bits whether or not
    the work was interrupted. A file of another identity, or one that cannot be read, is ignored.

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

    def restore(self, loss: npt.NDArray[np.float64], step: npt.NDArray[np.int64]) -> int:
        """Fill in the outcome of earlier work, arrays (n_rates, n_trials); the number of cells that are done."""
        try:
            with np.load(self.path, allow_pickle=False) as file:
                if str(file["identity"]) != self._identity or file["loss"].shape != loss.shape:
                    return 0
                loss[:], step[:] = file["loss"], file["step"]
                return int(file["done"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none, or damaged
            return 0

    def save(self, done: int, loss: npt.NDArray[np.float64], step: npt.NDArray[np.int64]) -> None:
        """Write that `done` cells are done, if the last time was an interval ago."""
        if time.monotonic() - self._last < self._interval:
            return
        with atomic_path(self.path) as temporary:
            np.savez(temporary, identity=np.array(self._identity), done=np.array(done), loss=loss, step=step)
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove the file: the result is there."""
        self.path.unlink(missing_ok=True)


def checkpoint_of(arguments: Namespace, width: int) -> Checkpoint:
    """Checkpoint of the column of one width, beside the output of the job that has these arguments."""
    settings = {name: str(value) for name, value in vars(arguments).items() if name not in _WITHOUT_EFFECT}
    depends_on = {
        "settings": settings,
        "width": width,
        "device": device_name(resolve_device(arguments.device)),
        "code": code_of(sys.argv[0]),
        "requirements": environment_hash(),
        "torch": str(torch.__version__),
    }
    identity = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    output: Path = arguments.output
    return Checkpoint(output.with_name(f".{output.stem}.checkpoint-M{width}.npz"), identity)
