"""Checksums of files against the published ones of the text abc (RFC 1321; FIPS 180-4)."""

from __future__ import annotations

import pytest

from fisher_spectra.common.digests import digest_of_file, sha256_of_file

SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def abc(tmp_path):
    (tmp_path / "abc").write_text("abc")
    return tmp_path / "abc"


def test_the_digest_of_a_file_is_sha256(abc):
    assert sha256_of_file(abc) == SHA256


def test_the_algorithm_can_be_named(abc):
    assert digest_of_file(abc, "md5") == "900150983cd24fb0d6963f7d28e17f72"
    assert digest_of_file(abc, "sha256") == SHA256
