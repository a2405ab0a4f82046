"""What turns the files of a named data set into arrays: the form of a reader, and how one is found by its name.

Readers are loaded by the names that the registry gives them, not by import statements: an edit of one reader concerns
the data sets that it reads, and no job that takes another one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.progress import Progress
from fisher_spectra.datasets.registry import NamedDataset, PublishedFile
from fisher_spectra.datasets.variants import ORIGINAL

Content = TypeVar("Content")
Arrays = dict[str, npt.NDArray[np.uint8]]
ROLES = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class DatasetContent:
    """What a reader makes: x_train (N, ...), y_train (N,), x_test, y_test, all uint8, and the variant of the pixels."""

    arrays: Arrays
    variant: str = ORIGINAL


class Files(Protocol):
    """Where a reader gets the files of a data set from."""

    def get(
        self, role: str, read: Callable[[Path, PublishedFile], Content], largest: int
    ) -> tuple[Content, PublishedFile]:
        """Content of the file that plays a role in `NamedDataset.files`, and which file it was.

        Parameters
        ----------
        role
            Key of `NamedDataset.files`.
        read
            Reads and verifies a file. It raises a ValueError whose message continues a sentence that begins with the
            name of the file.
        largest
            Most bytes of a download.
        """

    def progress(self, total: float, label: str) -> Progress:
        """Display of the progress of reading a file."""


class NoFiles:
    """For data sets that are embedded in an installed package."""

    def get(
        self, role: str, read: Callable[[Path, PublishedFile], Content], largest: int
    ) -> tuple[Content, PublishedFile]:
        """There is none."""
        raise LookupError(f"{role}: an embedded data set has no files")

    def progress(self, total: float, label: str) -> Progress:
        """Display of the progress of reading."""
        return Progress(total, label)


class Reader(Protocol):
    """Makes the arrays of a data set out of its files."""

    def __call__(self, dataset: NamedDataset, files: Files) -> DatasetContent:
        """Read and verify; a UserError is one line for the user."""


def reader_of(dataset: NamedDataset) -> Reader:
    """The reader that the registry names."""
    module, _, function = dataset.reader.partition(":")
    return cast(Reader, getattr(importlib.import_module(module), function))


def read(dataset: NamedDataset, files: Files) -> DatasetContent:
    """The content of a data set, flattened: x (N, pixels), y (N,).

    Raises
    ------
    UserError
        If it is not what the registry says it is.
    """
    content = reader_of(dataset)(dataset, files)
    arrays = {}
    for role in ROLES:
        found, shape = content.arrays[role], dataset.shape(role)
        samples = found.reshape(len(found), -1) if role.startswith("x") else found
        expected = (shape[0], dataset.pixels) if role.startswith("x") else shape
        if samples.shape != expected:
            raise UserError(f"{dataset.title}: {role} has shape {samples.shape}; the registry expects {expected}")
        arrays[role] = samples
    labels = np.unique(np.concatenate([arrays["y_train"], arrays["y_test"]]))
    if len(labels) > dataset.classes:
        raise UserError(f"{dataset.title}: has {len(labels)} classes; the registry expects {dataset.classes}")
    return DatasetContent(arrays, content.variant)
