"""Small data sets in the published formats, made up for the tests, with everything that can be wrong with them."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
import tarfile

import numpy as np

from fisher_spectra.datasets.registry import Cifar10Archive, Cifar10Dataset, IdxDataset, IdxFile

RECORDS = 3  # images in each file of the tiny CIFAR-10


def idx_bytes(values: np.ndarray) -> bytes:
    """The IDX file of an array of unsigned bytes, field by field as the format is described."""
    header = b"\x00\x00\x08" + bytes([values.ndim])
    return header + b"".join(struct.pack(">I", side) for side in values.shape) + values.tobytes()


def tiny_idx(seed: int = 0) -> tuple[IdxDataset, dict[str, np.ndarray], dict[str, bytes]]:
    """A data set of 7 training and 4 test images of 5 x 3 pixels: description, arrays, compressed files."""
    rng = np.random.default_rng(seed)
    arrays = {
        "x_train": rng.integers(0, 256, (7, 5, 3), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 7, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (4, 5, 3), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 4, dtype=np.uint8),
    }
    names = {"x_train": "train-x.gz", "y_train": "train-y.gz", "x_test": "test-x.gz", "y_test": "test-y.gz"}
    files = {
        role: IdxFile(names[role], hashlib.sha256(idx_bytes(values)).hexdigest(), values.shape)
        for role, values in arrays.items()
    }
    description = IdxDataset("tiny", "Tiny", ("http://127.0.0.1:9/",), ("tiny", "Tiny/raw"), files)
    return description, arrays, {names[role]: gzip.compress(idx_bytes(arrays[role])) for role in arrays}


def cifar_members(seed: int = 0) -> dict[str, bytes]:
    """The six files of records and a text file, by their paths in the archive."""
    rng = np.random.default_rng(seed)
    names = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]
    members = {}
    for name in names:
        records = rng.integers(0, 256, (RECORDS, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        members[f"cifar-10-batches-bin/{name}"] = records.tobytes()
    members["cifar-10-batches-bin/batches.meta.txt"] = b"airplane\n"
    return members


def plain_member(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """A plain file for `tar_bytes`."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def tar_bytes(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """An uncompressed tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tiny_archive(extra: list[tuple[tarfile.TarInfo, bytes]] | None = None, seed: int = 0) -> bytes:
    """A whole tar archive in the layout of CIFAR-10, preceded by other members."""
    return tar_bytes([*(extra or []), *(plain_member(*member) for member in cifar_members(seed).items())])


def tiny_cifar(original: bytes, jpeg: bytes) -> Cifar10Dataset:
    """Description of a data set with these two archives as its accepted ones."""
    return Cifar10Dataset(
        name="tinycifar",
        title="Tiny CIFAR",
        addresses=("http://127.0.0.1:9/",),
        folders=("cifar",),
        archives=(
            Cifar10Archive("tiny.tar.gz", "md5", hashlib.md5(original).hexdigest(), "original", True),
            Cifar10Archive("tiny-jpeg.tar.xz", "sha256", hashlib.sha256(jpeg).hexdigest(), "jpeg mirror", False),
        ),
        records_per_file=RECORDS,
    )


def both_archives(seed: int = 0) -> tuple[bytes, bytes]:
    """The tiny archive as .tar.gz and, with other pixels, as .tar.xz."""
    return gzip.compress(tiny_archive(seed=seed)), lzma.compress(tiny_archive(seed=seed + 1))
