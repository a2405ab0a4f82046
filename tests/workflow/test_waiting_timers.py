"""Timers that wait are cancelled; other threads, and what a timer has begun, go on."""

from __future__ import annotations

import threading

from fisher_spectra.workflow.waiting_timers import cancel_waiting_timers


def test_a_timer_that_waits_is_cancelled_and_no_other_thread_is_touched():
    release, called = threading.Event(), threading.Event()
    other = threading.Thread(target=release.wait)
    begun = threading.Timer(0.0, release.wait)
    waiting = threading.Timer(3600.0, called.set)
    for thread in (other, begun, waiting):
        thread.start()
    cancel_waiting_timers()
    waiting.join(60.0)
    assert not waiting.is_alive()
    assert not called.is_set()
    assert other.is_alive()
    release.set()
    other.join(60.0)
    begun.join(60.0)
    assert not other.is_alive()
    assert not begun.is_alive()
