"""One verified file for each data set, made out of a download, of files put by hand, of a mirror, or of a package."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.datasets.finding import FileFinder, Origins, Source, writing
from fisher_spectra.datasets.npz import write_npz
from fisher_spectra.datasets.readers import DatasetContent, read
from fisher_spectra.datasets.registry import NamedDataset, named_dataset


@dataclass(frozen=True)
class Fetched:
    """Result of `fetch_dataset`.

    Attributes
    ----------
    path
        The `.npz` file.
    record
        JSON file beside it that says where the data came from.
    variant
        One of `datasets.variants`.
    sources
        One entry for each published file.
    """

    path: Path
    record: Path
    variant: str
    sources: tuple[Source, ...]


def fetch_dataset(
    dataset: str | NamedDataset,
    output: str | os.PathLike[str],
    origins: Origins | None = None,
    stream: TextIO | None = None,
) -> Fetched:
    """Make the verified file of a data set.

    Whatever the origin of a published file, its format and its checksum are verified.

    Parameters
    ----------
    dataset
        Name of a data set of the registry, or the description of another one.
    output
        The `.npz` file to write: x_train (N, features), y_train (N,), x_test, y_test, all uint8, and the texts
        name, title and variant, and the integers image_shape. The same content gives the same bytes.
    origins
        Where its files may come from; `Origins()` if not given.
    stream
        Where progress is reported; standard error if not given.

    Raises
    ------
    UserError
        One line: what is wrong with which file, where it was sought and where to put it by hand. Nothing is
        written then.
    """
    target = Path(output)
    description = named_dataset(dataset) if isinstance(dataset, str) else dataset
    finder = FileFinder(description, origins or Origins(), target, stream)
    content = read(description, finder)
    with writing(target):
        write_npz(target, _arrays(description, content))
        record = _write_record(target, description, content, finder.sources)
    return Fetched(target, record, content.variant, tuple(finder.sources))


def _arrays(dataset: NamedDataset, content: DatasetContent) -> dict[str, npt.NDArray[Any]]:
    """What the file holds: it describes itself, so that reading it needs no registry."""
    return {
        "name": np.array(dataset.name),
        "title": np.array(dataset.title),
        "variant": np.array(content.variant),
        "image_shape": np.array(dataset.image_shape, dtype=np.int64),
        **content.arrays,
    }


def _write_record(target: Path, dataset: NamedDataset, content: DatasetContent, sources: list[Source]) -> Path:
    record = {
        "dataset": dataset.name,
        "title": dataset.title,
        "variant": content.variant,
        "image_shape": list(dataset.image_shape),
        "samples": {"train": dataset.training_samples, "test": dataset.test_samples},
        "sources": [asdict(source) for source in sources],
        "sha256": sha256_of_file(target),
    }
    file = target.with_suffix(".source.json")
    write_text(file, json.dumps(record, indent=2, sort_keys=True) + "\n")
    return file
