"""What jobs ask for, against what they took: every job of a finished run, and the plan of the paper scale."""

from __future__ import annotations

import csv
import json
import re
import sys
import time

import pytest
from workflow_copies import run

PLAN = [sys.executable, "scripts/plan.py"]
PREPARED = re.compile(r"karakida_(?!errata)")  # rules whose requests follow from the sizes of arrays
# Snakemake looks at a job's memory every half second at first: a shorter one may end before its peak was seen, and
# never has more than what importing its packages takes.
SECONDS_TO_BE_SEEN = 3.0
LEAST_MB = 75  # of any Python with numpy: no estimate is asked to be nearer than four times this


def jobs_of(folder, scale):
    answer = run([*PLAN, "--scale", scale, "--jobs"], folder, PYTHONPATH=str(folder / "src"))
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def recorded(folder, job):
    with (folder / job["benchmark"]).open(newline="") as lines:
        (row,) = csv.DictReader(lines, delimiter="\t")
    return float(row["s"]), float(row["max_rss"]) * 1.048576  # Snakemake's MB are 2^20 bytes


@pytest.fixture(scope="module")
def measured(finished):
    """Each job of the smoke scale with what it took: (job, seconds, MB)."""
    jobs = [job for job in jobs_of(finished.folder, "smoke") if PREPARED.match(job["rule"])]
    assert len(jobs) >= 40
    return [(job, *recorded(finished.folder, job)) for job in jobs]


@pytest.fixture(scope="module")
def paper(untouched):
    return [job for job in jobs_of(untouched, "paper") if PREPARED.match(job["rule"])]


def test_no_job_takes_more_memory_than_it_asks_for(measured):
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, _, mb in measured if mb > job["mem_mb"]] == []


def test_no_job_asks_for_more_than_four_times_what_it_takes(measured):
    seen = [(job, max(mb, LEAST_MB)) for job, seconds, mb in measured if seconds >= SECONDS_TO_BE_SEEN]
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, mb in seen if job["mem_mb"] > 4 * mb] == []


def test_every_job_ends_within_the_time_it_asks_for(measured):
    assert [(job["benchmark"], s) for job, s, _ in measured if s > 60 * job["runtime"]] == []


def test_at_paper_scale_there_are_a_few_hundred_jobs_none_over_two_hours(paper):
    assert 100 <= len(paper) <= 400
    assert max(job["estimated_seconds"] for job in paper) <= 7200


def test_a_retry_asks_for_more(untouched):
    more = run(
        [
            sys.executable,
            "-c",
            "from fisher_spectra.karakida_resources import limit_minutes as f; print(f(60, 1), f(60, 2))",
        ],
        untouched,
        PYTHONPATH=str(untouched / "src"),
    )
    assert more.stdout.split() == ["14", "28"]


def test_the_plan_names_every_figure_and_what_it_takes(untouched):
    answer = run([*PLAN, "--scale", "paper"], untouched, PYTHONPATH=str(untouched / "src"))
    assert answer.returncode == 0, answer.stderr
    head, *lines = answer.stdout.splitlines()
    assert [name in head for name in ("jobs", "core hours", "GPU hours", "memory", "disk")] == [True] * 5
    names = [line.split()[0] for line in lines]
    figures = ("fig1", "figC1", "fig2", "figC2", "theorem5", "many_outputs", "corollary2")
    assert {f"karakida_{name}" for name in figures} <= set(names)
    assert "in all" in answer.stdout
    assert not (untouched / "results").exists() or not list((untouched / "results").rglob("*.csv"))


def test_the_plan_takes_recorded_times_where_there_are_any(finished):
    answer = run([*PLAN, "--scale", "smoke"], finished.folder, PYTHONPATH=str(finished.folder / "src"))
    line = next(line for line in answer.stdout.splitlines() if line.startswith("karakida_corollary2"))
    assert "~" not in line


def test_an_unknown_scale_is_refused_in_one_line(untouched):
    answer = run([*PLAN, "--scale", "papr"], untouched, PYTHONPATH=str(untouched / "src"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: scale = 'papr': must be one of smoke, laptop, paper")


def test_a_dry_run_of_the_paper_scale_takes_five_seconds_at_most(untouched):
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--config", "scale=paper"]
    times = []
    for _ in range(3):  # the best of three: other processes slow down one of them
        begin = time.monotonic()
        assert run(command, untouched).returncode == 0
        times.append(time.monotonic() - begin)
        if times[-1] <= 5:
            break
    assert min(times) <= 5
