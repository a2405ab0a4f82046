"""How work is shared out over jobs: by a number that is given, or into jobs of about one length.

A chunk is (first, one past the last). No result depends on the cut, so ``auto`` may follow the estimates, which follow
the configuration: the names of the parts of a table are the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

AUTO = "auto"
_HALVINGS = 12  # to a four-thousandth of the target

Chunk = tuple[int, int]
Size = int | str  # items of a job, or AUTO


def blocks(number: int, size: Size, seconds_each: float, target: float) -> list[Chunk]:
    """Cut `number` items of equal cost into blocks of `size`, or with ``auto`` of at most `target` seconds.

    With ``auto`` blocks differ by one item at most, and only a single item takes longer than the target.
    """
    if size != AUTO:
        return [(start, min(start + int(size), number)) for start in range(0, number, int(size))]
    count = math.ceil(number / max(1, int(target / seconds_each)))
    return list(pairwise(index * number // count for index in range(count + 1)))


def runs(seconds: Sequence[float], size: Size, target: float) -> list[Chunk]:
    """Cut items in a row into runs of `size` items, or with ``auto`` of at most `target` seconds.

    With ``auto`` there are as few runs as filling one after the other gives, cut at the smallest limit that gives no
    more of them, so that the last one is not left with a few seconds. Only a single item takes longer than the target.
    """
    if size != AUTO:
        return [(start, min(start + int(size), len(seconds))) for start in range(0, len(seconds), int(size))]
    count = len(_filled(seconds, target))
    low, high = 0.0, target
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(seconds, middle)) <= count else (middle, high)
    return _filled(seconds, high)


def _filled(seconds: Sequence[float], limit: float) -> list[Chunk]:
    """Runs, each of which takes items as long as it stays within the limit."""
    starts, total = [0], 0.0
    for index, item in enumerate(seconds):
        if total + item > limit and index > starts[-1]:
            starts.append(index)
            total = 0.0
        total += item
    return list(pairwise([*starts, len(seconds)]))


def grid(
    row_seconds: Sequence[float], row_size: Size, columns: int, column_size: Size, target: float
) -> list[tuple[Chunk, Chunk]]:
    """Cut a grid into (rows, columns): several short rows together, a long one by its columns.

    Parameters
    ----------
    row_seconds
        Time of each row with all of its columns.
    row_size, column_size
        Rows and columns of a job.
    columns
        Number of columns.
    target
        Seconds of a job with ``auto``.
    """
    return [
        ((first, stop), chunk)
        for first, stop in runs(row_seconds, row_size, target)
        for chunk in blocks(columns, column_size, sum(row_seconds[first:stop]) / columns, target)
    ]


def stacks(
    numbers: Sequence[int], size: Size, seconds_each: Sequence[float], target: float
) -> list[list[tuple[int, Chunk]]]:
    """Cut several stacks, of so many items of one cost each, into jobs, each a list of (stack, items).

    With ``auto`` a job may take items of several stacks, with a number it takes so many of one.
    """
    if size != AUTO:
        return [[(stack, chunk)] for stack, number in enumerate(numbers) for chunk in blocks(number, size, 1.0, target)]
    items = [(stack, item) for stack, number in enumerate(numbers) for item in range(number)]
    jobs = []
    for first, stop in runs([seconds_each[stack] for stack, _ in items], AUTO, target):
        job = []
        for stack, group in groupby(items[first:stop], key=lambda one: one[0]):
            taken = [item for _, item in group]
            job.append((stack, (taken[0], taken[-1] + 1)))
        jobs.append(job)
    return jobs
