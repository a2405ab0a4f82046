"""Data sets as the experiments use them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.json_objects import read_object
from fisher_spectra.datasets.npz import read_npz
from fisher_spectra.datasets.sample_numbers import SampleNumbers
from fisher_spectra.datasets.user_data import UserArrays, split_user_arrays
from fisher_spectra.datasets.variants import JPEG_MIRROR, OWN_PREFIX, USER

RECORD_SUFFIX = ".source.json"  # of what `fetch_dataset` writes beside a file: what is in it, and its SHA-256


@dataclass(frozen=True)
class Dataset:
    """Samples as they were measured; normalise them with `datasets.preprocessing`.

    Attributes
    ----------
    name
        Name in the configuration; for a user's own data ``own:`` and the stem of the file, the name of no other data.
    title
        Name for the titles of figures; says when the data are not the published ones.
    variant
        One of `datasets.variants`.
    image_shape
        Shape of one sample before it was flattened.
    x_train, x_test
        Samples, shapes (N, features) and (N_test, features); uint8 pixels of images, float64 otherwise.
    y_train, y_test
        Classes 0 to n_classes - 1, int64, shapes (N,) and (N_test,).
    classes
        Label of each class as the file has it, int64, shape (n_classes,), ascending.
    train_numbers, test_numbers
        Where each sample stands in the file.
    files
        What it was read from, for the record; nothing for an embedded one.
    """

    name: str
    title: str
    variant: str
    image_shape: tuple[int, ...]
    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    train_numbers: SampleNumbers
    test_numbers: SampleNumbers
    files: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """What tables call it: the name, with the variant of data that are good for running, not for quoting."""
        return f"{self.name}, {self.variant}" if self.variant == JPEG_MIRROR else self.name

    @property
    def n_features(self) -> int:
        """Number of values of one sample, M_0."""
        return int(self.x_train.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)


def load_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Load a data set from a file; nothing is downloaded and nothing in a file is ever executed.

    By name instead of a file: `datasets.named`.

    Parameters
    ----------
    path
        An `.npz` file: a fetched one with the record that `fetch_dataset` wrote beside it, or the user's own with `x`
        (N, ...) and `y` (N,), one fifth of which is held out for testing, or with `x_train`, `y_train`, `x_test`,
        `y_test`. Whatever it is called, a file of the user's own is named ``own:`` and its stem.

    Raises
    ------
    UserError
        One line that names the file, what is wrong with it and what is allowed. Also if the file says that it is a
        published data set and no record beside it has its SHA-256, or a record says so of another content.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/mine.npz", x=np.arange(20.0).reshape(10, 2), y=np.arange(10) % 2)
    ...     data = fs.load_dataset(f"{folder}/mine.npz")
    >>> data.name, data.x_train.shape, data.x_test.shape, data.n_classes
    ('own:mine', (8, 2), (2, 2), 2)
    """
    file = Path(path)
    if not _is_file(file):
        raise UserError(
            f"data set {os.fspath(path)!r}: there is no such file; needed is an .npz file with arrays x and y, or one "
            "that scripts/data/fetch_dataset.py made"
        )
    content = read_npz(file)
    arrays = split_user_arrays(file, content)
    described = _is_fetched(content)
    if described or record_of(file).is_file():
        _check_record(file)
    if not described:
        name = OWN_PREFIX + file.stem
        return _dataset(name, name, USER, arrays.arrays["x_train"].shape[1:], arrays, (file,))
    name, title, variant = (str(content[key]) for key in _TEXTS)
    return _dataset(name, title, variant, tuple(content["image_shape"].tolist()), arrays, (file,))


def record_of(file: Path) -> Path:
    """The record that `fetch_dataset` writes beside a file of its making."""
    return file.with_suffix(RECORD_SUFFIX)


def _check_record(file: Path) -> None:
    """Refuse a file that is, or says that it is, a fetched one and is not what was verified when it was fetched."""
    record = record_of(file)
    way_out = "remove both and run again; data of your own lie elsewhere, without arrays name, title and variant"
    if not record.is_file():
        raise UserError(f"{file}: says that it is published data, but there is no {record} to show it; {way_out}")
    if read_object(record).get("sha256") != sha256_of_file(file):
        raise UserError(f"{file}: is not the file whose origin {record} records; {way_out}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long a name, no permission to look
        return False


_TEXTS = ("name", "title", "variant")


def _is_fetched(content: dict[str, npt.NDArray[Any]]) -> bool:
    """Whether the file describes itself, as those that `fetch_dataset` writes do."""
    shape = content.get("image_shape")
    return (
        all(key in content and content[key].dtype.kind == "U" and content[key].ndim == 0 for key in _TEXTS)
        and shape is not None
        and shape.dtype.kind == "i"
        and shape.ndim == 1
    )


def dataset_of(
    name: str, title: str, variant: str, image_shape: tuple[int, ...], arrays: Mapping[str, npt.NDArray[Any]]
) -> Dataset:
    """A data set from its arrays x_train, y_train, x_test, y_test of any shape; labels become classes from 0 on."""
    numbers = [
        SampleNumbers(name, array, np.arange(len(arrays[array]), dtype=np.int64)) for array in ("x_train", "x_test")
    ]
    return _dataset(name, title, variant, image_shape, UserArrays(dict(arrays), *numbers))


def _dataset(
    name: str,
    title: str,
    variant: str,
    image_shape: tuple[int, ...],
    samples: UserArrays,
    files: tuple[Path, ...] = (),
) -> Dataset:
    arrays = samples.arrays
    n_train = len(arrays["y_train"])
    # each on its own: numpy has no common integer type of int64 and uint64, and would take float64, which merges labels
    labels = np.concatenate([arrays[part].astype(np.int64) for part in ("y_train", "y_test")])
    classes, positions = np.unique(labels, return_inverse=True)
    positions = positions.astype(np.int64)
    return Dataset(
        name=name,
        title=f"{title} ({variant})" if variant == JPEG_MIRROR else title,
        variant=variant,
        image_shape=image_shape,
        x_train=_values(arrays["x_train"]),
        y_train=positions[:n_train],
        x_test=_values(arrays["x_test"]),
        y_test=positions[n_train:],
        classes=classes,
        train_numbers=samples.train,
        test_numbers=samples.test,
        files=files,
    )


def _values(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Flattened samples, small integers as uint8 and everything else as float64."""
    kind = np.uint8 if x.dtype in (np.dtype(np.bool_), np.dtype(np.uint8)) else np.float64
    return np.ascontiguousarray(x.reshape(len(x), -1), dtype=kind)
