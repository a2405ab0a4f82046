"""Names of tests are the same in every process that collects them."""

from __future__ import annotations

import gzip

import pytest


def test_names_do_not_hold_the_second_in_which_a_parameter_was_packed(pytestconfig):
    def name(val: bytes) -> object:
        return pytestconfig.hook.pytest_make_parametrize_id(config=pytestconfig, val=val, argname="content")

    packed = [gzip.compress(b"a,b", mtime=second) for second in (1, 2)]
    assert packed[0] != packed[1]
    assert name(packed[0]) == name(packed[1]) == f"{len(packed[0])} bytes"
    assert name(b"no gzip") is None, "text is left to pytest, which writes it out"


@pytest.mark.parametrize("content", [b"\x1f\x8b"])
def test_bytes_that_are_no_text_are_named_by_their_number(request, content):
    assert request.node.name.endswith("[2 bytes]")
