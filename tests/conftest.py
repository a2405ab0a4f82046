"""What all tests share: machine code of compiled loops, which copies of the repository would compile again each; and
names of tests that are the same in every process."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / "src" / "fisher_spectra" / "__pycache__"))


def pytest_make_parametrize_id(val: object) -> str | None:
    """The part of a test's name that stands for a parameter; None leaves it to pytest.

    Bytes that are no text are named by their number: pytest would write them out, packed bytes hold the second in which
    they were packed, and where two processes that collect the same tests name them differently, none runs.
    """
    if isinstance(val, bytes) and not (val.isascii() and val.decode("ascii").isprintable()):
        return f"{len(val)} bytes"
    return None
