"""What a run is about to do, read from Snakemake's graph."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from fisher_spectra.workflow.estimates.rates import GPU_SPEEDUP, GPU_START_SECONDS, SHORT_SECONDS
from fisher_spectra.workflow.jobs_ahead import CORES, GPUS, PLACES, jobs_ahead, name_of, recorded_seconds, run_ahead


class Job(SimpleNamespace):
    __hash__ = object.__hash__


def job(rule, *, log=(), norun=False, device=None, **resources):
    params = {} if device is None else {"settings": json.dumps({"sections": {"mine": {"device": device}}})}
    return Job(rule=SimpleNamespace(name=rule), log=log, is_norun=norun, resources=resources, params=params, threads=1)


def graph(jobs, needs):
    """A graph of jobs by their numbers; of those in `needs` the numbers of what each needs."""
    numbers = {one: number for number, one in jobs.items()}
    return SimpleNamespace(
        needrun_jobs=lambda exclude_finished=True: [] if exclude_finished else list(jobs.values()),
        jobid=numbers.__getitem__,
        dependencies={one: [jobs[need] for need in needs.get(number, [])] for number, one in jobs.items()},
    )


SAMPLE = job("sample", estimated_seconds=40, gpu=0)
TRAIN = job("train", estimated_seconds=3000, gpu=1, device="auto")
SMALL = job("train", estimated_seconds=30, gpu=1, device="cpu")
TABLE = job("mine_table", log=["results/smoke/logs/mine/table.log"])
ALL = job("all", norun=True)
JOBS = {3: SAMPLE, 4: TRAIN, 5: SMALL, 7: TABLE, 0: ALL}
NEEDS = {7: [3, 4], 0: [7]}


def test_jobs_have_their_estimates_those_on_a_gpu_at_its_speed_and_targets_are_left_out():
    ahead = jobs_ahead(graph(JOBS, NEEDS))
    assert {number: one.seconds for number, one in ahead.items()} == {
        3: 40,
        4: GPU_START_SECONDS + 3000 / GPU_SPEEDUP,
        5: 30,
        7: SHORT_SECONDS,
    }
    assert [ahead[number].takes for number in (3, 4, 5)] == [{CORES: 1}, {CORES: 1, GPUS: 1}, {CORES: 1, GPUS: 1}]
    assert ahead[7].needs == {3, 4}
    assert (ahead[7].name, ahead[7].rule) == ("mine/table", "mine_table")


def test_what_was_made_before_is_not_waited_for():
    jobs = {number: one for number, one in JOBS.items() if one is not SAMPLE}
    known = graph(JOBS, NEEDS)
    known.needrun_jobs = lambda exclude_finished: list(jobs.values())
    assert jobs_ahead(known)[7].needs == {4}


def test_on_a_cluster_jobs_take_places_in_the_queue_unless_they_run_where_snakemake_runs():
    ahead = jobs_ahead(graph(JOBS, NEEDS), local_rules=["mine_table"])
    assert [ahead[number].takes for number in (3, 4, 7)] == [{PLACES: 1}, {PLACES: 1}, {CORES: 1}]


class Limits(dict):
    """Snakemake's limits of resources: None for one that there is not."""

    def get(self, name):
        return SimpleNamespace(value=super().get(name))


def test_a_run_shares_what_its_machine_or_its_cluster_has():
    here = SimpleNamespace(local_exec=True, cores=16, global_resources=Limits(), dag=graph(JOBS, NEEDS))
    assert run_ahead(here).shares == {CORES: 16}
    here.global_resources = Limits(gpu=4)
    assert run_ahead(here).shares == {CORES: 16, GPUS: 4}
    far = SimpleNamespace(
        local_exec=False,
        nodes=100,
        resource_settings=SimpleNamespace(local_cores=2),
        _localrules={"mine_table"},
        dag=graph(JOBS, NEEDS),
    )
    assert run_ahead(far).shares == {PLACES: 100, CORES: 2}
    assert run_ahead(far).jobs[7].takes == {CORES: 1}


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (["results/smoke/logs/karakida_fig1/tanh/networks_0-6.log"], "karakida_fig1/tanh/networks_0-6"),
        (["results/data/mnist.log"], "mnist"),
        ([], "rule"),
    ],
)
def test_a_job_is_called_by_its_log(log, name):
    assert name_of(job("rule", log=log)) == name


def test_what_was_recorded_is_read_and_what_is_no_record_is_none(tmp_path):
    file = tmp_path / "job.tsv"
    file.write_text("s\th:m:s\n12.5\t0:00:12\n")
    assert recorded_seconds(str(file)) == 12.5
    for text in ("", "s\th:m:s\n", "s\nsoon\n", "h:m:s\n0:00:12\n"):
        file.write_text(text)
        assert recorded_seconds(str(file)) is None
    assert recorded_seconds(str(tmp_path / "none.tsv")) is None
    assert recorded_seconds(None) is None
