"""What all tests share: machine code of compiled loops, which copies of the repository would compile again each; names
of tests that are the same in every process; and arithmetic that no test leaves changed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / "src" / "fisher_spectra" / "__pycache__"))

gc.disable()  # nothing of what is imported and collected can be thrown away


def pytest_collection_finish() -> None:
    """Look for garbage from now on, and not among what was imported and collected."""
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val: object) -> str | None:
    """The part of a test's name that stands for a parameter; None leaves it to pytest.

    Bytes that are no text are named by their number: pytest would write them out, packed bytes hold the second in which
    they were packed, and where two processes that collect the same tests name them differently, none runs.
    """
    if isinstance(val, bytes) and not (val.isascii() and val.decode("ascii").isprintable()):
        return f"{len(val)} bytes"
    return None


@pytest.fixture(autouse=True)
def arithmetic_is_left_as_it_was() -> Iterator[None]:
    """Fail the test after which numbers below the smallest normal one count as zero, not those that come after it.

    A library built with ``-ffast-math`` sets this for the whole process when it is loaded.
    """
    yield
    assert sys.float_info.min / 2 > 0, "subnormal numbers are flushed to zero from this test on"
