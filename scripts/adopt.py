"""Take over tables that were computed elsewhere, if they are what this tree would compute.

`make adopt FROM=<folder>` looks in a folder like `results/paper`, copied from a cluster, for the parts of every table.
A table is adopted if for it and each of its parts

- the command that Snakemake would run here is the one that its sidecar records (settings, seeds, inputs by name),
- every file of code, and the pinned environment, has the recorded SHA-256,
- so have its inputs and the result itself,

and refused with the first reason otherwise. Before anything is copied a random sample of the parts is computed anew.
Snakemake then takes the adopted files for its own: `make figures` draws the figures from them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan import ROOT, graph, needed_by
from snakemake.exceptions import WorkflowError

from fisher_spectra.atomic import atomic_path
from fisher_spectra.provenance import environment_hash, sha256_of_file
from fisher_spectra.tables import read_table

# options that say where files lie or how much memory to use, not what is computed
_WITHOUT_EFFECT = ("--output", "--provenance", "--log", "--memory-mb")
# across machines the last digits differ (promise L2 of docs/promises.md)
RELATIVE, ABSOLUTE = 1e-6, 1e-9


@dataclass(frozen=True)
class Part:
    """A table of the workflow, whole or in part, and the job that would make it here."""

    job: Any
    table: str  # as the workflow names it, e.g. results/paper/tables/karakida_fig1.csv

    @property
    def sidecar(self) -> str:
        return str(Path(self.table).with_suffix(".json"))


def part_of(job: Any) -> Part | None:
    """The table that a job makes with a sidecar, if that is what it makes."""
    outputs = [str(file) for file in job.output]
    tables = [name for name in outputs if name.endswith(".csv") and str(Path(name).with_suffix(".json")) in outputs]
    return Part(job, tables[0]) if tables else None


def settings_of(command: Iterable[str]) -> list[str]:
    """The arguments that say what is computed, without where it goes."""
    kept, skipping = [], False
    for word in command:
        if word.startswith("--"):
            skipping = word in _WITHOUT_EFFECT
        if not skipping:
            kept.append(word)
    return kept


def refusal(part: Part, source: Path, results: str) -> str | None:
    """Why a part that lies in `source` is not what this tree would compute; None if it is."""
    here = {name: source / Path(name).relative_to(results) for name in (part.table, part.sidecar)}
    for name, file in here.items():
        if not file.is_file():
            return f"{name} is not in {source}"
    try:
        record = json.loads(here[part.sidecar].read_text())
        command, code, inputs = record["command"], record["code"], record["inputs"]
        outputs, environment = record["outputs"], record["requirements_sha256"]
    except (json.JSONDecodeError, KeyError) as error:
        return f"{part.sidecar} is no sidecar of a job ({error!r})"
    if list(outputs.values()) != [sha256_of_file(here[part.table])]:
        return f"{part.table} is not the file that its sidecar records"
    if environment != environment_hash():
        return f"{part.table} was made in another environment than envs/requirements.txt"
    if not code:
        return f"{part.sidecar} does not record the code"
    for name, digest in code.items():
        if not (ROOT / name).is_file() or sha256_of_file(ROOT / name) != digest:
            return f"{name} is not what made {part.table}"
    now = shlex.split(part.job.shellcmd)[1:]
    if settings_of([Path(now[0]).name, *now[1:]]) != settings_of(command):
        return f"{part.table} was made with other settings than the configuration's"
    for name, digest in inputs.items():
        near = source / Path(name).relative_to(results) if Path(name).is_relative_to(results) else Path(name)
        if not near.is_file():
            return f"{name}, from which {part.table} was made, is not there"
        if sha256_of_file(near) != digest:
            return f"{name} is not that from which {part.table} was made"
    return None


def same_numbers(one: Path, other: Path) -> str | None:
    """Where two tables differ by more than rounding on another machine; None if nowhere."""
    if one.read_bytes() == other.read_bytes():
        return None
    first, second = read_table(one), read_table(other)
    if list(first.columns) != list(second.columns) or len(first) != len(second):
        return "the tables have other rows or columns"
    for column in first.columns:
        for row, (a, b) in enumerate(zip(first[column], second[column], strict=True)):
            numbers = isinstance(a, int | float) and isinstance(b, int | float)
            close = math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) if numbers else a == b
            if not close and not (numbers and math.isnan(a) and math.isnan(b)):
                return f"{column} of row {row + 1} is {b}, here {a}"
    return None


def audit(part: Part, source: Path, results: str) -> str | None:
    """Compute a part anew; what is wrong with the one in `source`, if anything."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "table.csv"
        words = shlex.split(part.job.shellcmd)
        for option, value in (
            ("--output", again),
            ("--provenance", again.with_suffix(".json")),
            ("--log", "/dev/null"),
        ):
            words[words.index(option) + 1] = str(value)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONHASHSEED": "0",
            **{f"{name}_NUM_THREADS": str(part.job.threads) for name in ("OMP", "MKL", "OPENBLAS")},
        }
        answer = subprocess.run(
            [sys.executable, *words[1:]], env=environment, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            said = answer.stderr.strip().splitlines() or ["no message"]
            return f"computing {part.table} anew failed: {said[-1]}"
        difference = same_numbers(again, source / Path(part.table).relative_to(results))
        return None if difference is None else f"{part.table} is not what is computed here: {difference}"


def device_of(part: Part, source: Path, results: str) -> str:
    """The device that made a part."""
    record = json.loads((source / Path(part.sidecar).relative_to(results)).read_text())
    return str(record["machine"]["device"])


def adopt(parts: Iterable[Part], source: Path, results: str) -> None:
    """Copy parts to their places, whole or not at all, inputs before what is made from them."""
    for part in parts:
        for name in (part.sidecar, part.table):
            with atomic_path(name) as temporary:
                shutil.copyfile(source / Path(name).relative_to(results), temporary)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with `cells` and `tables`, like results/paper")
    parser.add_argument("--scale", default="laptop", help="scale of the results: smoke, laptop or paper")
    parser.add_argument("--audit", type=int, default=3, help="number of parts to compute anew (default 3)")
    parser.add_argument("--seed", type=int, default=None, help="seed of the choice of parts; random if not given")
    arguments = parser.parse_args(argv)
    source, results = arguments.source, f"results/{arguments.scale}"
    if not (source / "tables").is_dir():
        print(f"error: FROM = {str(source)!r}: must be a folder with `tables` in it, like {results}", file=sys.stderr)
        return 1
    if source.resolve() == Path(results).resolve():
        print(f"error: FROM = {str(source)!r}: these are the results of this folder", file=sys.stderr)
        return 1
    try:
        dag = graph(arguments.scale, {"all"})
    except WorkflowError as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    accepted: dict[str, Part] = {}
    refused = 0
    for job in dag.jobs:
        whole = part_of(job)
        if whole is None or Path(whole.table).parent != Path(results) / "tables":
            continue
        parts = [part for other in needed_by(dag, job) if (part := part_of(other)) is not None]
        needed = sorted(parts, key=lambda part: (part.table == whole.table, part.table))  # the whole last
        reason = next(filter(None, (refusal(part, source, results) for part in needed)), None)
        if reason is not None:
            refused += 1
            print(f"refused: {Path(whole.table).stem}: {reason}", file=sys.stderr)
            continue
        accepted |= {part.table: part for part in needed}
    if not accepted:
        print("error: nothing was adopted", file=sys.stderr)
        return 1
    on_cpu = [
        part for part in accepted.values() if "/cells/" in part.table and device_of(part, source, results) == "cpu"
    ]
    rng = random.Random(arguments.seed)
    for part in rng.sample(on_cpu, min(arguments.audit, len(on_cpu))):
        print(f"audit: computing {part.table} anew", file=sys.stderr)
        if wrong := audit(part, source, results):
            print(f"error: {wrong}; nothing was adopted", file=sys.stderr)
            return 1
    adopt(sorted(accepted.values(), key=lambda part: "/tables/" in part.table), source, results)
    touch = [sys.executable, "-m", "snakemake", "--touch", "--cores", "1", "--quiet", "all"]
    touch += ["--config", f"scale={arguments.scale}"]
    touch[touch.index("all") : touch.index("all") + 1] = sorted(accepted)
    subprocess.run(touch, capture_output=True, check=False)
    tables = [name for name in accepted if "/tables/" in name]
    print(f"adopted {len(tables)} tables with {len(accepted) - len(tables)} parts; refused {refused}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
