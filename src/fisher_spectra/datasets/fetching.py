"""One verified file for each data set, made out of a download, of files put by hand, or of a mirror folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.progress import Progress
from fisher_spectra.datasets import cifar10, digits
from fisher_spectra.datasets.download import DownloadError, RetryPolicy, download
from fisher_spectra.datasets.idx import read_idx_file
from fisher_spectra.datasets.npz import write_npz
from fisher_spectra.datasets.registry import (
    EMBEDDED,
    Cifar10Archive,
    Cifar10Dataset,
    IdxDataset,
    IdxFile,
    published_dataset,
)

MIRROR_VARIABLE = "DATA_MIRROR"
BY_HAND = Path("data")  # below the folder the workflow runs in, the repository's root

# Largest download of an archive: the published one has 170 MB, and no compression makes its 185 MB longer than that.
LARGEST_ARCHIVE = 200_000_000
GZIP_OVERHEAD = 1 << 16  # bytes by which gzip may lengthen incompressible data of the sizes at hand

_Content = TypeVar("_Content")


@dataclass(frozen=True)
class Source:
    """Where one published file came from.

    Attributes
    ----------
    file
        Name as published.
    found
        The address, or the path in the mirror.
    algorithm, digest
        Checksum that was compared: that of the uncompressed content of an IDX file, that of an archive itself.
    """

    file: str
    found: str
    algorithm: str
    digest: str


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
        ``"original"``, ``"jpeg mirror"`` or ``"embedded"``.
    sources
        One entry for each published file.
    """

    path: Path
    record: Path
    variant: str
    sources: tuple[Source, ...]


def mirror_folder(argument: str | os.PathLike[str] | None) -> Path | None:
    """The mirror folder to use: the argument if it is not empty, else the variable ``DATA_MIRROR``, else none.

    Raises
    ------
    UserError
        If a folder is named that is not there.
    """
    named = os.fspath(argument) if argument else ""
    origin = "data_mirror"
    if not named:
        named, origin = os.environ.get(MIRROR_VARIABLE, ""), MIRROR_VARIABLE
    if not named:
        return None
    folder = Path(named).expanduser()
    if not _exists(folder.is_dir):
        raise UserError(f"{origin} = {named}: no such folder; it has to hold the files of the data sets")
    return folder


def fetch_dataset(
    dataset: str | IdxDataset | Cifar10Dataset,
    output: str | os.PathLike[str],
    *,
    mirror: str | os.PathLike[str] | None = None,
    by_hand: str | os.PathLike[str] = BY_HAND,
    addresses: Sequence[str] = (),
    policy: RetryPolicy | None = None,
    stream: TextIO | None = None,
) -> Fetched:
    """Make the verified file of a data set.

    Each published file is taken from the mirror folder if there is one (then nothing is downloaded); else from the
    folder for files put by hand, if it is there; else from the addresses, one after the other. Whatever its origin,
    its format and its checksum are verified. A folder is searched for ``<data set>/<file>`` first, then for
    ``<file>``; IDX files may be uncompressed (name without ``.gz``).

    Parameters
    ----------
    dataset
        ``"mnist"``, ``"fashion_mnist"``, ``"cifar10"``, ``"digits"``, or the description of another data set.
    output
        The `.npz` file to write: x_train (N, features), y_train (N,), x_test, y_test, all uint8, and the texts
        name, title and variant, and the integers image_shape. The same content gives the same bytes.
    mirror
        Mirror folder; the variable ``DATA_MIRROR`` if not given.
    by_hand
        Folder in which files downloaded by hand are sought.
    addresses
        Folders on the web to use instead of the published ones.
    policy
        Patience of the download.
    stream
        Where progress is reported; standard error if not given.

    Returns
    -------
    Fetched

    Raises
    ------
    UserError
        One line: what is wrong with which file, where it was sought and where to put it by hand. Nothing is
        written then.
    """
    target = Path(output)
    if dataset == EMBEDDED:
        return _write(target, EMBEDDED, digits.TITLE, "embedded", digits.IMAGE_SHAPE, digits.read_digits(), ())
    published = published_dataset(dataset) if isinstance(dataset, str) else dataset
    finder = _Finder(
        published,
        mirror_folder(mirror),
        Path(by_hand),
        tuple(addresses) or published.addresses,
        target,
        policy or RetryPolicy(),
        stream,
    )
    if isinstance(published, IdxDataset):
        return _fetch_idx(published, target, finder)
    return _fetch_cifar10(published, target, finder, stream)


def _fetch_idx(published: IdxDataset, target: Path, finder: _Finder) -> Fetched:
    arrays: dict[str, npt.NDArray[np.uint8]] = {}
    sources: list[Source] = []
    for role, file in published.files.items():

        def read(path: Path, file: IdxFile = file) -> npt.NDArray[np.uint8]:
            return read_idx_file(path, file)

        candidates = (file.name, file.name.removesuffix(".gz"))
        largest = file.uncompressed_bytes + GZIP_OVERHEAD
        values, _, found = finder.get(dict.fromkeys(candidates, read), file.name, largest)
        arrays[role] = values.reshape(len(values), -1) if role.startswith("x") else values
        sources.append(Source(file.name, found, "sha256", file.sha256))
    image_shape = published.files["x_train"].shape[1:]
    return _write(target, published.name, published.title, "original", image_shape, arrays, tuple(sources))


def _fetch_cifar10(published: Cifar10Dataset, target: Path, finder: _Finder, stream: TextIO | None) -> Fetched:
    archives = {archive.name: archive for archive in published.archives}

    def reader(archive: Cifar10Archive) -> Callable[[Path], dict[str, npt.NDArray[np.uint8]]]:
        def read(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
            n = published.records_per_file
            total = n * cifar10.RECORD_BYTES * (len(cifar10.TRAINING_MEMBERS) + 1)
            with Progress(total, f"{published.title}: reading {archive.name}", stream) as progress:
                return cifar10.read_cifar10_archive(path, archive, n, progress.advance)

        return read

    downloadable = next(archive.name for archive in published.archives if archive.downloadable)
    readers = {name: reader(archive) for name, archive in archives.items()}
    arrays, name, found = finder.get(readers, downloadable, LARGEST_ARCHIVE)
    taken = archives[name]
    sources = (Source(taken.name, found, taken.algorithm, taken.digest),)
    return _write(target, published.name, published.title, taken.variant, cifar10.IMAGE_SHAPE, arrays, sources)


class _Finder:
    """Gets published files, each verified by its reader, and words the failures."""

    def __init__(
        self,
        published: IdxDataset | Cifar10Dataset,
        mirror: Path | None,
        by_hand: Path,
        addresses: Sequence[str],
        target: Path,
        policy: RetryPolicy,
        stream: TextIO | None,
    ) -> None:
        self._published = published
        self._mirror = mirror
        self._by_hand = by_hand
        self._addresses = addresses
        self._target = target
        self._policy = policy
        self._stream = stream

    def get(
        self, readers: dict[str, Callable[[Path], _Content]], downloadable: str, largest: int
    ) -> tuple[_Content, str, str]:
        """Content of the first of the named files that is there, its name, and where it was found.

        Parameters
        ----------
        readers
            The accepted file names in order of preference, with the function that reads and verifies each; it
            raises a ValueError whose message continues a sentence that begins with the name of the file.
        downloadable
            Which of the names the addresses have.
        largest
            Most bytes of a download.
        """
        folder = self._mirror or self._by_hand
        candidates = [(folder / place / name, name) for name in readers for place in (*self._published.folders, "")]
        for path, name in candidates:
            if _exists(path.is_file):
                return self._read(path, readers[name]), name, str(path)
        if self._mirror is not None:
            sought = ", ".join(str(path) for path, name in candidates if name == downloadable)
            raise UserError(
                f"{self._published.title}: {downloadable} is missing from the mirror; sought at {sought}; "
                f"put it there by hand (published at {_address(self._addresses[0], downloadable)})"
            )
        content, address = self._download(readers[downloadable], downloadable, largest)
        return content, downloadable, address

    def _read(self, path: Path, read: Callable[[Path], _Content]) -> _Content:
        try:
            return read(path)
        except ValueError as error:
            raise UserError(
                f"{self._published.title}: {path} {error}; put the published file there, or remove it"
            ) from error
        except OSError as error:
            raise UserError(f"{self._published.title}: {path} cannot be read ({error.strerror})") from error

    def _download(self, read: Callable[[Path], _Content], name: str, largest: int) -> tuple[_Content, str]:
        failures = []
        with _writing(self._target):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(
                dir=self._target.parent, prefix=f".{self._target.stem}-", suffix=f"-{name}"
            )
            os.close(handle)
            arrived = Path(temporary)
            try:
                for folder in self._addresses:
                    address = _address(folder, name)
                    try:
                        download(
                            address,
                            arrived,
                            largest=largest,
                            label=f"{self._published.title}: {name} from {urlsplit(address).hostname}",
                            policy=self._policy,
                            stream=self._stream,
                        )
                        return read(arrived), address
                    except DownloadError as error:
                        failures.append(f"{address}: {error}")
                    except ValueError as error:
                        failures.append(f"{address}: what arrived {error}")
            finally:
                arrived.unlink(missing_ok=True)
        raise UserError(
            f"{self._published.title}: {name} cannot be downloaded ({'; '.join(failures)}); put it by hand at "
            f"{self._by_hand / self._published.folders[0] / name} or name a folder that has it in {MIRROR_VARIABLE}"
        )


def _exists(test: Callable[[], bool]) -> bool:
    """A path that cannot be looked at (too long, no permission) counts as one that is not there."""
    try:
        return test()
    except OSError:
        return False


def _address(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Turns a failure to write into one line for the user."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror or error}) and was not made; "
            "free space or permission is needed there, or another folder"
        ) from error


def _write(
    target: Path,
    name: str,
    title: str,
    variant: str,
    image_shape: tuple[int, ...],
    arrays: dict[str, npt.NDArray[np.uint8]],
    sources: tuple[Source, ...],
) -> Fetched:
    record_path = target.with_suffix(".source.json")
    content: dict[str, npt.NDArray[Any]] = {
        "name": np.array(name),
        "title": np.array(title),
        "variant": np.array(variant),
        "image_shape": np.array(image_shape, dtype=np.int64),
        **arrays,
    }
    with _writing(target):
        write_npz(target, content)
        record = {
            "dataset": name,
            "title": title,
            "variant": variant,
            "image_shape": list(image_shape),
            "samples": {"train": len(arrays["y_train"]), "test": len(arrays["y_test"])},
            "sources": [vars(source) for source in sources],
            "sha256": sha256_of_file(target),
        }
        write_text(record_path, json.dumps(record, indent=2, sort_keys=True) + "\n")
    return Fetched(target, record_path, variant, sources)
