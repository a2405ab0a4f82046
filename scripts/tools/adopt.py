"""Take over tables that were computed elsewhere, if they are what this tree would compute.

`make adopt FROM=<folder>` looks in a folder like `results/paper`, copied from a cluster, for the parts of every table.
A table is adopted if for it and each of its parts

- the settings and seeds that Snakemake would hand over here are those that its sidecar records,
- the code is that of this tree, file by file but for comments and docstrings, and the packages are the pinned ones,
- the mode is that of the results here: exact, or not,
- its inputs, data sets included, and the result itself have the recorded SHA-256,

and refused with the first reason otherwise. Then every table is made anew from its parts, and a random sample of the
parts that were made on a processor is computed anew; a table that comes out differently, by the tolerances of its
quantities (`references/tolerances.yaml`), in the exact mode at all, is refused too, with exit status 1. Snakemake takes
the adopted files for its own: `make figures` draws the figures from them. docs/cluster.md says what this proves.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from leftovers import LeftoverError
from plan import ROOT, graph, needed_by
from run_options import add_run_options, settings_of_run
from run_workflow import end_last_run, refuse, take_lock, verify_results
from snakemake.exceptions import WorkflowError

from fisher_spectra.checks.regeneration import TableTolerance, compare_tables, read_tolerances
from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.exact import BASELINE, folder_of, variables
from fisher_spectra.jobs.provenance import SEAL, pinned, sha256_of_record
from fisher_spectra.jobs.source_code import code_of, environment_hash
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.overrides import as_entries
from fisher_spectra.workflow.rerun_reasons import changed_packages

# Where a share of a table's rows may stray, one part of many could be all wrong within it: of the rows of a single part
# no more than this share. Strays lie near the border of stability, at a few of a column's learning rates. Our choice.
MOST_STRAYS = 0.5
# what a sidecar must have, and of which kind
_FIELDS = {"machine": dict} | dict.fromkeys(("outputs", "inputs", "code", "versions", "settings"), dict)


@dataclass(frozen=True)
class Part:
    """A table of the workflow, whole or in part, and the job that would make it here."""

    job: Any
    table: str  # as the workflow names it, e.g. results/paper/tables/karakida_fig1.csv

    @property
    def sidecar(self) -> str:
        return str(Path(self.table).with_suffix(".json"))

    @property
    def inputs(self) -> set[str]:
        """Files that its numbers come from: Snakemake's inputs are also the code, and the sidecars of parts."""
        beside = {str(file) for name in ("code", "sidecars") for file in _listed(self.job.input.get(name, []))}
        return {str(Path(file)) for file in self.job.input if str(file) not in beside}


def _listed(files: Any) -> Sequence[str]:
    """The files of an input by its name, which is no list if it is one file."""
    return [files] if isinstance(files, str) else list(files)


@dataclass(frozen=True)
class Delivery:
    """A folder with results of a scale that were made elsewhere."""

    source: Path
    results: str  # where the same results lie here, e.g. results/paper
    exact: bool = False  # whether these are of the exact mode

    def place(self, name: str) -> Path:
        """Where a file lies there; one that is no result of the scale, such as a data set, lies here."""
        return (
            self.source / Path(name).relative_to(self.results)
            if Path(name).is_relative_to(self.results)
            else Path(name)
        )

    def device(self, part: Part) -> str:
        """The device that made a part."""
        return str(json.loads(self.place(part.sidecar).read_text())["machine"]["device"])


def part_of(job: Any) -> Part | None:
    """The table that a job makes with a sidecar, if that is what it makes."""
    outputs = [str(file) for file in job.output]
    tables = [name for name in outputs if name.endswith(".csv") and str(Path(name).with_suffix(".json")) in outputs]
    return Part(job, tables[0]) if tables else None


def parts_of_tables(dag: Any, results: str) -> dict[str, list[Part]]:
    """Every table of the workflow by its name: its parts, and itself last."""
    found = {}
    for job in dag.jobs:
        whole = part_of(job)
        if whole is not None and Path(whole.table).parent == Path(results) / "tables":
            parts = [part for other in needed_by(dag, job) if other is not job and (part := part_of(other))]
            found[Path(whole.table).stem] = [*sorted(parts, key=lambda part: part.table), whole]
    return dict(sorted(found.items()))


def is_record(record: Any) -> bool:
    """Whether this is what `jobs.provenance.write_sidecar` writes, as far as it is compared."""
    if not isinstance(record, dict) or not all(isinstance(record.get(name), kind) for name, kind in _FIELDS.items()):
        return False
    texts = [*record["versions"].values(), record["machine"].get("device")]
    return all(isinstance(text, str) for text in texts)


def refusal(part: Part, delivery: Delivery) -> str | None:
    """Why a part is not what this tree would compute, from what is recorded; None if it is."""
    for name in (part.table, part.sidecar):
        if not delivery.place(name).is_file():
            return f"{name} is not in {delivery.source}"
    try:
        record = json.loads(delivery.place(part.sidecar).read_text(encoding="utf-8"))
    except ValueError:
        record = None
    if not is_record(record):
        return f"{part.sidecar} is no sidecar of a job"
    if record.get(SEAL) != sha256_of_record(record):
        return f"{part.sidecar} was edited"
    if list(record["outputs"].values()) != [sha256_of_file(delivery.place(part.table))]:
        return f"{part.table} is not the file that its sidecar records"
    if record.get("requirements_sha256") != environment_hash():
        return f"{part.table} was made in another environment than envs/requirements.txt"
    if changed := changed_packages(record["versions"], pinned()):
        return f"{part.table} was made with other packages than envs/requirements.txt: {changed[0]}"
    if (fault := mode_fault(record.get("exact"), delivery.exact)) is not None:
        return f"{part.table} was made {fault}"
    code = code_of(Path(command_of(part.job)[0]))
    for name in sorted(code.keys() | record["code"].keys()):
        if name not in record["code"]:
            return f"{part.sidecar} does not record {name}, which makes {part.table} here"
        if record["code"][name] != code.get(name):
            return f"{name} is not what made {part.table}"
    if json.loads(part.job.params.settings) != record["settings"]:
        return f"{part.table} was made with other settings than the configuration's"
    if set(record["inputs"]) != part.inputs:
        return f"{part.sidecar} does not record the inputs of {part.table}"
    for name, digest in record["inputs"].items():
        file = delivery.place(name)
        if not file.is_file():
            return f"{name}, from which {part.table} was made, is not here to compare with: snakemake --cores 1 {name}"
        if sha256_of_file(file) != digest:
            return f"{name} is not that from which {part.table} was made"
    return None


def mode_fault(found: Any, exact: bool) -> str | None:
    """In which mode a part was made, if in another than results here are."""
    if found is None:
        return "without the exact mode, and these results are of it" if exact else None
    if not exact:
        return f"in the exact mode ({found}), and these results are not"
    return (
        None if found == BASELINE else f"with the instructions of {found}, and these results with those of {BASELINE}"
    )


def command_of(job: Any) -> list[str]:
    """The script of a job and its arguments, without what the command sets and calls before."""
    words = shlex.split(job.shellcmd)
    first = next(place for place, word in enumerate(words) if Path(word).parent.parent.name == "scripts")
    return words[first:]


def on_processor(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a job with the processor as its device, where they name one."""
    sections = {place: with_cpu(section) for place, section in settings.get("sections", {}).items()}
    return dict(settings) | {"sections": sections, "job": with_cpu(settings.get("job", {}))}


def with_cpu(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with ``cpu`` as their device, where they have one."""
    return dict(values) | ({"device": "cpu"} if "device" in values else {})


def compute(part: Part, delivery: Delivery, folder: Path, places: Mapping[str, Path | None] | None = None) -> Path:
    """Make a table anew in `folder` from what was delivered; its file.

    Parameters
    ----------
    places
        Inputs that are taken from elsewhere, by name, or left out (None).

    Raises
    ------
    UserError
        If the job fails.
    """
    again = Path(tempfile.mkdtemp(dir=folder)) / "table.csv"
    found = {name: delivery.place(name) for name in map(str, part.job.input)} | dict(places or {})
    found |= {part.table: again, part.sidecar: again.with_suffix(".json")} | dict.fromkeys(
        part.job.log, Path(os.devnull)
    )
    script, *words = command_of(part.job)
    words = [str(place) for word in words if (place := found.get(word, word)) is not None]
    at = words.index("--settings") + 1
    words[at] = json.dumps(on_processor(json.loads(words[at])))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONHASHSEED": "0",
        **{f"{name}_NUM_THREADS": str(part.job.threads) for name in ("OMP", "MKL", "OPENBLAS")},
        **(variables() if delivery.exact else {}),
    }
    command = [sys.executable, script, *words]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode:
        said = answer.stderr.strip().splitlines() or ["no message"]
        raise UserError(f"making {part.table} anew failed: {said[-1].removeprefix('error: ')}")
    return again


def difference(name: str, there: pd.DataFrame, here: pd.DataFrame, rules: TableTolerance) -> str | None:
    """The first quantity of a table that is over its tolerance; None if there is none."""
    for found in compare_tables(name, there, here, rules):
        return f"{found.quantity} of {found.cell} is {found.now}, here {found.reference} ({found.allowed})"
    return None


def without_strays(rules: TableTolerance) -> TableTolerance:
    """The same tolerances for rows of which none may lie outside."""
    columns = {name: dataclasses.replace(rule, strays=0.0) for name, rule in rules.columns.items()}
    return dataclasses.replace(rules, columns=columns)


def of_a_part(rules: TableTolerance) -> TableTolerance:
    """The tolerances for the rows of a single part, of which `MOST_STRAYS` may stray.

    A border that is measured moves in all rows of its column when one trial goes another way: it follows.
    """
    border = rules.columns["border"].reason if "border" in rules.columns else None
    columns = {
        name: dataclasses.replace(rule, strays=MOST_STRAYS, ignore=rule.reason == border) if rule.strays else rule
        for name, rule in rules.columns.items()
    }
    return dataclasses.replace(rules, columns=columns)


def difference_by_part(
    name: str, there: pd.DataFrame, here: pd.DataFrame, others: pd.DataFrame | None, rules: TableTolerance
) -> str | None:
    """As `difference`, for two tables that differ in one part; `others` is the table without it, if there is one."""
    found = difference(name, there, here, rules)
    if found or not any(rule.strays for rule in rules.columns.values()):
        return found
    if others is not None:
        unchanged = set(others.astype(str).itertuples(index=False, name=None))
        reached = [row not in unchanged for row in there.astype(str).itertuples(index=False, name=None)]
        cells = pd.MultiIndex.from_frame(there.loc[reached, list(rules.keys)])
        there, here = (frame[pd.MultiIndex.from_frame(frame[list(rules.keys)]).isin(cells)] for frame in (there, here))
    return difference(name, there, here, of_a_part(rules))


def wrong_table(whole: Part, delivery: Delivery, folder: Path, rules: TableTolerance) -> str | None:
    """What is wrong with a table, made anew from the parts that came with it; None if nothing is.

    From the same parts no row goes another way, so that none may stray.
    """
    here = compute(whole, delivery, folder)
    name = Path(whole.table).stem
    there = read_table(delivery.place(whole.table))
    found = difference(name, there, read_table(here), without_strays(rules))
    return found and f"{whole.table} is not what its parts give: {found}"


def wrong_part(part: Part, whole: Part, delivery: Delivery, folder: Path, rules: TableTolerance) -> str | None:
    """What is wrong with a part of a table, computed anew; None if nothing is.

    Parts have no tolerances, but the quantities of the table have: two tables are compared, one with the part that
    came, one with the part as it is computed here.
    """
    again = compute(part, delivery, folder)
    if again.read_bytes() == delivery.place(part.table).read_bytes():
        return None
    there, here = (read_table(compute(whole, delivery, folder, places)) for places in ({}, {part.table: again}))
    try:
        others = read_table(compute(whole, delivery, folder, {part.table: None}))
    except UserError:  # no table can be made without this part
        others = None
    found = difference_by_part(Path(whole.table).stem, there, here, others, rules)
    return found and f"{part.table} is not what is computed here: {found}"


def take_over(parts: Sequence[Part], delivery: Delivery, settings: Mapping[str, Any]) -> str | None:
    """Copy parts to their places, whole or not at all, and have Snakemake note what made them; why it did not.

    Without its notes Snakemake would not see later that a setting has changed: what it does not take is removed again.
    """
    names = [part.table for part in parts]
    touch = [sys.executable, "-m", "snakemake", *names, "--touch", "--forcerun", *names, "--cores", "1"]
    touch += ["--snakefile", str(ROOT / "Snakefile"), "--config", *as_entries(settings)]
    taken = False
    try:
        for name in [name for part in parts for name in (part.sidecar, part.table)]:
            with atomic_path(name) as temporary:
                shutil.copyfile(delivery.place(name), temporary)
        answer = subprocess.run([*touch, "--quiet", "all"], capture_output=True, text=True, check=False)
        taken = answer.returncode == 0
    except OSError as error:
        return f"{error.filename}: {error.strerror}; nothing was adopted"
    finally:
        if not taken:
            for part in parts:
                Path(part.table).unlink(missing_ok=True)
                Path(part.sidecar).unlink(missing_ok=True)
    said = " ".join(answer.stderr.rpartition("error: ")[2].split())  # without the usage of an option that is refused
    return None if taken else f"Snakemake did not take the files, which are removed again: {said}"


def check(
    tables: Mapping[str, Sequence[Part]], delivery: Delivery, number: int, rng: random.Random
) -> tuple[dict[str, str], str]:
    """Make every table anew from its parts, and so many of the parts; what is wrong with a table, and a summary."""
    rules = read_tolerances(ROOT / "references")
    wrong: dict[str, str] = {}

    def judge(name: str, judgement: Callable[..., str | None], *arguments: Any) -> None:
        try:
            columns = list(read_table(delivery.place(tables[name][-1].table)).columns)
            allowed = rules.of(name, columns)
            reason = judgement(*arguments, allowed.without_tolerance() if delivery.exact else allowed)
        except UserError as error:
            reason = str(error)
        if reason:
            wrong.setdefault(name, reason)

    with tempfile.TemporaryDirectory() as folder:
        print(f"making {len(tables)} tables anew from their parts", file=sys.stderr)
        for name, parts in tables.items():
            judge(name, wrong_table, parts[-1], delivery, Path(folder))
        pairs = [(name, part) for name, parts in tables.items() if name not in wrong for part in parts[:-1]]
        on_cpu = [pair for pair in pairs if delivery.device(pair[1]) == "cpu"]
        sample = rng.sample(on_cpu, min(number, len(on_cpu)))
        for name, part in sample:
            print(f"audit: computing {part.table} anew", file=sys.stderr)
            judge(name, wrong_part, part, tables[name][-1], delivery, Path(folder))
    return wrong, f"audited {len(sample)} of {len(pairs)} parts, {len(pairs) - len(on_cpu)} made on a GPU"


def report(refused: Mapping[str, str]) -> None:
    """Say which tables are refused, and why."""
    for name, reason in refused.items():
        print(f"refused: {name}: {reason}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with `cells` and `tables`, like results/paper")
    add_run_options(parser, ": of the results")
    parser.add_argument("--audit", type=int, default=3, help="number of parts to compute anew (default 3)")
    parser.add_argument("--seed", type=int, default=None, help="seed of the choice of parts; random if not given")
    arguments = parser.parse_args(argv)
    settings = settings_of_run(arguments)
    try:
        configuration = load_configuration(ROOT, settings)
    except UserError as error:
        return refuse(str(error))
    exact = configuration.get("exact", False)
    delivery = Delivery(arguments.source, f"results/{folder_of(configuration['scale'], exact)}", exact)
    origin = f"FROM = {str(arguments.source)!r}"
    if not (arguments.source / "tables").is_dir():
        return refuse(f"{origin}: must be a folder with `tables` in it, like {delivery.results}")
    if arguments.source.resolve() == Path(delivery.results).resolve():
        return refuse(f"{origin}: these are the results of this folder")
    if arguments.audit < 0:
        return refuse(f"AUDIT = {arguments.audit}: must be 0 or more")
    try:
        lock, last_executor = take_lock(Path.cwd())  # held until this process ends
        end_last_run(Path.cwd(), lock, last_executor, "local")
        verify_results(arguments.scale, exact=exact)
        dag = graph(settings, {"all"})
    except (LeftoverError, WorkflowError) as error:
        return refuse(" ".join(str(error).split()))
    tables = parts_of_tables(dag, delivery.results)
    refused = {
        name: reason
        for name, parts in tables.items()
        if (reason := next(filter(None, (refusal(part, delivery) for part in parts)), None))
    }
    report(refused)
    good = {name: parts for name, parts in tables.items() if name not in refused}
    wrong: dict[str, str] = {}
    if good:
        try:
            wrong, audited = check(good, delivery, arguments.audit, random.Random(arguments.seed))
        except UserError as error:
            return refuse(str(error))
        print(audited)
        report(wrong)
        good = {name: parts for name, parts in good.items() if name not in wrong}
    if not good:
        return refuse("nothing was adopted")
    every = list({part.table: part for parts in good.values() for part in parts}.values())
    if fault := take_over(every, delivery, settings):
        return refuse(fault)
    print(f"adopted {len(good)} tables with {len(every) - len(good)} parts; refused {len(refused) + len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
