"""Progress of long work, one readable line at a time."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol, Self, TextIO

INTERVAL = 5.0  # seconds between lines: lively on a terminal, twelve lines a minute in a log


class ProgressCounter(Protocol):
    """What long work needs of `Progress`."""

    def advance(self, units: float = 1, note: str = "") -> None:
        """Record that `units` more are done."""


def duration(seconds: float) -> str:
    """A time in words: seconds, minutes with seconds, or hours with minutes."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Progress:
    """Counts units of work and says how far it is and how long it will take.

    Several jobs may write to one terminal at a time, so every message is a line of its own that names its
    job; there is no bar that another job could tear. Work that ends within one interval prints nothing.

    Parameters
    ----------
    total
        Number of units (samples, cells, steps, bytes); nothing if it is not known before.
    label
        Name of the work, e.g. ``"karakida_fig2 tanh M=256"``.
    stream
        Where the lines go; standard error if not given.
    interval
        Least number of seconds between two lines.
    """

    def __init__(
        self, total: float | None, label: str, stream: TextIO | None = None, *, interval: float = INTERVAL
    ) -> None:
        self.total = total
        self.label = label
        self.done = 0.0
        self._stream = stream
        self._interval = interval
        self._start = self._last = time.monotonic()
        self._printed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._printed and kind is None:
            self._print(f"done in {duration(time.monotonic() - self._start)}")

    def advance(self, units: float = 1, note: str = "") -> None:
        """Record that `units` more are done; `note` is appended to the next line."""
        self.done += units
        now = time.monotonic()
        if now - self._last < self._interval:
            return
        self._last = now
        if self.total is None:
            self._print(f"{self.done:g}{' ' + note if note else ''} so far")
            return
        share = self.done / self.total if self.total > 0 else 1.0
        elapsed = now - self._start
        left = f", about {duration(elapsed * (1 - share) / share)} left" if 0 < share < 1 else ""
        self._print(f"{share:4.0%}{left}{'  ' + note if note else ''}")

    def _print(self, text: str) -> None:
        self._printed = True
        print(f"{self.label}: {text}", file=self._stream or sys.stderr, flush=True)
