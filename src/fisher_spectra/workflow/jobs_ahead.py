"""The jobs of a run before it begins, from Snakemake's graph: how long each takes by its estimate, and what it needs.

Graphs and jobs are those of Snakemake, which this library does not import: whatever has their attributes will do.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from fisher_spectra.jobs.settings import read_settings, values_of
from fisher_spectra.workflow.estimates.rates import GPU_SPEEDUP, GPU_START_SECONDS, SHORT_SECONDS

# What jobs share: cores and GPUs of one machine; places in the queue of a cluster, and cores where Snakemake runs.
CORES, GPUS, PLACES = "cores", "GPUs", "places"


@dataclass(frozen=True)
class JobAhead:
    """A job that a run will do.

    Attributes
    ----------
    name
        Its log below ``results/<scale>/logs``, without the suffix: says which job it is, and where to look.
    rule
        Its rule; jobs of one rule are wrong by the same factor, if their estimates are.
    seconds
        Estimated run time.
    needs
        Numbers of the jobs of this run whose results it takes.
    takes
        How much it takes of what the jobs of a run share, e.g. ``{"cores": 1}``.
    """

    name: str
    rule: str
    seconds: float
    needs: frozenset[int]
    takes: Mapping[str, int]


@dataclass(frozen=True)
class RunAhead:
    """The jobs of a run by their numbers, and how much there is of what they share."""

    jobs: Mapping[int, JobAhead]
    shares: Mapping[str, int]


def estimated_seconds(job: Any) -> float:
    """Run time on one core that a job's rule estimates; rules that estimate none take seconds."""
    return float(job.resources.get("estimated_seconds") or SHORT_SECONDS)


def recorded_seconds(file: str | None) -> float | None:
    """Run time that was recorded for a job (Snakemake's `benchmark`), if any."""
    try:
        with Path(file or "").open(newline="") as lines:
            return float(next(csv.DictReader(lines, delimiter="\t"))["s"])
    except (OSError, StopIteration, KeyError, ValueError, TypeError):  # none, or cut off while it was written
        return None


def device_of(job: Any) -> str | None:
    """The device that the settings of a job name, if they name one."""
    settings = job.params.get("settings")
    device = values_of(read_settings(settings)).get("device") if settings else None
    return None if device is None else str(device)


def expected_seconds(job: Any, gpus: int) -> float:
    """Run time of a job with so many GPUs, from its estimate."""
    seconds = estimated_seconds(job)
    # small jobs of such a rule compute on the processor, and hold their GPU meanwhile
    return GPU_START_SECONDS + seconds / GPU_SPEEDUP if gpus and device_of(job) != "cpu" else seconds


def name_of(job: Any) -> str:
    """Short name of a job: its log without folders that all logs share, or its rule."""
    if not job.log:
        return str(job.rule.name)
    log = PurePath(str(job.log[0])).with_suffix("")
    parts = log.parts
    return str(PurePath(*parts[parts.index("logs") + 1 :])) if "logs" in parts else log.name


def jobs_ahead(dag: Any, *, local_rules: Iterable[str] | None = None) -> dict[int, JobAhead]:
    """The jobs that a graph would do, but those that only name a target.

    Parameters
    ----------
    dag
        Graph of jobs, before the first has run, or after a dry run.
    local_rules
        On a cluster the rules whose jobs run where Snakemake runs; None on one machine.
    """
    todo = {job: int(dag.jobid(job)) for job in dag.needrun_jobs(exclude_finished=False) if not job.is_norun}
    local = None if local_rules is None else set(local_rules)
    found = {}
    for job, number in todo.items():
        gpus = int(job.resources.get("gpu") or 0)
        if local is None:
            takes = {CORES: int(job.threads)} | ({GPUS: gpus} if gpus else {})
        else:
            takes = {CORES: int(job.threads)} if job.rule.name in local else {PLACES: 1}
        found[number] = JobAhead(
            name=name_of(job),
            rule=str(job.rule.name),
            seconds=expected_seconds(job, gpus),
            needs=frozenset(todo[other] for other in dag.dependencies[job] if other in todo),
            takes=takes,
        )
    return found


def run_ahead(workflow: Any) -> RunAhead:
    """What a run is about to do: for Snakemake's `onstart`, when the graph is there and no job has begun."""
    if workflow.local_exec:
        shares = {CORES: int(workflow.cores)}
        gpus = workflow.global_resources.get("gpu").value  # None where the profile sets no limit
        shares |= {GPUS: int(gpus)} if gpus is not None else {}
        return RunAhead(jobs_ahead(workflow.dag), shares)
    local_rules = workflow._localrules
    shares = {PLACES: int(workflow.nodes), CORES: int(workflow.resource_settings.local_cores)}
    return RunAhead(jobs_ahead(workflow.dag, local_rules=local_rules), shares)
