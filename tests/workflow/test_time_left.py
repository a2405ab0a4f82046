"""The time left of a run: jobs laid out over what they share, estimates corrected by what finished jobs took."""

from __future__ import annotations

import pytest

from fisher_spectra.workflow.jobs_ahead import CORES, GPUS, PLACES, JobAhead, RunAhead
from fisher_spectra.workflow.time_left import PRIOR_SECONDS, corrected_seconds, time_left, without_hope


def job(seconds, *needs, rule="rule", **takes):
    return JobAhead(f"{rule}_{seconds}", rule, seconds, frozenset(needs), takes or {CORES: 1})


def left(jobs, shares, measured=None, running=None, failed=()):
    ahead = RunAhead(dict(enumerate(jobs)), shares)
    return time_left(ahead, measured=measured or {}, running=running or {}, failed=failed)


def test_jobs_on_one_core_take_their_sum():
    assert left([job(10), job(20), job(30)], {CORES: 1}) == 60


def test_jobs_on_two_cores_are_laid_out_the_longest_first():
    assert left([job(10), job(20), job(30)], {CORES: 2}) == 30
    assert left([job(30), job(30), job(30)], {CORES: 2}) == 60


def test_a_job_waits_for_those_whose_results_it_takes():
    assert left([job(10), job(20, 0), job(5, 0, 1)], {CORES: 8}) == 35


def test_no_run_is_shorter_than_its_longest_job():
    assert left([job(1), job(100), *[job(1)] * 50], {CORES: 4}) == 100


def test_jobs_share_gpus_besides_cores():
    on_gpu = [job(10, cores=1, GPUs=1) for _ in range(3)]
    assert GPUS == "GPUs"
    assert left([*on_gpu, job(30)], {CORES: 4, GPUS: 1}) == 30
    assert left([*on_gpu, job(30)], {CORES: 4, GPUS: 3}) == 30
    assert left(on_gpu, {CORES: 4, GPUS: 3}) == 10


def test_on_a_cluster_jobs_wait_for_places_and_short_ones_for_local_cores():
    queued = [job(100, places=1) for _ in range(4)]
    assert left([*queued, job(5)], {PLACES: 2, CORES: 1}) == 200
    assert left([*queued, *[job(5)] * 60], {PLACES: 4, CORES: 1}) == 300


def test_a_job_that_asks_for_more_than_there_is_gets_all_of_it():
    assert left([job(10, cores=8), job(10, cores=8)], {CORES: 2}) == 20


def test_of_a_running_job_the_rest_is_left():
    assert left([job(30), job(10)], {CORES: 1}, running={0: 12}) == 28


def test_a_job_that_takes_longer_than_expected_is_never_about_to_end_at_once():
    assert left([job(10)], {CORES: 1}, running={0: 50}) == pytest.approx(5)


def test_what_failed_and_what_waits_for_it_is_not_waited_for():
    jobs = [job(10), job(20, 0), job(40, 1), job(5)]
    assert without_hope(dict(enumerate(jobs)), {0}) == {0, 1, 2}
    assert left(jobs, {CORES: 1}, failed={0}) == 5


def test_a_run_without_open_jobs_is_over():
    assert left([job(10), job(5)], {CORES: 1}, measured={0: 3.0, 1: 4.0}) == 0


def test_estimates_are_corrected_by_what_jobs_of_their_rule_took_and_others_by_what_all_took():
    jobs = {
        0: job(1000, rule="slow"),
        1: job(1000, rule="fast"),
        2: job(10, rule="slow"),
        3: job(10, rule="fast"),
        4: job(10, rule="new"),
    }
    found = corrected_seconds(jobs, {0: 3000.0, 1: 1000.0})
    assert found[2] == pytest.approx(30, rel=0.05)
    assert found[3] == pytest.approx(10, rel=0.05)
    assert found[4] == pytest.approx(20, rel=0.05)


def test_a_few_short_jobs_correct_little():
    found = corrected_seconds({0: job(0.1), 1: job(3600)}, {0: 1.0})
    assert found[1] == pytest.approx(3600 * ((1 + PRIOR_SECONDS) / (0.1 + PRIOR_SECONDS)), rel=0.1)
    assert found[1] < 3600 * 1.2


def test_before_anything_has_finished_estimates_stand():
    assert corrected_seconds({0: job(7), 1: job(8)}, {}) == {0: 7, 1: 8}


def test_a_thousand_jobs_are_laid_out_in_no_time():
    jobs = [job(number % 17 + 1) for number in range(1000)] + [job(3, *range(1000))]
    work = sum(one.seconds for one in jobs[:-1])
    assert work / 16 <= left(jobs, {CORES: 16}) <= work / 16 + 17 + 3
