"""Peak memory of a piece of work, as the estimates of resources count it."""

from __future__ import annotations

import tracemalloc


def peak_mb(work):
    """Largest memory of the arrays that a piece of work holds at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
