"""Data sets as the experiments use them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets import digits
from fisher_spectra.datasets.npz import read_npz
from fisher_spectra.datasets.user_data import split_user_arrays

EMBEDDED = "digits"
FOLDER = Path("results/data")  # where the workflow puts fetched data sets
UNQUOTABLE = "jpeg mirror"  # variant of images that are not the published ones


@dataclass(frozen=True)
class Dataset:
    """Samples as they were measured; normalise them with `datasets.preprocessing`.

    Attributes
    ----------
    name
        Name in the configuration; the stem of the file for a user's own data.
    title
        Name for the titles of figures; says when the data are not the published ones.
    variant
        ``"original"``, ``"jpeg mirror"`` (CIFAR-10 whose pixels went through JPEG), ``"embedded"`` or ``"user"``.
    image_shape
        Shape of one sample before it was flattened.
    x_train, x_test
        Samples, shapes (N, features) and (N_test, features); uint8 pixels of images, float64 otherwise.
    y_train, y_test
        Classes 0 to n_classes - 1, int64, shapes (N,) and (N_test,).
    classes
        Label of each class as the file has it, int64, shape (n_classes,), ascending.
    files
        What it was read from, for the record; nothing for the embedded digits.
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
    files: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """What tables call it: the name, with the variant of data that are good for running, not for quoting."""
        return f"{self.name}, {self.variant}" if self.variant == UNQUOTABLE else self.name

    @property
    def n_features(self) -> int:
        """Number of values of one sample, M_0."""
        return int(self.x_train.shape[1])

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)


def load_dataset(source: str | os.PathLike[str], folder: str | os.PathLike[str] = FOLDER) -> Dataset:
    """Load a data set; nothing is downloaded and nothing in a file is ever executed.

    Parameters
    ----------
    source
        ``"digits"``; or the name of a fetched data set (``"mnist"``, ``"fashion_mnist"``, ``"cifar10"``), whose file
        is ``<folder>/<name>.npz``; or the path of an `.npz` file: a fetched one, or the user's own with `x`
        (N, ...) and `y` (N,), one fifth of which is held out for testing, or with `x_train`, `y_train`,
        `x_test`, `y_test`.
    folder
        Where fetched data sets lie.

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        One line that names the file, what is wrong with it and what is allowed.
    """
    text = os.fspath(source)
    if text == EMBEDDED:
        arrays: dict[str, npt.NDArray[Any]] = dict(digits.read_digits())
        return _dataset(EMBEDDED, digits.TITLE, "embedded", digits.IMAGE_SHAPE, arrays)
    path = Path(text) if text.endswith(".npz") else Path(folder) / f"{text}.npz"
    if not _is_file(path):
        raise UserError(
            f"data set {text!r}: there is no file {path}; named can be {EMBEDDED}, a data set that was fetched "
            "to there (mnist, fashion_mnist, cifar10), or the path of an .npz file with arrays x and y"
        )
    content = read_npz(path)
    arrays = split_user_arrays(path, content)
    if not _is_fetched(content):
        return _dataset(path.stem, path.stem, "user", arrays["x_train"].shape[1:], arrays, (path,))
    name, title, variant = (str(content[key]) for key in _TEXTS)
    return _dataset(name, title, variant, tuple(content["image_shape"].tolist()), arrays, (path,))


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


def _dataset(
    name: str,
    title: str,
    variant: str,
    image_shape: tuple[int, ...],
    arrays: dict[str, npt.NDArray[Any]],
    files: tuple[Path, ...] = (),
) -> Dataset:
    n_train = len(arrays["y_train"])
    labels = np.concatenate([arrays["y_train"], arrays["y_test"]]).astype(np.int64)
    classes, positions = np.unique(labels, return_inverse=True)
    positions = positions.astype(np.int64)
    return Dataset(
        name=name,
        title=f"{title} ({variant})" if variant == UNQUOTABLE else title,
        variant=variant,
        image_shape=image_shape,
        x_train=_values(arrays["x_train"]),
        y_train=positions[:n_train],
        x_test=_values(arrays["x_test"]),
        y_test=positions[n_train:],
        classes=classes,
        files=files,
    )


def _values(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Flattened samples, small integers as uint8 and everything else as float64."""
    kind = np.uint8 if x.dtype in (np.dtype(np.bool_), np.dtype(np.uint8)) else np.float64
    return np.ascontiguousarray(x.reshape(len(x), -1), dtype=kind)
