"""Checksums of files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def digest_of_file(path: str | os.PathLike[str], algorithm: str) -> str:
    """Checksum of a file's content, in hexadecimal; `algorithm` is a name of hashlib's, such as ``"md5"``."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def sha256_of_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    return digest_of_file(path, "sha256")
