"""The IDX format of MNIST and of the data sets that were made to replace it.

Layout (all integers big-endian): two zero bytes, one byte for the type of the values (0x08: unsigned byte), one byte
for the number of dimensions d, then d four-byte dimensions, then the values in C order, and nothing after them.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fisher_spectra.datasets.readers import ROLES, DatasetContent, Files
from fisher_spectra.datasets.registry import NamedDataset, PublishedFile
from fisher_spectra.datasets.verification import compare, verify_file

UNSIGNED_BYTE = 0x08
GZIP_MAGIC = b"\x1f\x8b"
GZIP_OVERHEAD = 1 << 16  # bytes by which gzip may lengthen incompressible data of the sizes at hand


def parse_idx(content: bytes) -> npt.NDArray[np.uint8]:
    """Array that an IDX file of unsigned bytes holds.

    Parameters
    ----------
    content
        The whole uncompressed file.

    Returns
    -------
    ndarray of uint8
        With the dimensions the file declares; a copy, writable.

    Raises
    ------
    ValueError
        If the magic number, the type, the dimensions or the exact length are not those of such a file.
    """
    if len(content) < 4:
        raise ValueError(f"has {len(content)} bytes, fewer than the four of an IDX magic number")
    zeros, kind, n_dimensions = content[:2], content[2], content[3]
    if zeros != b"\0\0":
        raise ValueError(f"is not an IDX file: it begins with {content[:16]!r}")
    if kind != UNSIGNED_BYTE:
        raise ValueError(f"has values of IDX type 0x{kind:02x}; only unsigned bytes (0x08) are read")
    if n_dimensions == 0:
        raise ValueError("declares no dimensions")
    header = 4 + 4 * n_dimensions
    if len(content) < header:
        raise ValueError(f"ends within the {n_dimensions} dimensions of its header")
    shape = tuple(int(entry) for entry in np.frombuffer(content, dtype=">u4", count=n_dimensions, offset=4))
    expected = header + math.prod(shape)
    if len(content) != expected:
        size = " x ".join(map(str, shape))
        raise ValueError(f"has {len(content)} bytes; an IDX file of {size} values has {expected}")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def read_dataset(dataset: NamedDataset, files: Files) -> DatasetContent:
    """A data set of four IDX files: samples and labels for training and for testing."""
    arrays = {}
    for role in ROLES:
        shape = dataset.shape(role)

        def read_file(path: Path, file: PublishedFile, shape: tuple[int, ...] = shape) -> npt.NDArray[np.uint8]:
            return read_idx_file(path, file, shape)

        arrays[role], _ = files.get(role, read_file, _uncompressed_bytes(shape) + GZIP_OVERHEAD)
    return DatasetContent(arrays)


def read_idx_file(path: Path, expected: PublishedFile, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read and verify one published IDX file, compressed or not.

    At most one byte more than the published length is ever decompressed, whatever the file declares.

    Parameters
    ----------
    path
        The file; the first bytes say whether it is compressed, not its name.
    expected
        Its checksum, of the file or of its content. One of the file is compared before anything is decompressed, and
        admits no other compression.
    shape
        Dimensions it must declare.

    Returns
    -------
    ndarray of uint8, of that shape

    Raises
    ------
    ValueError
        If the file is neither gzip nor IDX, is truncated, has other dimensions or another checksum. The message
        continues a sentence that begins with the name of the file.
    OSError
        If it cannot be read.
    """
    verify_file(path, expected)
    limit = _uncompressed_bytes(shape)
    with path.open("rb") as file:
        content = _gunzip(file, limit) if file.peek(2)[:2] == GZIP_MAGIC else file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"holds more than the {limit} bytes of the published file")
    values = parse_idx(content)
    if values.shape != shape:
        raise ValueError(f"holds an array of shape {values.shape}; the published one has {shape}")
    if expected.checksum.of == "content":
        compare(hashlib.new(expected.checksum.algorithm, content).hexdigest(), expected.checksum, "has content of")
    return values


def _uncompressed_bytes(shape: tuple[int, ...]) -> int:
    """Exact length of the uncompressed content: magic number, dimensions, values."""
    return 4 + 4 * len(shape) + math.prod(shape)


def _gunzip(file: BinaryIO, limit: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as stream:
            return stream.read(limit + 1)
    except EOFError as error:
        raise ValueError("is truncated: its gzip stream ends too early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"is a damaged gzip file ({error})") from error
