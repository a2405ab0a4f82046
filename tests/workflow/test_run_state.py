"""How far a run is: the file that it keeps, and the words for it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from fisher_spectra.workflow.run_state import RunState, counts, headline, read_state, roughly, sentence, write_state

STATE = RunState(
    host="node1",
    process=4711,
    process_began=1000.5,
    began=1001.0,
    written=1100.0,
    total=96,
    done=12,
    failed=1,
    left=200.0,
    running=(("karakida_fig1/tanh/networks_0-6", 1090.0), ("mnist", 1095.0)),
    log="/somewhere/.snakemake/log/2026.snakemake.log",
)


def test_a_state_is_read_as_it_was_written_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "state.json"
    for state in (STATE, dataclasses.replace(STATE, ended=1200.0, left=None, running=(), log=None)):
        write_state(state, file)
        assert read_state(file) == state
    assert list(tmp_path.iterdir()) == [file]


WHOLE = json.dumps(dataclasses.asdict(STATE))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:-20].encode(),
        b"\0" * 100,
        b"\xff\xfe",
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        WHOLE.replace('"host"', '"place"').encode(),
        WHOLE.replace("4711", '"4711"').encode(),
        WHOLE.replace("96", "true").encode(),
        WHOLE.replace("1100.0", "null").encode(),
        WHOLE.replace("1090.0", '"soon"').encode(),
        WHOLE.replace('"mnist", ', "").encode(),
        WHOLE.replace('"queued": false', '"queued": 1').encode(),
    ],
)
def test_a_damaged_state_is_no_state(tmp_path, content):
    assert content != WHOLE.encode()
    file = tmp_path / "state.json"
    file.write_bytes(content)
    assert read_state(file) is None


def test_where_no_run_has_been_there_is_no_state(tmp_path):
    assert read_state(tmp_path / "state.json") is None


def test_a_sentence_says_what_is_done_what_is_left_and_what_runs():
    assert counts(STATE) == "12 of 96 jobs done, 1 failed"
    assert headline(STATE) == "12 of 96 jobs done, 1 failed, about 3 min left"
    assert sentence(STATE) == f"{headline(STATE)}; now: karakida_fig1/tanh/networks_0-6, mnist"


def test_of_many_running_jobs_three_are_named():
    many = dataclasses.replace(STATE, failed=0, running=tuple((f"job{n}", 1.0) for n in range(5)), queued=True)
    assert (
        sentence(many) == "12 of 96 jobs done, about 3 min left; in the queue or running: job0, job1, job2 and 2 more"
    )


def test_before_the_jobs_are_known_a_run_finds_out_and_after_its_end_nothing_is_left():
    begun = RunState(host="node1", process=1, process_began=1.0, began=1.0, written=1.0)
    assert sentence(begun) == "finding out what there is to do"
    assert sentence(dataclasses.replace(STATE, ended=5.0, running=())) == "12 of 96 jobs done, 1 failed"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (44, "less than a minute"),
        (46, "about 1 min"),
        (200, "about 3 min"),
        (9.9 * 60, "about 10 min"),
        (17 * 60, "about 15 min"),
        (58 * 60, "about 1 h"),
        (135 * 60, "about 2 h 15 min"),
        (40 * 3600, "about 40 h"),
    ],
)
def test_times_that_are_only_estimated_are_said_roughly(seconds, said):
    assert roughly(seconds) == said
