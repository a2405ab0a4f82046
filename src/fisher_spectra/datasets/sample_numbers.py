"""Where samples stand in the file that they were read from, so that a message can name them there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SampleNumbers:
    """Numbers of samples in an array of a file.

    Attributes
    ----------
    file, array
        The file, or what else they come from, and its array.
    numbers
        Position in that array of each sample, from 0, shape (N,).
    """

    file: str
    array: str
    numbers: npt.NDArray[np.int64]

    def chosen(self, positions: npt.NDArray[np.int64]) -> SampleNumbers:
        """Those of some of the samples."""
        return SampleNumbers(self.file, self.array, self.numbers[positions])

    def name(self, position: int) -> str:
        """How a message calls a sample, such as ``mine.npz: sample 17 of 'x'``."""
        return f"{self.file}: sample {self.numbers[position]} of {self.array!r}"
