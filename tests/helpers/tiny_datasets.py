"""Small data sets in the published formats, made up for the tests, with everything that can be wrong with them."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
import tarfile
from typing import Literal

import numpy as np

from fisher_spectra.datasets.registry import Checksum, NamedDataset, PublishedFile
from fisher_spectra.datasets.variants import JPEG_MIRROR

RECORDS = 3  # images in each file of the tiny CIFAR-10


def idx_bytes(values: np.ndarray) -> bytes:
    """The IDX file of an array of unsigned bytes, field by field as the format is described."""
    header = b"\x00\x00\x08" + bytes([values.ndim])
    return header + b"".join(struct.pack(">I", side) for side in values.shape) + values.tobytes()


def tiny_idx(
    seed: int = 0, algorithm: Literal["md5", "sha256"] = "sha256", of: Literal["file", "content"] = "content"
) -> tuple[NamedDataset, dict[str, np.ndarray], dict[str, bytes]]:
    """A data set of 7 training and 4 test images of 5 x 3 pixels: description, arrays, compressed files.

    Its checksums are those of the content of its files, or of the compressed files.
    """
    rng = np.random.default_rng(seed)
    arrays = {
        "x_train": rng.integers(0, 256, (7, 5, 3), dtype=np.uint8),
        "y_train": rng.integers(0, 10, 7, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (4, 5, 3), dtype=np.uint8),
        "y_test": rng.integers(0, 10, 4, dtype=np.uint8),
    }
    names = {"x_train": "train-x.gz", "y_train": "train-y.gz", "x_test": "test-x.gz", "y_test": "test-y.gz"}
    packed = {role: gzip.compress(idx_bytes(values)) for role, values in arrays.items()}
    verified = packed if of == "file" else {role: idx_bytes(values) for role, values in arrays.items()}
    files = {
        role: (PublishedFile(names[role], Checksum(algorithm, digest_of(verified[role], algorithm), of, "the tests")),)
        for role in arrays
    }
    description = NamedDataset(
        name="tiny",
        title="Tiny",
        training_samples=7,
        test_samples=4,
        image_shape=(5, 3),
        classes=10,
        reader="fisher_spectra.datasets.idx:read_dataset",
        files=files,
        addresses=("http://127.0.0.1:9/",),
        folders=("tiny", "Tiny/raw"),
    )
    return description, arrays, {names[role]: packed[role] for role in arrays}


def digest_of(content: bytes, algorithm: str) -> str:
    """Checksum of bytes, in hexadecimal."""
    return hashlib.new(algorithm, content).hexdigest()


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


def tiny_cifar(original: bytes, jpeg: bytes) -> NamedDataset:
    """Description of a data set with these two archives as its accepted ones."""
    archives = (
        PublishedFile("tiny.tar.gz", Checksum("md5", digest_of(original, "md5"), "file", "the tests")),
        PublishedFile(
            "tiny-jpeg.tar.xz",
            Checksum("sha256", digest_of(jpeg, "sha256"), "file", "the tests"),
            variant=JPEG_MIRROR,
            downloadable=False,
        ),
    )
    return NamedDataset(
        name="tinycifar",
        title="Tiny CIFAR",
        training_samples=5 * RECORDS,
        test_samples=RECORDS,
        image_shape=(3, 32, 32),
        classes=10,
        reader="fisher_spectra.datasets.cifar10:read_dataset",
        files={"archive": archives},
        addresses=("http://127.0.0.1:9/",),
        folders=("cifar",),
    )


def both_archives(seed: int = 0) -> tuple[bytes, bytes]:
    """The tiny archive as .tar.gz and, with other pixels, as .tar.xz."""
    return gzip.compress(tiny_archive(seed=seed)), lzma.compress(tiny_archive(seed=seed + 1))
