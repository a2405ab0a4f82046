"""Some training samples of a data set as the inputs of a network, with their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.datasets.loading import Dataset
from fisher_spectra.datasets.preprocessing import normalise, subsample


@dataclass(frozen=True)
class TrainingSamples:
    """Normalised inputs, shape (T, M_0), and the class of each, int64, shape (T,)."""

    inputs: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]


def training_samples(
    rng: np.random.Generator, data: Dataset, size: int, scheme: str, *, dtype: npt.DTypeLike = np.float64
) -> TrainingSamples:
    """Draw training samples without replacement and normalise them; the statistics of a scheme are of these alone.

    Parameters
    ----------
    rng
        Generator; the only source of randomness.
    data
        Data set.
    size
        T, the number of samples wanted.
    scheme
        Of the normalisation, one of `datasets.preprocessing.SCHEMES`.
    dtype
        Type of the inputs.

    Raises
    ------
    UserError
        If there are fewer samples, or one that cannot be normalised, which is named by its place in the file.
    """
    chosen = subsample(rng, len(data.x_train), size)
    numbers = data.train_numbers.chosen(chosen)
    return TrainingSamples(normalise(data.x_train[chosen], scheme, dtype=dtype, numbers=numbers), data.y_train[chosen])
