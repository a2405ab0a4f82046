"""The binary version of CIFAR-10: a tar archive of six files of fixed-length records.

A record is one label byte (0 to 9) and 3072 pixel bytes: 32 x 32 red, then green, then blue, row by row. The archive is
read as a stream; nothing in it is ever written to a path that it names.
"""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fisher_spectra.datasets.readers import Arrays, DatasetContent, Files
from fisher_spectra.datasets.registry import NamedDataset, PublishedFile
from fisher_spectra.datasets.verification import verify_file

N_PIXELS = 3072
RECORD_BYTES = 1 + N_PIXELS
N_CLASSES = 10
TRAINING_MEMBERS = tuple(f"data_batch_{k}.bin" for k in range(1, 6))
TEST_MEMBER = "test_batch.bin"

Pixels = npt.NDArray[np.uint8]
Compressed = BinaryIO | gzip.GzipFile | lzma.LZMAFile

# Largest download of an archive: the published one has 170 MB, and no compression makes its 185 MB longer than that.
LARGEST_ARCHIVE = 200_000_000
# The archive also holds a text file with the names of the classes and a page of HTML, both below 1 kB. Room for them,
# for tar headers and for padding, and no more than that.
OTHER_BYTES = 1 << 20
MOST_MEMBERS = 32


def parse_records(content: bytes, n_records: int) -> tuple[Pixels, Pixels]:
    """Images and labels of one file of records.

    Parameters
    ----------
    content
        The whole file.
    n_records
        Number of images it must hold.

    Returns
    -------
    x : ndarray of uint8, shape (n_records, 3072)
        Channel, row, column flattened in C order.
    y : ndarray of uint8, shape (n_records,)

    Raises
    ------
    ValueError
        If the length is not exactly that of `n_records` records, or a label exceeds 9.
    """
    if len(content) != n_records * RECORD_BYTES:
        raise ValueError(
            f"has {len(content)} bytes; {n_records} records of {RECORD_BYTES} bytes have {n_records * RECORD_BYTES}"
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(n_records, RECORD_BYTES)
    labels = records[:, 0].copy()
    if labels.max(initial=0) >= N_CLASSES:
        bad = int(np.argmax(labels >= N_CLASSES))
        raise ValueError(f"has label {labels[bad]} in record {bad}; labels are 0 to {N_CLASSES - 1}")
    return records[:, 1:], labels


def read_dataset(dataset: NamedDataset, files: Files) -> DatasetContent:
    """The data set of one archive: five files for training and one for testing, of as many images each."""

    def read_archive(path: Path, file: PublishedFile) -> Arrays:
        total = (len(TRAINING_MEMBERS) + 1) * dataset.test_samples * RECORD_BYTES
        with files.progress(total, f"{dataset.title}: reading {file.name}") as progress:
            return read_cifar10_archive(path, file, dataset.test_samples, progress.advance)

    arrays, file = files.get("archive", read_archive, LARGEST_ARCHIVE)
    return DatasetContent(arrays, file.variant)


def read_cifar10_archive(
    path: Path, expected: PublishedFile, records_per_file: int, advance: Callable[[int], None] | None = None
) -> dict[str, Pixels]:
    """Read and verify one archive of CIFAR-10.

    The checksum of the archive is compared before anything in it is looked at.

    Parameters
    ----------
    path
        The archive.
    expected
        Checksum it must have.
    records_per_file
        Images in each of the six members (10000 in the published archive).
    advance
        Called with the number of bytes of each member that has been read.

    Returns
    -------
    dict
        x_train (5 n, 3072), y_train (5 n,), x_test (n, 3072), y_test (n,), all uint8, with n = `records_per_file`;
        training images in the order of the five training files.

    Raises
    ------
    ValueError
        If the checksum differs, the archive is damaged, or it holds anything but the expected plain files (links,
        devices, absolute or parent paths, members missing, twice or of another size). The message continues a
        sentence that begins with the name of the archive.
    OSError
        If it cannot be read.
    """
    verify_file(path, expected)
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        stream: Compressed
        if path.name.endswith(".xz"):
            stream = stack.enter_context(lzma.LZMAFile(file))
        else:
            stream = stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))
        try:
            return _assemble(stream_members(stream, records_per_file), records_per_file, advance or (lambda _: None))
        except (tarfile.TarError, EOFError) as error:
            raise ValueError(f"is truncated or not a tar archive ({error})") from error
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
            raise ValueError(f"is not properly compressed ({error})") from error


class _Bounded(io.RawIOBase):
    """Reads a decompressed stream and refuses to go past a number of bytes."""

    def __init__(self, stream: Compressed, limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Next bytes, at most `size` of them."""
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        content = self._stream.read(wanted)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError(f"is refused: it decompresses to more than {self._limit} bytes")
        return content


def stream_members(stream: Compressed, n_records: int) -> Iterator[tuple[str, Pixels, Pixels]]:
    """The files of records in a tar archive, in the order in which the archive has them.

    Parameters
    ----------
    stream
        The decompressed archive; not read past the bytes that six files of records and their text files take.
    n_records
        Number of images in each file.

    Yields
    ------
    name : str
        ``"data_batch_1.bin"`` to ``"data_batch_5.bin"`` or ``"test_batch.bin"``, each at most once.
    x, y : ndarray of uint8, shapes (n_records, 3072) and (n_records,)

    Raises
    ------
    ValueError
        At a member that does not belong in such an archive.
    tarfile.TarError
        If it is not a tar archive.
    """
    wanted = (*TRAINING_MEMBERS, TEST_MEMBER)
    seen: set[str] = set()
    bounded = _Bounded(stream, len(wanted) * n_records * RECORD_BYTES + OTHER_BYTES)
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for count, member in enumerate(archive, start=1):
            if count > MOST_MEMBERS:
                raise ValueError(f"is refused: it has more than {MOST_MEMBERS} members, the published one has nine")
            _check_member(member)
            name = PurePosixPath(member.name).name
            if member.isdir() or name not in wanted:
                continue
            if name in seen:
                raise ValueError(f"is refused: it has {name} twice")
            seen.add(name)
            if member.size != n_records * RECORD_BYTES:
                raise ValueError(
                    f"is refused: it declares {member.size} bytes for {name}, {n_records} records have "
                    f"{n_records * RECORD_BYTES}"
                )
            content = archive.extractfile(member)
            assert content is not None  # plain files have content; all others were refused above
            try:
                x, y = parse_records(content.read(), n_records)
            except ValueError as error:
                raise ValueError(f"holds {name}, which {error}") from error
            yield name, x, y


def _assemble(
    members: Iterator[tuple[str, Pixels, Pixels]], n: int, advance: Callable[[int], None]
) -> dict[str, Pixels]:
    arrays = {
        "x_train": np.empty((len(TRAINING_MEMBERS) * n, N_PIXELS), dtype=np.uint8),
        "y_train": np.empty(len(TRAINING_MEMBERS) * n, dtype=np.uint8),
        "x_test": np.empty((n, N_PIXELS), dtype=np.uint8),
        "y_test": np.empty(n, dtype=np.uint8),
    }
    missing = [*TRAINING_MEMBERS, TEST_MEMBER]
    for name, x, y in members:
        missing.remove(name)
        part = "test" if name == TEST_MEMBER else "train"
        first = 0 if name == TEST_MEMBER else TRAINING_MEMBERS.index(name) * n
        arrays[f"x_{part}"][first : first + n] = x
        arrays[f"y_{part}"][first : first + n] = y
        advance(n * RECORD_BYTES)
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    return arrays


def _check_member(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name:
        raise ValueError(f"is refused: its member {member.name!r} points outside of the archive")
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        raise ValueError(f"is refused: its member {member.name!r} is neither a plain file nor a folder")
