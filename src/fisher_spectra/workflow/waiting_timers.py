"""Snakemake's timers that are still waiting when a run has come to its end.

With a limit on jobs a second it looks for jobs again a while after each time that it has started some. Nothing is left
to start then, but Python does not end before its last timer has: a run would stand still for up to three seconds.
"""

from __future__ import annotations

import threading


def cancel_waiting_timers() -> None:
    """Cancel the timers of this process that have not gone off."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
