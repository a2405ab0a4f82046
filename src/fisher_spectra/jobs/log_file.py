"""What a job prints goes to the terminal and to its log, or to its log alone."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

LOG_ONLY = "FISHER_SPECTRA_LOG_ONLY"  # environment variable: jobs write to their logs alone


class _Tee(io.TextIOBase):
    """Text stream that writes to the terminal and to the log; a log that cannot be written stops nothing.

    With `log_only` the terminal gets only what the log does not take.
    """

    def __init__(self, terminal: TextIO, log: TextIO, *, log_only: bool) -> None:
        self._terminal = terminal
        self._log = log
        self._log_only = log_only

    def write(self, text: str, /) -> int:
        logged = False
        with contextlib.suppress(OSError):
            self._log.write(text)
            self._log.flush()
            logged = True
        if not (logged and self._log_only):
            self._terminal.write(text)
            self._terminal.flush()
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()


@contextlib.contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """Write standard error to `file` too, or to `file` alone where the environment has LOG_ONLY."""
    file.parent.mkdir(parents=True, exist_ok=True)
    log = file.open("w", encoding="utf-8")
    try:
        with contextlib.redirect_stderr(_Tee(sys.stderr, log, log_only=LOG_ONLY in os.environ)):
            yield
    finally:
        with contextlib.suppress(OSError):  # what a full disk did not take
            log.close()
