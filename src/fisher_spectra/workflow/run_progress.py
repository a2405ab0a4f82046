"""Follows a run from one event to the next: which jobs are done, failed or running, and how long the rest will take."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fisher_spectra.workflow.jobs_ahead import PLACES, RunAhead
from fisher_spectra.workflow.run_state import RunState
from fisher_spectra.workflow.time_left import time_left

# Seconds for which an estimate of the time left is kept while nothing ends: laying out a thousand jobs takes 0.1 s.
KEPT_SECONDS = 10.0


@dataclass
class RunProgress:
    """How far a run is. Times are seconds since 1970.

    Jobs that are not among those ahead, such as targets that only name others, are left out of account.
    """

    state: RunState
    ahead: RunAhead | None = None
    _running: dict[int, float] = field(default_factory=dict)
    _measured: dict[int, float] = field(default_factory=dict)
    _failed: set[int] = field(default_factory=set)
    _left: tuple[float, float] | None = None  # when it was found out, and the seconds that were left then

    def begin(self, ahead: RunAhead, log: str | None = None) -> None:
        """Take note of what the run is about to do, and of the log with every detail."""
        self.ahead = ahead
        self.state = replace(self.state, total=len(ahead.jobs), queued=PLACES in ahead.shares, log=log)

    def is_counted(self, number: int) -> bool:
        """Whether a job is one of those that do something."""
        return self.ahead is not None and number in self.ahead.jobs

    def start(self, number: int, now: float) -> None:
        """A job has begun, or begins again."""
        if self.is_counted(number):
            self._running[number] = now
            self._failed.discard(number)

    def finish(self, number: int, now: float, seconds: float | None = None) -> None:
        """A job is done; it took so many seconds, or, if that is not known, the time since it began."""
        if self.is_counted(number):
            since = self._running.pop(number, now)
            self._measured[number] = now - since if seconds is None else seconds
            self._failed.discard(number)
            self._left = None

    def fail(self, number: int) -> None:
        """A job has failed; should it begin again, it counts as running."""
        if self.is_counted(number):
            self._running.pop(number, None)
            self._failed.add(number)
            self._left = None

    def end(self, now: float) -> None:
        """The run is over."""
        self.state = replace(self.now(now), ended=now, left=None, running=())

    def now(self, now: float) -> RunState:
        """How far the run is."""
        if self.state.ended is not None:
            return self.state
        names = tuple((self.ahead.jobs[n].name, since) for n, since in self._running.items()) if self.ahead else ()
        self.state = replace(
            self.state,
            written=now,
            done=len(self._measured),
            failed=len(self._failed),
            left=self._seconds_left(now),
            running=names,
        )
        return self.state

    def _seconds_left(self, now: float) -> float | None:
        if self.ahead is None:
            return None
        if self._left is None or now - self._left[0] > KEPT_SECONDS:
            running = {number: max(now - since, 0.0) for number, since in self._running.items()}
            left = time_left(self.ahead, measured=self._measured, running=running, failed=self._failed)
            self._left = (now, left)
        return max(self._left[1] - (now - self._left[0]), 0.0)
