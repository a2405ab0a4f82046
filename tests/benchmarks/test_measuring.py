"""Turns, clocks and comparison: what is counted, what is left out, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmark_page import turns, worker
from benchmark_page.comparison import COPY, Comparison, Prepared, difference
from benchmark_page.rows import Row, read_rows, write_rows
from benchmark_page.subjects import dual_matrix
from peak_memory import peak_resident, start_of_peak

COMPARISON = Comparison("table", "case", "subject", ("ours", "other", "wrong", "missing"), allowed=1e-3, reference=COPY)


SECONDS = {"ours": 0.1, "other": 30.0, "wrong": 0.1, "missing": 0.1, COPY: 0.2}
RESULTS = {"ours": [1.0, 2.0], "other": [1.0, 2.001], "wrong": [1.0, 3.0]}
ASKED: list[str] = []


class FakeCandidate(turns.Candidate):
    """Takes what the test says, without a process."""

    def __init__(self, comparison, name, file):
        self.name, self.file, self.spent, self.stopped = name, file, 0.0, False
        self.prepared = {"absent": "the_package"} if name == "missing" else {"work": 5.0, "compile_s": 0.0}
        if name in RESULTS:
            np.save(file, np.array(RESULTS[name]))

    def turn(self):
        ASKED.append(self.name)
        self.spent += SECONDS[self.name]
        return {"cpu_s": SECONDS[self.name], "wall_s": SECONDS[self.name], "peak_bytes": 7.0}

    def __exit__(self, *_):
        pass


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(turns, "Candidate", FakeCandidate)
    ASKED.clear()
    return turns.measure(COMPARISON, 3, lambda word: None)


def of(rows, candidate, quantity):
    return [row.value for row in rows if row.candidate == candidate and row.quantity == quantity]


def test_what_is_not_installed_is_left_out_by_name(rows):
    assert [(row.quantity, row.note) for row in rows if row.candidate == "missing"] == [("absent", "the_package")]


def test_a_candidate_that_does_not_agree_is_refused_and_none_of_its_times_count(rows):
    assert of(rows, "wrong", "difference") == [0.5]
    assert [row.note for row in rows if row.quantity == "refused"] == ["differs by 5.0e-01, allowed 1e-03"]
    assert of(rows, "wrong", "cpu_s") == []


def test_a_candidate_that_agrees_has_as_many_rounds_as_asked_and_a_dear_one_fewer(rows):
    assert of(rows, "other", "difference") == [pytest.approx(5e-4)]
    assert len(of(rows, "ours", "cpu_s")) == 3
    # The first call, which is long, is a round; with it the candidate has had its time.
    assert of(rows, "other", "cpu_s") == [30.0]


def test_each_round_begins_with_another_candidate(rows):
    later = [name for name in ASKED[4:] if name in ("ours", COPY)]
    assert later == ["ours", COPY, COPY, "ours", COPY, "ours"]


def test_a_turn_is_repeated_until_it_is_long_enough_and_scaled_to_the_whole(monkeypatch):
    clock = iter(np.arange(0.0, 10.0, 0.05))
    monkeypatch.setattr(worker, "processor_seconds", lambda: float(next(clock)))
    monkeypatch.setattr(worker.time, "perf_counter", lambda: 0.0)
    calls = []
    found, _ = worker.turn(Prepared(lambda: calls.append(1), part=0.25), least=0.12)
    # Looked at after each call, at 0.05, 0.10 and 0.15, and once more at the end: 0.20 in three quarters of the whole.
    assert len(calls) == 3
    assert found["cpu_s"] == pytest.approx(0.20 / 0.75)


@pytest.mark.parametrize(("warm", "expected"), [(False, 3.0), (True, 0.5)])
def test_a_call_to_warm_up_is_not_timed(warm, expected, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(worker, "processor_seconds", lambda: now[0])
    monkeypatch.setattr(worker.time, "perf_counter", lambda: now[0])
    costs = iter([3.0, 0.5, 0.5])  # the first call fetches what others have pushed out

    def call():
        now[0] += next(costs)

    found, _ = worker.turn(Prepared(call), least=0.2, warm=warm)
    assert found == {"cpu_s": expected, "wall_s": expected}


def test_differences_are_relative_to_our_largest_number_or_shares_of_cells():
    assert difference(np.array([1.0, 4.4]), np.array([1.0, -4.0]), by_cells=True) == 0.5
    assert difference(np.array([1.0, 4.4]), np.array([1.0, 4.0])) == pytest.approx(0.1)
    assert math.isinf(difference(np.ones(2), np.ones(3)))


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [Row("t", "M = 1, T = 2", "`a`", "cpu_s", 1, 0.25), Row("t", "c", "b", "absent", 0, math.nan, "jax, old")]
    write_rows(rows, tmp_path / "rows.csv")
    assert list(map(repr, read_rows(tmp_path / "rows.csv"))) == list(map(repr, rows))


def test_processes_take_turns_and_agree():
    names = (dual_matrix.OURS, dual_matrix.NUMPY)
    settings = {"L": 3, "M": 6, "T": 4, "dtype": "float64"}
    found = turns.measure(Comparison("t", "c", "dual_matrix", names, settings, 1e-12), 1, lambda word: None)
    assert [len(of(found, name, "cpu_s")) for name in names] == [1, 1]
    assert all(value > 0 for name in names for value in of(found, name, "cpu_s"))
    assert len(of(found, dual_matrix.NUMPY, "difference")) == 1


def test_a_process_that_dies_is_named():
    with pytest.raises(turns.CandidateError, match=r"^no such: its process ended with status 1$"):
        turns.measure(Comparison("t", "c", "dual_matrix", ("no such",), {}), 1, lambda word: None)


def test_a_candidate_with_an_environment_of_its_own_beside_ours_runs_there(monkeypatch, tmp_path):
    monkeypatch.setattr(turns.sys, "prefix", str(tmp_path / "benchmarks"))
    own = tmp_path / "neural-tangents" / "bin" / "python"
    assert turns.interpreter("neural-tangents") == turns.sys.executable
    own.parent.mkdir(parents=True)
    own.touch()
    assert turns.interpreter("neural-tangents") == str(own)


def test_memory_is_asked_for_before_a_long_call_and_free_again_when_it_begins():
    before = start_of_peak()
    worker.have_memory_given(64e6)
    assert peak_resident() - before > 60e6
    assert start_of_peak() - before < 10e6
