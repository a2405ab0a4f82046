"""How far a run is, in words and as a small file that others can read while it goes on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STATE_FILE = Path(".snakemake") / "run_state.json"
SHOWN = 3  # running jobs that are named in a line


@dataclasses.dataclass(frozen=True)
class RunState:
    """How far a run is.

    Attributes
    ----------
    host, process, process_began
        Where the run is at work, so that another process can tell whether it still is. Times are seconds since 1970.
    began, written, ended
        When the run began, when this was written, and when the run ended (None while it is at work).
    total, done, failed
        Jobs of the run, those that are done, and those that failed for good. The total is 0 before it is known.
    left
        Seconds until the run will be over, by its estimates; None before they are known.
    running
        Name of each running job (on a cluster: in the queue or running), the oldest first, and when it began.
    log
        Snakemake's log with every detail; None before it is known.
    queued
        Whether jobs run on a cluster, where one that has begun may still wait in the queue.
    """

    host: str
    process: int
    process_began: float
    began: float
    written: float
    ended: float | None = None
    total: int = 0
    done: int = 0
    failed: int = 0
    left: float | None = None
    running: tuple[tuple[str, float], ...] = ()
    log: str | None = None
    queued: bool = False


def write_state(state: RunState, file: Path) -> None:
    """Write a state so that readers find it whole. Nobody else may write there.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps(dataclasses.asdict(state)) + "\n", encoding="utf-8")
    new.replace(file)


def read_state(file: Path) -> RunState | None:
    """The state that the last run left, or that a run under way keeps; None if there is none that can be read."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        running = tuple((str(name), float(since)) for name, since in record.pop("running"))
        state = RunState(**record, running=running)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return state if _is_state(state) else None


def _is_state(state: RunState) -> bool:
    """Whether every field is of its kind: the file may be another version's, or damaged."""
    numbers: Sequence[Any] = (state.process_began, state.began, state.written, state.ended or 0.0, state.left or 0.0)
    whole: Sequence[Any] = (state.process, state.total, state.done, state.failed)
    texts: Sequence[Any] = (state.host, state.log or "")
    return (
        all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers)
        and all(isinstance(number, int) and not isinstance(number, bool) for number in whole)
        and all(isinstance(text, str) for text in texts)
        and isinstance(state.queued, bool)
    )


def roughly(seconds: float) -> str:
    """A time that is only estimated, in words that promise no more: minutes, from ten on in steps of five, hours."""
    minutes = seconds / 60
    if minutes < 0.75:
        return "less than a minute"
    if minutes < 10:
        return f"about {round(minutes)} min"
    steps = 5 * round(minutes / 5)
    if steps < 60:
        return f"about {steps} min"
    hours, rest = divmod(steps, 60)
    return f"about {hours} h" if hours >= 10 or not rest else f"about {hours} h {rest} min"


def counts(state: RunState) -> str:
    """How many jobs are done."""
    if not state.total:
        return "finding out what there is to do"
    return f"{state.done} of {state.total} jobs done" + (f", {state.failed} failed" if state.failed else "")


def headline(state: RunState) -> str:
    """How many jobs are done, and how long the others will take if the run is at work."""
    left = None if state.ended is not None else state.left
    return counts(state) + (f", {roughly(left)} left" if left is not None else "")


def sentence(state: RunState) -> str:
    """One line on how far a run is, with what runs now."""
    if not state.running:
        return headline(state)
    names = ", ".join(name for name, _ in state.running[:SHOWN])
    more = f" and {len(state.running) - SHOWN} more" if len(state.running) > SHOWN else ""
    return f"{headline(state)}; {'in the queue or running' if state.queued else 'now'}: {names}{more}"
