"""How long a run will still take: its open jobs laid out over what they share, estimates corrected by finished jobs."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping

from fisher_spectra.workflow.jobs_ahead import JobAhead, RunAhead

# Seconds of work that count as done exactly as estimated before anything is measured, overall and for each rule. A few
# short jobs cannot mislead then, while an hour of work outweighs it. Our choice.
PRIOR_SECONDS = 30.0
# A job that has taken longer than was expected is expected to take a tenth of its time more. Our choice.
OVERDUE = 0.1


def corrected_seconds(jobs: Mapping[int, JobAhead], measured: Mapping[int, float]) -> dict[int, float]:
    """Expected run time of each job: its estimate, times what estimates of its rule were wrong by.

    Parameters
    ----------
    jobs
        All jobs of the run, by number.
    measured
        Run time of each finished job, in seconds.
    """
    took: dict[str, float] = defaultdict(float)
    estimated: dict[str, float] = defaultdict(float)
    for number, seconds in measured.items():
        took[jobs[number].rule] += seconds
        estimated[jobs[number].rule] += jobs[number].seconds
    overall = (sum(took.values()) + PRIOR_SECONDS) / (sum(estimated.values()) + PRIOR_SECONDS)
    factors = {rule: (took[rule] + overall * PRIOR_SECONDS) / (estimated[rule] + PRIOR_SECONDS) for rule in took}
    return {number: job.seconds * factors.get(job.rule, overall) for number, job in jobs.items()}


def without_hope(jobs: Mapping[int, JobAhead], failed: Iterable[int]) -> set[int]:
    """Failed jobs, and those that wait for them in vain."""
    takers: dict[int, list[int]] = defaultdict(list)
    for number, job in jobs.items():
        for need in job.needs:
            takers[need].append(number)
    lost: set[int] = set()
    waiting = list(failed)
    while waiting:
        number = waiting.pop()
        if number not in lost:
            lost.add(number)
            waiting += takers[number]
    return lost


def time_left(
    ahead: RunAhead, *, measured: Mapping[int, float], running: Mapping[int, float], failed: Iterable[int] = ()
) -> float:
    """Seconds until the last job that can be done is done.

    Jobs are laid out as a scheduler would that starts the longest job that fits whenever something is free.

    Parameters
    ----------
    ahead
        All jobs of the run, and what they share.
    measured
        Run time of each finished job, in seconds.
    running
        For each running job the seconds since it began.
    failed
        Jobs that failed for good.
    """
    expected = corrected_seconds(ahead.jobs, measured)
    closed = set(measured) | without_hope(ahead.jobs, failed)
    todo = {number: job for number, job in ahead.jobs.items() if number not in closed}
    needs = {number: len(job.needs - set(measured)) for number, job in todo.items()}
    takers: dict[int, list[int]] = defaultdict(list)
    for number, job in todo.items():
        for need in job.needs:
            takers[need].append(number)

    free = dict(ahead.shares)
    ends: list[tuple[float, int]] = []

    def begin(number: int, end: float) -> None:
        for name, amount in todo[number].takes.items():
            free[name] = free.get(name, amount) - amount
        heapq.heappush(ends, (end, number))

    def fits(number: int) -> bool:
        takes = todo[number].takes.items()  # a job that asks for more than there is gets all there is
        return all(free.get(name, amount) >= min(amount, ahead.shares.get(name, amount)) for name, amount in takes)

    for number in running:
        if number in todo:
            begin(number, max(expected[number] - running[number], OVERDUE * running[number]))
    ready = sorted((number for number in todo if not needs[number] and number not in running), key=expected.__getitem__)
    now = 0.0
    while True:
        for number in reversed(ready.copy()):
            if not any(amount > 0 for amount in free.values()):
                break
            if fits(number):
                ready.remove(number)
                begin(number, now + expected[number])
        if not ends:
            return now
        now, done = heapq.heappop(ends)
        for name, amount in todo[done].takes.items():
            free[name] += amount
        for number in takers[done]:
            needs[number] -= 1
            if not needs[number]:
                ready.append(number)
        ready.sort(key=expected.__getitem__)
