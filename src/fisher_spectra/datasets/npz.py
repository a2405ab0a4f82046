"""`.npz` files that are written the same each time and read without trust.

An `.npz` file is a zip archive of `.npy` arrays. Pickled objects are never loaded, and the memory for an array is only
claimed after its declared shape has been compared with the bytes that are there.
"""

from __future__ import annotations

import math
import tokenize
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.errors import UserError

_Read = TypeVar("_Read")

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time stamp a zip archive can hold
LARGEST_ARRAY = 16 << 30  # bytes; 100 times the training images of CIFAR-10


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays to an `.npz` file, atomically; the same arrays give the same bytes.

    Arrays are stored without compression and without time stamps, in the order given.

    Raises
    ------
    ValueError
        If an array holds Python objects.
    OSError
        If the file cannot be written; nothing is left behind then.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=ZIP_EPOCH)
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Every array of an `.npz` file.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, is not an `.npz` file, is damaged, holds Python objects, one name twice
        or declares arrays that are larger than the data in it.
    """
    return _each(path, _read_array)


def npz_sizes(path: Path) -> dict[str, tuple[tuple[int, ...], int]]:
    """Shape and bytes of every array of an `.npz` file, by its header: nothing else is read.

    Raises
    ------
    UserError
        As `read_npz`, as far as the headers tell.
    """
    return _each(path, _checked_header)


def _each(path: Path, read: Callable[[Path, zipfile.ZipFile, zipfile.ZipInfo], _Read]) -> dict[str, _Read]:
    """What `read` makes of every array, by name."""
    arrays: dict[str, _Read] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(".npy"):
                    continue
                name = entry.filename.removesuffix(".npy")
                if name in arrays:
                    raise UserError(f"{path}: holds the array {name!r} twice")
                arrays[name] = read(path, archive, entry)
    except UserError:
        raise
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except MemoryError as error:
        raise UserError(f"{path}: its arrays do not fit into memory") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or _line(error)})") from error
    # Whatever is wrong with the bytes: neither zipfile nor numpy says which exceptions damage raises, and it is many,
    # struct.error, zlib.error, NotImplementedError, UnicodeDecodeError, OverflowError among them.
    except Exception as error:
        raise UserError(f"{path}: not an .npz file, or a damaged one ({_line(error)})") from error
    return arrays


def _place(path: Path, entry: zipfile.ZipInfo) -> str:
    return f"{path}: array {entry.filename.removesuffix('.npy')!r}"


# what the header of an array raises, which Python's own parser and tokenizer read
_BAD_HEADER = (ValueError, TypeError, SyntaxError, RecursionError, tokenize.TokenError)


def _checked_header(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[tuple[int, ...], int]:
    """Shape and bytes of an array, compared with the bytes that are there."""
    place = _place(path, entry)
    try:
        with archive.open(entry) as stream:
            shape, dtype = _header(stream)
            header_bytes = stream.tell()
    except _BAD_HEADER as error:
        raise UserError(f"{place} is not a numpy array ({_line(error)})") from error
    if dtype.hasobject:
        raise UserError(f"{place} holds Python objects, which are never loaded; save numbers")
    size = math.prod(shape) * dtype.itemsize
    if size > LARGEST_ARRAY:
        raise UserError(f"{place} declares {size} bytes; at most {LARGEST_ARRAY} are read")
    if size != entry.file_size - header_bytes:
        raise UserError(f"{place} declares {size} bytes of values and holds {entry.file_size - header_bytes}")
    return shape, size


def _read_array(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    _checked_header(path, archive, entry)
    try:
        with archive.open(entry) as stream:
            array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except _BAD_HEADER as error:
        raise UserError(f"{_place(path, entry)} is not a numpy array ({_line(error)})") from error
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    with warnings.catch_warnings():  # of a header that Python reads and would not write
        warnings.simplefilter("error")
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
        else:  # version 3 differs by field names in Unicode, which plain numbers do not have
            raise ValueError(f"format version {version[0]}.{version[1]}")
    return shape, dtype


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
