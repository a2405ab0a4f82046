"""Readers of the IDX format and of the binary version of CIFAR-10."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tiny_datasets import RECORDS, cifar_members, idx_bytes, plain_member, tar_bytes, tiny_archive

from fisher_spectra.datasets.cifar10 import parse_records, read_cifar10_archive
from fisher_spectra.datasets.idx import parse_idx, read_idx_file
from fisher_spectra.datasets.registry import Checksum, PublishedFile

VALUES = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)


def test_idx_file_of_three_dimensions_is_read_back():
    np.testing.assert_array_equal(parse_idx(idx_bytes(VALUES)), VALUES)


def test_idx_array_can_be_written_to():
    assert parse_idx(idx_bytes(VALUES)).flags.writeable


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\x00\x08", "fewer than the four"),
        (b"\x00\x01" + idx_bytes(VALUES)[2:], "is not an IDX file"),
        (b"<html>not found</html>", "is not an IDX file"),
        (b"\x00\x00\x0d" + idx_bytes(VALUES)[3:], "IDX type 0x0d"),
        (b"\x00\x00\x08\x00", "declares no dimensions"),
        (b"\x00\x00\x08\x03" + struct.pack(">II", 4, 3), "ends within the 3 dimensions"),
        (idx_bytes(VALUES)[:-1], "has 39 bytes; an IDX file of 4 x 3 x 2 values has 40"),
        (idx_bytes(VALUES) + b"\x00", "has 41 bytes"),
        (b"\x00\x00\x08\x04" + struct.pack(">IIII", *4 * [2**32 - 1]) + b"\x01", "an IDX file of"),
    ],
)
def test_idx_content_that_is_wrong_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        parse_idx(content)


def idx_file(content: bytes, of: str = "content") -> PublishedFile:
    return PublishedFile("x.gz", Checksum("sha256", hashlib.sha256(content).hexdigest(), of, "the tests"))


@pytest.mark.parametrize("packed", [True, False])
def test_idx_file_is_read_compressed_or_not_whatever_its_name(tmp_path, packed):
    content = idx_bytes(VALUES)
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content) if packed else content)
    np.testing.assert_array_equal(read_idx_file(path, idx_file(content), VALUES.shape), VALUES)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (gzip.compress(idx_bytes(VALUES))[:-9], "is truncated"),
        (gzip.compress(idx_bytes(VALUES))[:-8] + b"\x00" * 8, "is a damaged gzip file"),
        (gzip.compress(b"\x00" * 50_000_000, 1), "holds more than the 40 bytes"),
        (b"\x00" * 41, "holds more than the 40 bytes"),
        (b"<!DOCTYPE html><title>no</title>", "is not an IDX file"),
        (b"", "fewer than the four"),
        (idx_bytes(VALUES.reshape(4, 2, 3)), r"shape \(4, 2, 3\)"),
        (idx_bytes(VALUES + 1), "SHA-256"),
    ],
    ids=["truncated", "bad crc", "bomb", "long", "web page", "empty", "other shape", "other content"],
)
def test_idx_file_that_is_not_the_published_one_is_refused(tmp_path, stored, reason):
    path = tmp_path / "x.gz"
    path.write_bytes(stored)
    with pytest.raises(ValueError, match=reason):
        read_idx_file(path, idx_file(idx_bytes(VALUES)), VALUES.shape)


@pytest.mark.parametrize("packed", [True, False])
def test_no_more_of_an_idx_file_is_held_in_memory_than_it_may_have(tmp_path, packed):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(bytes(50_000_000), 1) if packed else bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="holds more than the 40 bytes"):
            read_idx_file(path, idx_file(idx_bytes(VALUES)), VALUES.shape)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_idx_file_whose_compressed_form_is_published_is_read_as_it_is_and_in_no_other_form(tmp_path):
    path, packed = tmp_path / "x.gz", gzip.compress(idx_bytes(VALUES))
    expected = idx_file(packed, of="file")
    path.write_bytes(packed)
    np.testing.assert_array_equal(read_idx_file(path, expected, VALUES.shape), VALUES)
    for other in (idx_bytes(VALUES), gzip.compress(idx_bytes(VALUES), 1)):
        path.write_bytes(other)
        with pytest.raises(ValueError, match=rf"has {len(other)} bytes and SHA-256 .*; the published one is"):
            read_idx_file(path, expected, VALUES.shape)


def test_cifar10_record_is_a_label_and_then_the_pixels():
    first = bytes([7]) + bytes(range(256)) * 12
    second = bytes([0]) + bytes(3072)
    x, y = parse_records(first + second, 2)
    np.testing.assert_array_equal(y, [7, 0])
    np.testing.assert_array_equal(x[0], np.tile(np.arange(256), 12))
    assert not x[1].any()


def test_cifar10_records_of_another_length_are_refused():
    with pytest.raises(ValueError, match="has 3072 bytes; 1 records of 3073 bytes have 3073"):
        parse_records(bytes(3072), 1)


def test_cifar10_label_10_is_refused():
    content = bytes(3073) + bytes([10]) + bytes(3072)
    with pytest.raises(ValueError, match="label 10 in record 1"):
        parse_records(content, 2)


def archive_file(folder: Path, content: bytes, packing: str = ".tar.gz") -> tuple[Path, PublishedFile]:
    """A file with its own checksum declared as the published one, so that only its structure can be refused."""
    path = folder / f"archive{packing}"
    path.write_bytes(content)
    return path, PublishedFile(path.name, Checksum("sha256", hashlib.sha256(content).hexdigest(), "file", "the tests"))


@pytest.mark.parametrize(("packing", "compress"), [(".tar.gz", gzip.compress), (".tar.xz", lzma.compress)])
def test_cifar10_archive_gives_the_records_of_its_members_in_order(tmp_path, packing, compress):
    members = cifar_members()
    shuffled = [plain_member(name, members[name]) for name in sorted(members, reverse=True)]
    path, expected = archive_file(tmp_path, compress(tar_bytes(shuffled)), packing)
    steps: list[int] = []
    arrays = read_cifar10_archive(path, expected, RECORDS, steps.append)
    training = b"".join(members[f"cifar-10-batches-bin/data_batch_{k}.bin"] for k in range(1, 6))
    for part, content in [("train", training), ("test", members["cifar-10-batches-bin/test_batch.bin"])]:
        records = np.array([list(content[i : i + 3073]) for i in range(0, len(content), 3073)])
        np.testing.assert_array_equal(arrays[f"y_{part}"], records[:, 0])
        np.testing.assert_array_equal(arrays[f"x_{part}"], records[:, 1:])
    assert sum(steps) == 6 * RECORDS * 3073


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


RECORD_FILE = "cifar-10-batches-bin/data_batch_1.bin"


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (plain_member("/tmp/evil", b"x"), "'/tmp/evil' points outside"),
        (plain_member("../evil", b"x"), "'../evil' points outside"),
        (plain_member("cifar-10-batches-bin/../../evil", b"x"), "points outside"),
        (plain_member("C:\\evil", b"x"), "points outside"),
        (special("link", tarfile.SYMTYPE, "/etc/passwd"), "'link' is neither a plain file nor a folder"),
        (special(RECORD_FILE, tarfile.SYMTYPE, "/etc/passwd"), "neither a plain file"),
        (special("hard", tarfile.LNKTYPE, "/etc/passwd"), "neither a plain file"),
        (special("pipe", tarfile.FIFOTYPE), "neither a plain file"),
        (special("disk", tarfile.BLKTYPE), "neither a plain file"),
        (plain_member(RECORD_FILE, bytes(RECORDS * 3073)), "has data_batch_1.bin twice"),
        (plain_member("elsewhere/test_batch.bin", bytes(RECORDS * 3073)), "has test_batch.bin twice"),
        (plain_member(RECORD_FILE, bytes(10)), "declares 10 bytes for data_batch_1.bin"),
        (plain_member(RECORD_FILE, b"\xff" * RECORDS * 3073), "data_batch_1.bin, which has label 255"),
        (plain_member("readme.html", bytes(30_000_000)), "decompresses to more than"),
        (plain_member("x" * 20_000_000, b""), "decompresses to more than"),
    ],
    ids=[
        "absolute path",
        "parent path",
        "parent path inside",
        "drive",
        "symbolic link",
        "symbolic link for records",
        "hard link",
        "pipe",
        "device",
        "member twice",
        "name twice in two folders",
        "wrong size",
        "wrong label",
        "bomb in a member",
        "bomb in a name",
    ],
)
def test_hostile_archive_is_refused_although_its_checksum_is_right(tmp_path, extra, reason):
    path, expected = archive_file(tmp_path, gzip.compress(tiny_archive([extra]), 1))
    with pytest.raises(ValueError, match=reason):
        read_cifar10_archive(path, expected, RECORDS)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_archive_with_a_member_of_a_huge_declared_size_is_refused_before_it_is_read(tmp_path):
    header = tarfile.TarInfo(RECORD_FILE)
    header.size = 1 << 40
    path, expected = archive_file(tmp_path, gzip.compress(header.tobuf()))
    with pytest.raises(ValueError, match=r"declares 1099511627776 bytes for data_batch_1\.bin"):
        read_cifar10_archive(path, expected, RECORDS)


def test_archive_of_very_many_members_is_refused(tmp_path):
    many = [plain_member(f"file{k}", b"") for k in range(40)]
    path, expected = archive_file(tmp_path, gzip.compress(tiny_archive(many)))
    with pytest.raises(ValueError, match="more than 32 members"):
        read_cifar10_archive(path, expected, RECORDS)


def test_archive_without_the_test_images_is_refused(tmp_path):
    members = [plain_member(*item) for item in cifar_members().items() if "test_batch" not in item[0]]
    path, expected = archive_file(tmp_path, gzip.compress(tar_bytes(members)))
    with pytest.raises(ValueError, match=r"lacks test_batch\.bin"):
        read_cifar10_archive(path, expected, RECORDS)


@pytest.mark.parametrize(
    ("content", "packing", "reason"),
    [
        (gzip.compress(tiny_archive())[:3000], ".tar.gz", "is truncated"),
        (gzip.compress(tiny_archive()[:30_000]), ".tar.gz", "is truncated"),
        (gzip.compress(b"no tar archive" * 100), ".tar.gz", "not a tar archive"),
        (b"<html>not found</html>", ".tar.gz", "is not properly compressed"),
        (b"<html>not found</html>", ".tar.xz", "is not properly compressed"),
        (lzma.compress(tiny_archive())[:3000], ".tar.xz", "is truncated"),
        (b"", ".tar.gz", "is truncated or not a tar archive"),
    ],
    # the content holds the time it was compressed at; the names of tests must not
    ids=["gz cut early", "gz cut late", "no archive", "page as gz", "page as xz", "xz cut", "empty"],
)
def test_archive_that_is_damaged_is_refused(tmp_path, content, packing, reason):
    path, expected = archive_file(tmp_path, content, packing)
    with pytest.raises(ValueError, match=reason):
        read_cifar10_archive(path, expected, RECORDS)


def test_archive_with_another_checksum_is_refused_before_it_is_opened(tmp_path):
    path, expected = archive_file(tmp_path, b"whatever")
    other = PublishedFile(expected.name, Checksum("md5", "0" * 32, "file", "the tests"))
    with pytest.raises(ValueError, match=r"has 8 bytes and MD5 .* the published one is 0000"):
        read_cifar10_archive(path, other, RECORDS)
