"""One candidate in a process of its own: it answers each line on its standard input with one line of JSON.

The first line is the candidate (`subject`, `candidate`, `settings`, `file`). `turn` asks for a turn: the call is
repeated until it has taken long enough to be timed. The result of the first turn goes to the file, its peak memory
into the answer. Time is that of the processor, user and system, of this process and of those it has started and
waited for, so that other work on the machine disturbs it little; one core is all it has, so that libraries with
threads of their own get no more than the others.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from peak_memory import peak_resident, start_of_peak

from benchmark_page.comparison import Array, Prepared

LEAST_SECONDS = 0.2  # of a turn: beside it the resolution of the clock, a microsecond, is nothing
# Calls of less than this begin a turn untimed: what a process has not used while others had their turns may have to be
# fetched again, by the caches or by a host that lent the memory to others. Without, one call took 113 to 295 ms.
WARM_SECONDS = 1.0
PAGE_BYTES = 4096  # of memory, most processors have


def processor_seconds() -> float:
    """User and system time of this process and of all its children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def turn(
    prepared: Prepared, least: float = LEAST_SECONDS, *, warm: bool = False
) -> tuple[dict[str, float], Array | None]:
    """Seconds of a call: of the processor and of the clock on the wall; and what the last call gave.

    The first call is not timed if it is to `warm` up.
    """
    if warm:
        prepared.call()
    wall, start, calls = time.perf_counter(), processor_seconds(), 0
    while calls == 0 or (processor_seconds() - start < least and time.perf_counter() - wall < 2 * least):
        result = prepared.call()
        calls += 1
    whole = calls * prepared.part
    return {"cpu_s": (processor_seconds() - start) / whole, "wall_s": (time.perf_counter() - wall) / whole}, result


def prepare(task: dict[str, Any]) -> Prepared:
    """The candidate of a task."""
    subject = importlib.import_module(f"benchmark_page.subjects.{task['subject']}")
    prepared: Prepared = subject.prepare(task["candidate"], task["settings"])
    return prepared


def first_turn(prepared: Prepared, file: Path) -> dict[str, float]:
    """One call, with its peak memory; its result goes to the file."""
    give_back_free_memory()
    before = start_of_peak()
    answer, result = turn(prepared, least=0.0)
    answer["peak_bytes"] = float("nan") if prepared.in_children else max(peak_resident() - before, 0)
    if result is not None:
        np.save(file, np.asarray(result, dtype=np.float64))
    return answer


def have_memory_given(size: float) -> None:
    """Write to so many bytes and free them: a virtual machine may take seconds for what its host has not given yet."""
    memory = np.empty(int(size), dtype=np.uint8)
    memory[::PAGE_BYTES] = 1


def give_back_free_memory() -> None:
    """What was freed goes back to the system, where the C library can: the call would take it again unseen."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def main() -> None:
    with contextlib.suppress(AttributeError):  # macOS has no affinity
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    task = json.loads(sys.stdin.readline())

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    try:
        prepared = prepare(task)
    except ImportError as error:
        say({"absent": error.name or str(error)})
        return
    say({"work": prepared.work, "compile_s": prepared.compiled})
    short: bool | None = None  # not known yet
    peak = 0.0
    for _ in sys.stdin:
        if short is None:
            answer = first_turn(prepared, Path(task["file"]))
            short = answer["wall_s"] * prepared.part < WARM_SECONDS
            peak = answer["peak_bytes"]
        else:
            if not short and peak > 0:  # a number where the call is not in children
                have_memory_given(peak)
            answer = turn(prepared, warm=short)[0]
        say(answer)


if __name__ == "__main__":
    main()
