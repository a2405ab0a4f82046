"""Shows how far a run is: one line that is rewritten on a terminal, a plain line now and then anywhere else."""

from __future__ import annotations

import contextlib
import os
from typing import TextIO

from fisher_spectra.common.progress import duration
from fisher_spectra.workflow.run_state import RunState, counts, sentence

# Least number of seconds between two plain lines, and the time after which one is written though nothing has changed.
# Six lines a minute can be read as they come; a log without any for ten minutes looks like a run that hangs. In between
# a line comes when the run is a twentieth older than at the last: twenty in three minutes, hundred in seven hours.
LEAST_SECONDS, MOST_SECONDS = 10.0, 600.0
SHARE_OF_AGE = 0.05
ERASE_LINE = "\r\x1b[K"
USUAL_COLUMNS = 80  # of a terminal that does not say


def is_terminal(stream: TextIO) -> bool:
    """Whether lines can be rewritten there."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class RunDisplay:
    """Writes to a stream how far a run is. A stream that can no longer be written is left alone.

    Parameters
    ----------
    stream
        Where to write, usually standard error.
    terminal
        Whether the last line can be rewritten; nothing but whole lines without control characters is written otherwise.
    """

    def __init__(self, stream: TextIO, *, terminal: bool) -> None:
        self._stream = stream
        self._terminal = terminal
        self._line = ""  # what stands in the last line of the terminal
        self._last: RunState | None = None  # what the last plain line said

    def say(self, text: str) -> None:
        """Write a message, above the line that is rewritten."""
        self._write(f"{ERASE_LINE if self._line else ''}{text}\n{self._line}")

    def show(self, state: RunState) -> None:
        """Write how far the run is, if it is time to."""
        if state.ended is not None or not state.total:
            return
        if self._terminal:
            self._rewrite(sentence(state))
        elif self._is_time(state):
            self._last = state
            self._write(sentence(state) + "\n")

    def end(self, state: RunState) -> None:
        """Write how the run has ended."""
        if self._line:
            self._line = ""
            self._write(ERASE_LINE)
        if state.total and state.ended is not None:
            self._write(f"{counts(state)} in {duration(state.ended - state.began)}\n")

    def _is_time(self, state: RunState) -> bool:
        if self._last is None:
            return True
        since = state.written - self._last.written
        changed = (state.done, state.failed) != (self._last.done, self._last.failed)
        least = max(LEAST_SECONDS, SHARE_OF_AGE * (self._last.written - state.began))
        return since >= MOST_SECONDS or (changed and since >= least)

    def _rewrite(self, line: str) -> None:
        columns = USUAL_COLUMNS
        with contextlib.suppress(OSError, ValueError):
            columns = os.get_terminal_size(self._stream.fileno()).columns or USUAL_COLUMNS
        line = line if len(line) < columns else line[: max(columns - 4, 0)] + "..."
        if line != self._line:
            self._line = line
            self._write(ERASE_LINE + line)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a closed pipe or stream
            self._stream.write(text)
            self._stream.flush()
