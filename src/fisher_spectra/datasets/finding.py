"""The files of a data set: from a mirror folder, put by hand, or downloaded; verified, and failures put into words."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeVar
from urllib.parse import urlsplit

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.progress import Progress
from fisher_spectra.datasets.download import DownloadError, RetryPolicy, download
from fisher_spectra.datasets.registry import NamedDataset, PublishedFile

MIRROR_VARIABLE = "DATA_MIRROR"
BY_HAND = Path("data")  # below the folder the workflow runs in, the repository's root

Content = TypeVar("Content")


@dataclass(frozen=True)
class Origins:
    """Where the files of a data set may come from.

    Attributes
    ----------
    mirror
        Mirror folder; the variable ``DATA_MIRROR`` if not given. If there is one, nothing is downloaded.
    by_hand
        Folder in which files downloaded by hand are sought, if there is no mirror.
    addresses
        Folders on the web to use instead of the published ones.
    policy
        Patience of a download.
    """

    mirror: str | os.PathLike[str] | None = None
    by_hand: str | os.PathLike[str] = BY_HAND
    addresses: tuple[str, ...] = ()
    policy: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True)
class Source:
    """Where one published file came from.

    Attributes
    ----------
    file
        Name as published.
    found
        The address, or the path in the mirror.
    algorithm, digest, of, published_by
        Checksum that was compared, as `datasets.registry.Checksum` has it.
    sha256
        SHA-256 of the file that was got, whatever was compared.
    """

    file: str
    found: str
    algorithm: str
    digest: str
    of: str
    published_by: str
    sha256: str


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


class FileFinder:
    """Gets the files of a data set, each verified by its reader, and words the failures.

    Each file is taken from the mirror folder if there is one; else from the folder for files put by hand, if it is
    there; else from the addresses, one after the other. A folder is searched for ``<data set>/<file>`` first, then for
    ``<file>``. A gzip file of which the content is verified may be uncompressed (name without ``.gz``).

    Parameters
    ----------
    dataset
        What is sought.
    origins
        Where.
    target
        What is made of the files; downloads lie beside it for a while.
    stream
        Where progress is reported; standard error if not given.

    Attributes
    ----------
    sources
        Where each file that was got came from.
    """

    def __init__(self, dataset: NamedDataset, origins: Origins, target: Path, stream: TextIO | None) -> None:
        self.sources: list[Source] = []
        self._dataset = dataset
        self._mirror = mirror_folder(origins.mirror)
        self._by_hand = Path(origins.by_hand)
        self._addresses = origins.addresses or dataset.addresses
        self._policy = origins.policy
        self._target = target
        self._stream = stream

    def get(
        self, role: str, read: Callable[[Path, PublishedFile], Content], largest: int
    ) -> tuple[Content, PublishedFile]:
        """Content of the first of the files for a role that is there, and which it was; see `readers.Files`.

        Raises
        ------
        UserError
            One line: what is wrong with which file, where it was sought and where to put it by hand.
        """
        folder = self._mirror or self._by_hand
        accepted = self._dataset.files[role]
        downloadable = next(file for file in accepted if file.downloadable)
        candidates = [
            (folder / place / name, file)
            for file in accepted
            for name in _names(file)
            for place in (*self._dataset.folders, "")
        ]
        for path, file in candidates:
            if _exists(path.is_file):
                return self._read(path, file, read), file
        if self._mirror is not None:
            sought = ", ".join(str(path) for path, _ in candidates if path.name == downloadable.name)
            raise UserError(
                f"{self._dataset.title}: {downloadable.name} is missing from the mirror; sought at {sought}; "
                f"put it there by hand (published at {_address(self._addresses[0], downloadable.name)})"
            )
        return self._download(downloadable, read, largest), downloadable

    def progress(self, total: float, label: str) -> Progress:
        """Display of the progress of reading a file."""
        return Progress(total, label, self._stream)

    def _read(self, path: Path, file: PublishedFile, read: Callable[[Path, PublishedFile], Content]) -> Content:
        try:
            content = read(path, file)
            self._note(path, file, str(path))
        except ValueError as error:
            raise UserError(
                f"{self._dataset.title}: {path} {error}; put the published file there, or remove it"
            ) from error
        except OSError as error:
            raise UserError(f"{self._dataset.title}: {path} cannot be read ({error.strerror})") from error
        return content

    def _download(self, file: PublishedFile, read: Callable[[Path, PublishedFile], Content], largest: int) -> Content:
        failures = []
        with writing(self._target), self._room_for(file.name) as arrived:
            for folder in self._addresses:
                address = _address(folder, file.name)
                label = f"{self._dataset.title}: {file.name} from {urlsplit(address).hostname}"
                try:
                    download(address, arrived, largest=largest, label=label, policy=self._policy, stream=self._stream)
                    content = read(arrived, file)
                except DownloadError as error:
                    failures.append(f"{address}: {error}")
                except ValueError as error:
                    failures.append(f"{address}: what arrived {error}")
                else:
                    self._note(arrived, file, address)
                    return content
        raise UserError(
            f"{self._dataset.title}: {file.name} cannot be downloaded ({'; '.join(failures)}); put it by hand at "
            f"{self._by_hand / self._dataset.folders[0] / file.name} or name a folder that has it in {MIRROR_VARIABLE}"
        )

    @contextlib.contextmanager
    def _room_for(self, name: str) -> Iterator[Path]:
        """An empty file beside the target, removed in the end."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=self._target.parent, prefix=f".{self._target.stem}-", suffix=f"-{name}"
        )
        os.close(handle)
        try:
            yield Path(temporary)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _note(self, path: Path, file: PublishedFile, found: str) -> None:
        known = file.checksum
        self.sources.append(
            Source(file.name, found, known.algorithm, known.digest, known.of, known.source, sha256_of_file(path))
        )


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turns a failure to write into one line for the user."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror or error}) and was not made; "
            "free space or permission is needed there, or another folder"
        ) from error


def _names(file: PublishedFile) -> tuple[str, ...]:
    """Names under which a file may lie in a folder."""
    uncompressed = file.name.removesuffix(".gz")
    return (file.name,) if file.checksum.of == "file" or uncompressed == file.name else (file.name, uncompressed)


def _exists(test: Callable[[], bool]) -> bool:
    """A path that cannot be looked at (too long, no permission) counts as one that is not there."""
    try:
        return test()
    except OSError:
        return False


def _address(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"
