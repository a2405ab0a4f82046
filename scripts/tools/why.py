"""Say in words what would make a figure, a table or any file run again: which file, parameter or package changed."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from run_options import add_run_options, settings_of_run
from snakemake.api import SnakemakeApi
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.figure_provenance import read_record, read_sidecar
from fisher_spectra.jobs.provenance import pinned
from fisher_spectra.workflow.code import ENVIRONMENT, FOLDER
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.overrides import read_overrides
from fisher_spectra.workflow.rerun_reasons import changed_files, changed_packages, changed_parameters

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 3  # files of a list that are named


class Plan:
    """The jobs that a dry run of the real workflow would run, with what Snakemake noted of their last runs."""

    def __init__(self, target: str, overrides: dict[str, Any]) -> None:
        said = io.StringIO()
        load_configuration(ROOT, overrides)  # refuses in one line what Snakemake would
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            self._build(target, overrides)

    def _build(self, target: str, overrides: dict[str, Any]) -> None:
        settings = OutputSettings(dryrun=True, quiet={Quietness.ALL})
        with SnakemakeApi(settings) as api:
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(config=overrides),
                snakefile=ROOT / "Snakefile",
            )
            inner = workflow._workflow  # what the interface for programs does not hand out: graph and notes
            names = {rule.name for rule in inner.rules}
            if target not in names and not (target.startswith("results/") or Path(target).exists()):
                close = difflib.get_close_matches(target, [name for name in names if not name.endswith("_page")], n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise UserError(f"TARGET = {target!r}: no such figure, table or file{hint}")
            try:
                workflow.dag(DAGSettings(targets={target})).execute_workflow(executor="dryrun")
            except (RuleException, WorkflowError) as error:
                reason = " ".join(str(error).split())
                raise UserError(f"TARGET = {target!r}: cannot be planned: {reason}") from error
            self.dag, self.notes = inner.dag, inner.persistence

    def jobs(self) -> list[Any]:
        """Jobs that would run, in an order in which they could; those that only name a target left out."""
        ordered = [job for level in self.dag.toposorted() for job in sorted(level, key=lambda job: str(job.output))]
        return [job for job in ordered if self.dag.needrun(job) and not job.rule.norun]

    def causes(self, job: Any) -> list[str]:
        """Why a job would run."""
        absent = [file for file in job.output if not Path(file).exists()]
        before = self.notes.input(job.output[0])
        if absent and len(absent) == len(job.output):
            found = ["not made yet" if before is None else "its results are gone"]
        else:
            found = [f"{file} is gone" for file in absent]
            found += [] if before is None else [*self._files(job, before), *self._settings(job)]
        upstream = sorted({other.rule.name for other in self.dag.dependencies[job] if self.dag.needrun(other)})
        found += [f"what {name} makes for it would be made anew" for name in upstream]
        return found or [str(self.dag.reason(job))]

    def _files(self, job: Any, before: Sequence[str]) -> Iterator[str]:
        made = {file for file, other in self._makers(job).items() if self.dag.needrun(other)}
        for file in job.input:
            known = self.notes.input_checksums(job, file) - {None}
            if file in made or file not in before:
                continue
            if known and Path(file).is_file() and known != {f"sha256:{sha256_of_file(file)}"}:
                yield from self._code(job, file) if Path(file).is_relative_to(FOLDER) else [f"{file} changed"]
        now = set(map(str, job.input))
        if gone := sorted(set(before) - now):
            yield f"it no longer uses {_named(gone)}"
        if new := sorted(now - set(before)):
            yield f"it now uses {_named(new)}"

    def _makers(self, job: Any) -> dict[str, Any]:
        return {str(file): other for other, files in self.dag.dependencies[job].items() for file in files}

    def _code(self, job: Any, file: str) -> list[str]:
        """Files and packages that changed since a result was recorded; the file of fingerprints if none was."""
        record = _record_of(job.output)
        now = json.loads(Path(file).read_text(encoding="utf-8"))
        environment = now.pop(ENVIRONMENT)
        found = changed_files(record.get("code", now), now)
        if record.get("requirements_sha256", environment) != environment:
            packages = changed_packages(record.get("versions", {}), pinned())
            found += packages or [f"{ENVIRONMENT} changed{', but no version in it' if 'versions' in record else ''}"]
        return found or [f"{file} changed"]

    def _settings(self, job: Any) -> Iterator[str]:
        output = job.output[0]
        names = {repr(value): name for name, value in job.params.items()}
        present = self.notes._params(job)
        new = {names.get(value, str(number)): value for number, value in enumerate(present)}
        yield from changed_parameters(self.notes.params(output) or [], new)
        if self.notes._code_changed(job, file=output):
            yield f"the command of the rule {job.rule.name} changed"
        if self.notes._software_stack_changed(job, file=output):
            yield "the conda environment or container of the rule changed"


def _record_of(outputs: Sequence[str]) -> dict[str, Any]:
    """What is recorded beside a table or inside a figure; empty where nothing is."""
    for file in map(str, outputs):
        if file.endswith(".json") and (record := read_sidecar(Path(file))):
            return record
        if file.endswith(".png"):
            with contextlib.suppress(UserError):
                return read_record(file)
    return {}


def _named(files: Sequence[str]) -> str:
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    return ", ".join(files[:SHOWN]) + more


def report(plan: Plan, target: str) -> Iterator[str]:
    """Lines for the terminal: each rule that would run, with its reasons and how many of its jobs each concerns."""
    jobs = plan.jobs()
    if not jobs:
        yield f"Nothing would rerun: {target} is up to date."
        return
    rules: dict[str, list[list[str]]] = {}
    for job in jobs:
        rules.setdefault(job.rule.name, []).append(plan.causes(job))
    for name, causes in rules.items():
        fresh = all("not made yet" in found for found in causes)
        number = f" ({len(causes)} jobs)" if len(causes) > 1 else ""
        yield f"{name} would {'run' if fresh else 'rerun'}{number}:"
        for cause in dict.fromkeys(cause for found in causes for cause in found):
            concerned = sum(cause in found for found in causes)
            yield f"  {cause}{f' ({concerned} of them)' if concerned < len(causes) else ''}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="all", help="figure, table, rule or file (default: all)")
    add_run_options(parser)
    parser.add_argument("--config", nargs="*", default=[], help="settings besides the scale, KEY=VALUE")
    arguments = parser.parse_args(argv)
    try:
        overrides = settings_of_run(arguments) | read_overrides(arguments.config)
        for line in report(Plan(arguments.target, overrides), arguments.target):
            print(line)
    except UserError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # what reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
