"""Data sets by name, for who has no file at hand: embedded ones, and those that were fetched before."""

from __future__ import annotations

import os
from pathlib import Path

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.loading import Dataset, dataset_of, load_dataset
from fisher_spectra.datasets.readers import NoFiles, read
from fisher_spectra.datasets.registry import named_dataset

FOLDER = Path("results/data")  # where the workflow puts data sets


def load_named_dataset(name: str, folder: str | os.PathLike[str] = FOLDER) -> Dataset:
    """Load a data set of the registry; nothing is downloaded.

    Parameters
    ----------
    name
        Its name in `datasets.registry`.
    folder
        Where fetched data sets lie, each as ``<name>.npz``; embedded ones need none.

    Raises
    ------
    UserError
        If there is none of this name, it was not fetched to there, or something else lies there.

    Examples
    --------
    >>> data = fs.load_named_dataset("digits")
    >>> data.x_train.shape, data.x_test.shape, data.n_classes
    ((1500, 64), (297, 64), 10)
    """
    dataset = named_dataset(name)
    if dataset.embedded:
        content = read(dataset, NoFiles())
        return dataset_of(name, dataset.title, content.variant, dataset.image_shape, content.arrays)
    file = Path(folder) / f"{name}.npz"
    if not file.is_file():
        raise UserError(f"data set {name!r}: there is no file {file}; scripts/data/fetch_dataset.py makes it")
    loaded = load_dataset(file)
    if loaded.name != name:
        raise UserError(
            f"data set {name!r}: {file} holds {loaded.name}; scripts/data/fetch_dataset.py makes the published one"
        )
    return loaded
