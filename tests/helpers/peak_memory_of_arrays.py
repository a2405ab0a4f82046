"""Peak memory of a piece of work, as the estimates of resources count it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable


def peak_mb(work: Callable[[], object]) -> float:
    """Largest memory of the arrays that a piece of work holds at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
