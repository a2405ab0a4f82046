"""The display of a run: rewritten on a terminal, plain lines elsewhere, few of them."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest

from fisher_spectra.workflow.jobs_ahead import CORES, JobAhead, RunAhead
from fisher_spectra.workflow.run_display import ERASE_LINE, RunDisplay, is_terminal
from fisher_spectra.workflow.run_progress import RunProgress
from fisher_spectra.workflow.run_state import RunState

BEGUN = RunState(host="here", process=1, process_began=0.0, began=0.0, written=0.0)
AHEAD = RunAhead({n: JobAhead(f"job{n}", "rule", 20.0, frozenset(), {CORES: 1}) for n in range(100)}, {CORES: 1})


def shown(terminal=False, seconds=20, until=2000, failing=()):
    """What is written of a run of hundred jobs, one every so many seconds, with a look every second."""
    stream = io.StringIO()
    display, progress = RunDisplay(stream, terminal=terminal), RunProgress(BEGUN)
    display.show(progress.now(0.0))
    progress.begin(AHEAD)
    for now in range(until + 1):
        number, since = divmod(now, seconds)
        if since == 0:
            if number:
                progress.fail(number - 1) if number - 1 in failing else progress.finish(number - 1, float(now))
            progress.start(number, float(now))
        display.show(progress.now(float(now)))
    progress.end(float(until))
    display.end(progress.state)
    return stream.getvalue()


def test_plain_lines_hold_no_control_characters_and_end_with_what_was_done():
    text = shown()
    assert text.replace("\n", "").isprintable()
    lines = text.splitlines()
    assert lines[0] == "0 of 100 jobs done, about 35 min left; now: job0"
    assert re.search(r"^5\d of 100 jobs done, about 15 min left; now: job5\d$", text, re.MULTILINE)
    assert lines[-1] == "100 of 100 jobs done in 33 min 20 s"


@pytest.mark.parametrize(("seconds", "jobs"), [(1, 100), (3, 100)])
def test_there_is_at_most_one_plain_line_in_ten_seconds(seconds, jobs):
    lines = shown(seconds=seconds, until=seconds * jobs).splitlines()
    assert len(lines) <= seconds * jobs / 10 + 2


def test_the_longer_a_run_the_fewer_lines_it_writes():
    lines = [len(shown(seconds=until // 100, until=until).splitlines()) for until in (600, 6000)]
    assert 20 < lines[0] < 50
    assert lines[0] < lines[1] < 90


def test_a_run_in_which_nothing_ends_shows_every_ten_minutes_that_it_lives():
    lines = shown(seconds=10**6, until=3600).splitlines()
    assert len(lines) == 1 + 6 + 1


def test_jobs_that_failed_are_counted():
    assert shown(failing={3, 5}).splitlines()[-1] == "98 of 100 jobs done, 2 failed in 33 min 20 s"


def test_on_a_terminal_one_line_is_rewritten_and_leaves_only_the_last():
    text = shown(terminal=True)
    assert text.count("\n") == 1
    assert text.endswith(f"{ERASE_LINE}100 of 100 jobs done in 33 min 20 s\n")
    assert all(len(line) < 80 for line in text.split(ERASE_LINE))


def test_a_long_line_is_cut_to_the_width_of_the_terminal():
    stream = io.StringIO()
    long = dataclasses.replace(BEGUN, total=5, running=(("x" * 200, 0.0),))
    RunDisplay(stream, terminal=True).show(long)
    line = stream.getvalue().removeprefix(ERASE_LINE)
    assert len(line) == 79
    assert line.endswith("x...")


def test_a_message_stands_above_the_line_that_is_rewritten():
    stream = io.StringIO()
    display = RunDisplay(stream, terminal=True)
    display.say("first")
    display.show(dataclasses.replace(BEGUN, total=5))
    display.say("second")
    assert stream.getvalue() == f"first\n{ERASE_LINE}0 of 5 jobs done{ERASE_LINE}second\n0 of 5 jobs done"


def test_a_stream_that_is_closed_stops_nothing():
    stream = io.StringIO()
    stream.close()
    display = RunDisplay(stream, terminal=False)
    display.say("something")
    display.end(dataclasses.replace(BEGUN, total=1, ended=1.0))


def test_a_run_that_did_nothing_has_no_last_line():
    stream = io.StringIO()
    RunDisplay(stream, terminal=False).end(dataclasses.replace(BEGUN, ended=1.0))
    assert stream.getvalue() == ""


def test_a_dumb_terminal_and_a_file_get_plain_lines(monkeypatch, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert is_terminal(Terminal())
    assert not is_terminal(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(Terminal())


def test_a_job_that_begins_again_has_not_failed_and_one_that_only_names_a_target_is_not_counted():
    progress = RunProgress(BEGUN)
    progress.start(0, 1.0)
    assert progress.now(1.0).running == ()  # nothing is known yet
    progress.begin(AHEAD, "the.log")
    progress.start(0, 1.0)
    progress.start(1000, 1.0)
    progress.fail(0)
    assert (progress.now(2.0).failed, progress.now(2.0).running) == (1, ())
    progress.start(0, 3.0)
    assert (progress.now(3.0).failed, progress.now(3.0).running) == (0, (("job0", 3.0),))
    progress.finish(0, 5.0)
    progress.finish(1000, 5.0)
    state = progress.now(5.0)
    assert (state.done, state.total, state.log, state.queued) == (1, 100, "the.log", False)


def test_the_time_left_follows_what_jobs_took_and_runs_down_between_two_looks():
    progress = RunProgress(BEGUN)
    progress.begin(AHEAD)
    assert progress.now(0.0).left == 2000
    assert progress.now(5.0).left == 1995
    for number in range(50):
        progress.start(number, 0.0)
        progress.finish(number, 100.0, seconds=40.0)
    assert progress.now(100.0).left == pytest.approx(2000, rel=0.02)
