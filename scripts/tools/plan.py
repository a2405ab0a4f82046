"""What a scale will take, before anything runs: jobs, core hours, GPU hours, memory and disk of each figure.

Times are those recorded by an earlier run of the same job where there is one, else estimates from the sizes of its
arrays (marked ~). A job that several figures need counts in each of them, and once in the total. Disk is what the
results will take, with logs and records; data sets lie beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from run_options import add_run_options, settings_of_run
from snakemake.api import SnakemakeApi
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.jobs_ahead import estimated_seconds, expected_seconds, recorded_seconds
from fisher_spectra.workflow.overrides import read_overrides
from fisher_spectra.workflow.targets import check_targets

ROOT = Path(__file__).resolve().parents[2]

# kB of a file by its suffix, rounded up from those of the laptop scale
KILOBYTES = {".csv": 60, ".json": 6, ".png": 300, ".pdf": 120}
RECORDS_KILOBYTES = 8  # log, benchmark and Snakemake's notes of a job
COLUMNS = ("jobs", "core hours", "GPU hours", "longest job", "memory", "disk")


@dataclass(frozen=True)
class Cost:
    """What a job will take."""

    core_seconds: float
    gpu_seconds: float
    seconds: float
    recorded: bool
    memory_mb: int
    kilobytes: float


def kilobytes(file: str) -> float:
    """Size of an output: what it has, or what files of its kind have."""
    path = Path(file)
    if path.is_file():
        return path.stat().st_size / 1000
    if path.suffix == ".npz" and path.stem in DATASETS:
        return DATASETS[path.stem].bytes / 1000
    return KILOBYTES.get(path.suffix, 100)


def gpus_of_rules(profile: str) -> dict[str, int]:
    """Number of GPUs that a profile gives to each job of a rule, by rule."""
    content = yaml.safe_load((ROOT / "profiles" / profile / "profile.yaml").read_text()) or {}
    return {rule: int(given["gpu"]) for rule, given in content.get("set-resources", {}).items() if "gpu" in given}


def cost_of(job: Any, gpus_by_rule: Mapping[str, int]) -> Cost:
    """Cost of one job of Snakemake's graph, where the rules have so many GPUs."""
    recorded = recorded_seconds(job.benchmark)
    gpus = gpus_by_rule.get(job.rule.name, job.resources.get("gpu") or 0)
    seconds = recorded if recorded is not None else expected_seconds(job, gpus)
    return Cost(
        core_seconds=seconds * job.threads,
        gpu_seconds=seconds * gpus,
        seconds=seconds,
        recorded=recorded is not None,
        memory_mb=job.resources.get("mem_mb", 0),
        kilobytes=RECORDS_KILOBYTES + sum(map(kilobytes, map(str, job.output))),
    )


def request_of(job: Any, local_rules: set[str]) -> dict[str, Any]:
    """What a job asks for, whether it runs where Snakemake runs, and where its cost is recorded."""
    return {
        "rule": job.rule.name,
        "benchmark": job.benchmark,
        "is_local": job.rule.name in local_rules,
        **{name: job.resources.get(name) for name in ("mem_mb", "runtime", "gpu")},
        "estimated_seconds": estimated_seconds(job),
    }


def graph(settings: Mapping[str, Any], targets: set[str], *, everything: bool = True) -> Any:
    """Snakemake's graph of every job of a run with such settings, or of those that it would do now."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        SnakemakeApi(OutputSettings(quiet={Quietness.ALL}, dryrun=True)) as api,
    ):
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(config=dict(settings)),
            snakefile=ROOT / "Snakefile",
        )
        dag = workflow.dag(DAGSettings(targets=targets, forceall=everything))
        dag.execute_workflow(executor="dryrun")
        return workflow._workflow.dag


def needed_by(dag: Any, job: Any) -> set[Any]:
    """The jobs that do something for the target `job`."""
    seen, waiting = set(), [job]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += dag.dependencies[current]
    return {other for other in seen if not other.is_norun}


def figures(dag: Any) -> Iterator[tuple[str, set[Any]]]:
    """Each figure by its name, with the jobs it needs."""
    for job in sorted(dag.jobs, key=lambda one: one.rule.name):
        drawings = [Path(file).stem for file in map(str, job.output) if file.endswith(".png")]
        for name in drawings:
            yield name, needed_by(dag, job)


def row(name: str, costs: Iterable[Cost]) -> list[str]:
    """One line of the plan."""
    costs = list(costs)
    mark = "" if all(cost.recorded for cost in costs) else "~"
    longest = max(cost.seconds for cost in costs)
    return [
        name,
        str(len(costs)),
        f"{mark}{sum(cost.core_seconds for cost in costs) / 3600:.2f}",
        f"{mark}{sum(cost.gpu_seconds for cost in costs) / 3600:.2f}",
        f"{mark}{longest / 60:.1f} min",
        f"{max(cost.memory_mb for cost in costs) / 1000:.1f} GB",
        f"{sum(cost.kilobytes for cost in costs) / 1000:.1f} MB",
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_run_options(parser)
    parser.add_argument("--profile", default="default", help="folder below profiles/, for the GPUs it gives to rules")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting that differs from the scale's, such as hayase_karakida.fig4_right.trials=3; may be repeated",
    )
    parser.add_argument("--jobs", action="store_true", help="print every job with what it asks for, as JSON")
    parser.add_argument("targets", nargs="*", default=[], help="figures; all if none is given")
    arguments = parser.parse_args(argv)
    if not (ROOT / "profiles" / arguments.profile / "profile.yaml").is_file():
        print(f"error: PROFILE = {arguments.profile!r}: there is no such folder in profiles/", file=sys.stderr)
        return 1
    gpus = gpus_of_rules(arguments.profile)
    os.environ["GPU_RULES"] = " ".join(gpus)  # as `run_workflow.py` tells the rules
    try:
        settings = read_overrides(arguments.config) | settings_of_run(arguments)
        check_targets(arguments.targets, load_configuration(ROOT, settings))
        dag = graph(settings, set(arguments.targets) or {"all"})
    except (UserError, RuleException, WorkflowError) as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    if arguments.jobs:
        local_rules = dag.workflow._localrules  # `job.is_local` holds for every job of a dry run
        print(json.dumps([request_of(job, local_rules) for job in dag.jobs if not job.is_norun], indent=1))
        return 0
    costs = {job: cost_of(job, gpus) for job in dag.jobs if not job.is_norun}
    table = [["figure", *COLUMNS]]
    table += [row(name, [costs[job] for job in jobs]) for name, jobs in figures(dag)]
    table.append(row("in all", costs.values()))
    lengths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = [line[0].ljust(lengths[0])] + [cell.rjust(n) for cell, n in zip(line[1:], lengths[1:], strict=True)]
        print("  ".join(cells).rstrip())
    if any(not cost.recorded for cost in costs.values()):
        print("~ estimated; a finished run of the same scale replaces estimates by what it recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
