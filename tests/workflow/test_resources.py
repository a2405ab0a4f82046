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
# Snakemake looks at a job's memory every half second at first: a shorter one may end before its peak was seen, and
# never has more than what importing its packages takes.
SECONDS_TO_BE_SEEN = 3.0
LEAST_MB = 75  # of any Python with numpy: no estimate is asked to be nearer than four times this
WITHIN = 4.0  # how far estimates may be off
COUNT_TRAINING = """
import json, sys
sys.path.insert(0, "scripts")
import plan
from snakemake.settings.types import ConfigSettings
given = json.loads(sys.argv[1])
plan.ConfigSettings = lambda config: ConfigSettings(config=given)
print(sum(job.rule.name == "hayase_train_online" for job in plan.graph(given["scale"], {"all"}).jobs))
"""


def jobs_of(folder, scale):
    answer = run([*PLAN, "--scale", scale, "--jobs"], folder, PYTHONPATH=str(folder / "src"))
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def recorded(folder, job):
    """Seconds, seconds of the processor and MB; Snakemake looks now and then only: the latter are lower bounds."""
    with (folder / job["benchmark"]).open(newline="") as lines:
        (row,) = csv.DictReader(lines, delimiter="\t")
    cpu, memory = (0.0 if row[key] == "NA" else float(row[key]) for key in ("cpu_time", "max_rss"))
    return float(row["s"]), cpu, memory * 1.048576  # Snakemake's MB are 2^20 bytes


@pytest.fixture(scope="module")
def measured(finished):
    """Each job of the smoke scale with what it took: (job, seconds, seconds of the processor, MB)."""
    jobs = jobs_of(finished.folder, "smoke")
    papers = {job["rule"].partition("_")[0] for job in jobs}
    assert papers == {"karakida", "pennington", "hayase", "claims"}
    return [(job, *recorded(finished.folder, job)) for job in jobs]


@pytest.fixture(scope="module")
def paper(untouched):
    return jobs_of(untouched, "paper")


def test_no_job_takes_more_memory_than_it_asks_for(measured):
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, _, _, mb in measured if mb > job["mem_mb"]] == []


def test_no_job_asks_for_more_than_four_times_what_it_takes(measured):
    seen = [(job, max(mb, LEAST_MB)) for job, seconds, _, mb in measured if seconds >= SECONDS_TO_BE_SEEN]
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, mb in seen if job["mem_mb"] > WITHIN * mb] == []


def test_run_times_are_estimated_within_a_factor_of_four(measured):
    # Other processes make a job last longer than it computes: the estimate lies between both, four times wider. Of a
    # job that ends at once the start counts most, which depends on the file system.
    wrong = [
        (job["benchmark"], job["estimated_seconds"], seconds, cpu)
        for job, seconds, cpu, _ in measured
        if not cpu / WITHIN <= job["estimated_seconds"] <= WITHIN * max(seconds, SECONDS_TO_BE_SEEN)
    ]
    assert wrong == []


def test_every_job_ends_within_the_time_it_asks_for(measured):
    assert [(job["benchmark"], s) for job, s, _, _ in measured if s > 60 * job["runtime"]] == []


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


def test_the_sums_of_the_plan_are_those_of_its_jobs(untouched, paper):
    answer = run([*PLAN, "--scale", "paper"], untouched, PYTHONPATH=str(untouched / "src"))
    rows = {line.split("  ")[0]: re.findall(r"[\d.]+", line.partition("  ")[2]) for line in answer.stdout.splitlines()}
    jobs, hours, gpu_hours, longest, memory, _ = map(float, rows["in all"])
    seconds = [job["estimated_seconds"] for job in paper]
    assert (jobs, gpu_hours) == (len(paper), 0)
    assert hours == pytest.approx(sum(seconds) / 3600, abs=0.006)
    assert longest == pytest.approx(max(seconds) / 60, abs=0.06)
    assert memory == pytest.approx(max(job["mem_mb"] for job in paper) / 1000, abs=0.06)
    laws = [job["estimated_seconds"] for job in paper if "/hayase_laws/" in job["benchmark"]]
    assert list(map(float, rows["hayase_laws"][:2])) == pytest.approx([len(laws), sum(laws) / 3600], abs=0.006)


def test_the_plan_names_every_figure_and_what_it_takes(untouched):
    answer = run([*PLAN, "--scale", "paper"], untouched, PYTHONPATH=str(untouched / "src"))
    assert answer.returncode == 0, answer.stderr
    head, *lines = answer.stdout.splitlines()
    assert [name in head for name in ("jobs", "core hours", "GPU hours", "memory", "disk")] == [True] * 5
    names = [line.split()[0] for line in lines]
    figures = ("fig1", "figC1", "fig2", "figC2", "theorem5", "many_outputs", "corollary2")
    assert {f"karakida_{name}" for name in figures} <= set(names)
    assert {"pennington_fig2", "hayase_fig4", "claims"} <= set(names)
    assert "in all" in answer.stdout
    assert not (untouched / "results").exists() or not list((untouched / "results").rglob("*.csv"))


def test_the_plan_takes_recorded_times_where_there_are_any(finished, measured):
    answer = run([*PLAN, "--scale", "smoke"], finished.folder, PYTHONPATH=str(finished.folder / "src"))
    line = next(line for line in answer.stdout.splitlines() if line.startswith("in all"))
    assert "~" not in line
    assert float(line.split()[3]) == pytest.approx(sum(seconds for _, seconds, _, _ in measured) / 3600, abs=0.006)


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
