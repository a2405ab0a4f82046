"""Whether a file is the published one."""

from __future__ import annotations

from pathlib import Path

from fisher_spectra.common.digests import digest_of_file
from fisher_spectra.datasets.registry import Checksum, PublishedFile

_NAMES = {"md5": "MD5", "sha256": "SHA-256"}


def verify_file(path: Path, expected: PublishedFile) -> None:
    """Compare the checksum of a file as it is published; one of its content alone is left to who decompresses it.

    Raises
    ------
    ValueError
        If it differs. The message continues a sentence that begins with the name of the file.
    OSError
        If the file cannot be read.
    """
    checksum = expected.checksum
    if checksum.of == "file":
        compare(digest_of_file(path, checksum.algorithm), checksum, f"has {path.stat().st_size} bytes and")


def compare(digest: str, checksum: Checksum, found: str) -> None:
    """Refuse another digest than the published one; `found` begins the message: what has this digest.

    Raises
    ------
    ValueError
        With both digests.
    """
    if digest != checksum.digest:
        raise ValueError(f"{found} {_NAMES[checksum.algorithm]} {digest}; the published one is {checksum.digest}")
