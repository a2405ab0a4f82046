"""What a job prints goes to the terminal and to its log."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


class _Tee(io.TextIOBase):
    """Text stream that writes to the terminal and to the log; a log that cannot be written stops nothing."""

    def __init__(self, terminal: TextIO, log: TextIO) -> None:
        self._terminal = terminal
        self._log = log

    def write(self, text: str, /) -> int:
        self._terminal.write(text)
        self._terminal.flush()
        with contextlib.suppress(OSError):
            self._log.write(text)
            self._log.flush()
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()


@contextlib.contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """Write standard error to `file` too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    log = file.open("w", encoding="utf-8")
    try:
        with contextlib.redirect_stderr(_Tee(sys.stderr, log)):
            yield
    finally:
        with contextlib.suppress(OSError):  # what a full disk did not take
            log.close()
