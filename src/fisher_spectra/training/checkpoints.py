"""Progress of a long training job, kept on disk: after a time limit it goes on instead of starting again."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.atomic_files import atomic_path

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
