"""The reader's data for a module: a file as it is, or a data set by name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from fisher_spectra.common.errors import UserError


def data_of(data: str, samples: int | None, normalisation: str | None, seed: int) -> Any:
    """What `analyse` takes as data.

    Parameters
    ----------
    data
        Name of a data set, or path of an `.npz` file.
    samples
        How many are drawn of them; all if not given.
    normalisation
        As in `predict`: ``"sample"`` unless given for named data sets, and none for files.
    seed
        Of the samples drawn.

    Raises
    ------
    UserError
        If there is no such data set or file, or it holds fewer samples.
    """
    from fisher_spectra.analysis.input_data import load_named
    from fisher_spectra.common.seeds import generator
    from fisher_spectra.datasets.npz import read_npz
    from fisher_spectra.datasets.preprocessing import normalise, subsample
    from fisher_spectra.datasets.registry import DATASETS

    def chosen(available: int) -> Any:
        if samples is None:
            return slice(None)
        return subsample(generator(seed, "samples of an analysis", available), available, samples)

    if data in DATASETS:
        dataset = load_named(data)
        rows = chosen(len(dataset.x_train))
        x = normalise(dataset.x_train[rows], normalisation or "sample")
        return dataclasses.replace(dataset, x_train=x, y_train=dataset.y_train[rows])
    if samples is None and normalisation is None:
        return data
    arrays = read_npz(Path(data))
    x_name = next((name for name in ("x", "x_train") if name in arrays), None)
    if x_name is None:
        raise UserError(f"{data}: needs an array x, or x_train, of samples")
    x = arrays[x_name]
    if x.ndim < 1 or x.dtype.kind not in "buif":
        raise UserError(f"{data}: array {x_name!r} of dtype {x.dtype}, shape {x.shape}: samples of real numbers needed")
    rows = chosen(len(x))
    x = x[rows]
    if normalisation is not None:
        x = normalise(x.reshape(len(x), -1), normalisation).reshape(x.shape)
    y = arrays.get("y" if x_name == "x" else "y_train")
    if y is None:
        return x
    if len(y) != len(arrays[x_name]):
        raise UserError(f"{data}: {len(arrays[x_name])} samples, but {len(y)} targets")
    return x, y[rows]
