"""Progress display: readable lines, not too many, naming their job."""

from __future__ import annotations

import io

import pytest

from fisher_spectra.common import progress as module
from fisher_spectra.common.progress import Progress


class Clock:
    """Time that passes only when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    ticking = Clock()
    monkeypatch.setattr(module.time, "monotonic", ticking)
    return ticking


def run(clock, seconds, total=None, notes=()):
    """What is printed when the units of work take these seconds each."""
    stream = io.StringIO()
    with Progress(len(seconds) if total is None else total, "job", stream, interval=5.0) as progress:
        for index, duration in enumerate(seconds):
            clock.now += duration
            progress.advance(note=notes[index] if index < len(notes) else "")
    return stream.getvalue().splitlines()


def test_work_that_ends_within_one_interval_prints_nothing(clock):
    assert run(clock, [0.4] * 10) == []


def test_lines_say_the_share_done_and_the_time_left(clock):
    assert run(clock, [6.0, 6.0, 6.0, 6.0]) == [
        "job:  25%, about 18 s left",
        "job:  50%, about 12 s left",
        "job:  75%, about 6 s left",
        "job: 100%",
        "job: done in 24 s",
    ]


def test_a_thousand_quick_units_print_a_line_every_interval_at_most(clock):
    lines = run(clock, [0.1] * 1000)  # 100 seconds of work
    assert 15 <= len(lines) <= 21


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8, "8 s"), (59.7, "1 min 00 s"), (61, "1 min 01 s"), (3599.8, "1 h 00 min"), (7384, "2 h 03 min")],
)
def test_durations_read_well(clock, seconds, text):
    assert run(clock, [seconds]) == ["job: 100%", f"job: done in {text}"]


def test_a_note_is_shown_with_the_line_it_belongs_to(clock):
    lines = run(clock, [1.0, 6.0], notes=["unseen", "3 cells have diverged"])
    assert lines[0] == "job: 100%  3 cells have diverged"


def test_work_of_unknown_size_zero_is_complete(clock):
    assert run(clock, [7.0], total=0)[0] == "job: 100%"


def test_work_of_unknown_size_says_how_much_is_done(clock):
    stream = io.StringIO()
    progress = Progress(None, "products", stream)
    for _ in range(3):
        clock.now += 4.0
        progress.advance()
    assert stream.getvalue() == "products: 2 so far\n"


def test_units_may_be_large_steps_and_fractions(clock):
    stream = io.StringIO()
    with Progress(10.0, "bytes", stream, interval=1.0) as progress:
        clock.now += 2
        progress.advance(2.5)
    assert stream.getvalue().splitlines()[0] == "bytes:  25%, about 6 s left"


def test_work_that_fails_is_not_called_done(clock):
    stream = io.StringIO()

    def fail():
        with Progress(2, "job", stream, interval=1.0) as progress:
            clock.now += 2
            progress.advance()
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail()
    assert stream.getvalue().splitlines() == ["job:  50%, about 2 s left"]


def test_lines_go_to_standard_error_by_default(clock, capsys):
    with Progress(2, "job", interval=1.0) as progress:
        clock.now += 2
        progress.advance()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "job:  50%, about 2 s left\njob: done in 2 s\n"
