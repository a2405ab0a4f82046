"""The plan of the paper scale: number and size of its jobs. (What jobs took is compared in test_finished_runs.py.)"""

from __future__ import annotations

import json
import os
import re
import sys

import pytest
from workflow_copies import PLAN, planned_jobs, run

COUNT_TRAINING = """
import json, sys
sys.path.insert(0, "scripts/tools")
import plan
given = json.loads(sys.argv[1])
print(sum(job.rule.name == "hayase_train_online" for job in plan.graph(given, {"all"}).jobs))
"""


@pytest.fixture(scope="module")
def paper(untouched):
    return planned_jobs(untouched, "paper")


@pytest.fixture(scope="module")
def printed(untouched):
    """What `make plan SCALE=paper` prints."""
    answer = run([*PLAN, "--scale", "paper"], untouched, PYTHONPATH=str(untouched / "src"))
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_at_paper_scale_there_are_at_most_a_few_hundred_jobs(paper):
    assert 100 <= len(paper) <= 400


def test_at_paper_scale_no_job_takes_more_than_two_hours_on_a_core(paper):
    assert [job["benchmark"] for job in paper if job["estimated_seconds"] > 7200] == []


def test_at_paper_scale_no_job_of_less_than_a_minute_waits_in_a_queue(paper):
    queued = [job for job in paper if not job["is_local"]]
    assert len(queued) >= 40
    assert [job["benchmark"] for job in queued if job["estimated_seconds"] < 60] == []


def test_at_paper_scale_no_local_job_takes_more_than_a_few_minutes(paper):
    assert [job["benchmark"] for job in paper if job["is_local"] and job["estimated_seconds"] > 300] == []


def test_chunks_follow_from_the_time_a_job_shall_take(untouched, paper):
    longer = run(
        [sys.executable, "-c", COUNT_TRAINING, json.dumps({"scale": "paper", "job_minutes": 30})],
        untouched,
        PYTHONPATH=str(untouched / "src"),
    )
    trained = [job for job in paper if job["rule"] == "hayase_train_online"]
    assert int(longer.stdout) > 1.5 * len(trained)


def test_the_sums_of_the_plan_are_those_of_its_jobs(printed, paper):
    rows = {line.split("  ")[0]: re.findall(r"[\d.]+", line.partition("  ")[2]) for line in printed.splitlines()}
    jobs, hours, gpu_hours, longest, memory, _ = map(float, rows["in all"])
    seconds = [job["estimated_seconds"] for job in paper]
    assert (jobs, gpu_hours) == (len(paper), 0)
    assert hours == pytest.approx(sum(seconds) / 3600, abs=0.006)
    assert longest == pytest.approx(max(seconds) / 60, abs=0.06)
    assert memory == pytest.approx(max(job["mem_mb"] for job in paper) / 1000, abs=0.06)
    laws = [job["estimated_seconds"] for job in paper if "/hayase_laws/" in job["benchmark"]]
    assert list(map(float, rows["hayase_laws"][:2])) == pytest.approx([len(laws), sum(laws) / 3600], abs=0.006)


def test_the_plan_names_every_figure_and_what_it_takes(untouched, printed):
    head, *lines = printed.splitlines()
    assert [name in head for name in ("jobs", "core hours", "GPU hours", "memory", "disk")] == [True] * 5
    names = [line.split()[0] for line in lines]
    figures = ("fig1", "figC1", "fig2", "figC2", "theorem5", "many_outputs", "corollary2")
    assert {f"karakida_{name}" for name in figures} <= set(names)
    assert {"pennington_fig2", "hayase_fig4", "claims"} <= set(names)
    assert "in all" in printed
    assert not (untouched / "results").exists() or not list((untouched / "results").rglob("*.csv"))


def test_an_unknown_scale_is_refused_in_one_line(untouched):
    answer = run([*PLAN, "--scale", "papr"], untouched, PYTHONPATH=str(untouched / "src"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: scale = 'papr': must be one of smoke, laptop, paper")


def test_a_dry_run_of_the_paper_scale_takes_five_seconds_at_most(untouched):
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--config", "scale=paper"]
    before = os.times()
    assert run(command, untouched).returncode == 0
    after = os.times()
    # seconds of the processor: other processes do not count
    assert after.children_user + after.children_system - before.children_user - before.children_system <= 5
