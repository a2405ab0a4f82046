"""Progress of a long training job, kept on disk: after a time limit it goes on instead of starting again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.npz import read_npz

INTERVAL = 30.0  # seconds between two writes: what a job may lose, besides the cells it was at


class Checkpoint:
    """Outcome of the cells of a grid that are done, in a file of plain arrays.

    Which cells are trained after which, or beside which, changes none of them: what is left gives the same bits whether
    or not the work was interrupted. A file of another identity, or one that cannot be read, is ignored.

    Parameters
    ----------
    path
        The file; it is there only between the first interval and the end of the job.
    identity
        What the numbers depend on, in any form: settings, code, environment and device, which the caller knows.
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
            found = read_npz(self.path)
        except UserError:  # none, or damaged
            return False
        if str(found.get("identity")) != self._identity:
            return False
        if any(not _alike(found.get(name), array) for name, array in arrays.items()):
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


def _alike(found: npt.NDArray[Any] | None, array: npt.NDArray[Any]) -> bool:
    return found is not None and (found.shape, found.dtype) == (array.shape, array.dtype)
