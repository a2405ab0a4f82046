"""Take the tables of a finished run as the new references, and print what changes."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from finished_run import exit_status, parser_of_run, tables_of_run

from fisher_spectra.checks.regeneration import (
    TableTolerance,
    Tolerances,
    compare_folders,
    compare_tables,
    partial_scales,
    read_tolerances,
    summary,
    table_files,
)
from fisher_spectra.checks.regeneration_page import report, times
from fisher_spectra.claims.verdicts import verdict_changes
from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.tables import read_table
from fisher_spectra.workflow.verification import refuse_faults


def update(arguments: argparse.Namespace) -> bool:
    """Print what changes and copy the tables; true, as whatever is new is welcome."""
    references = arguments.references / arguments.scale
    tolerances = read_tolerances(arguments.references)
    results, now = tables_of_run(arguments)
    refuse_faults(results, list(now.values()))
    before = table_files(references) if references.is_dir() else {}
    strict: dict[str, TableTolerance] = {}
    for name, file in now.items():
        frame = read_table(file)
        rules = tolerances.of(name, list(frame.columns))
        compare_tables(name, frame, frame, rules)  # refuses tolerances that do not fit the table
        strict[name] = rules.without_tolerance()

    changed = [name for name, file in now.items() if name in before and file.read_bytes() != before[name].read_bytes()]
    differences = compare_folders(now, before, Tolerances(strict, {}))
    for line in report(differences, arguments.most):
        print(line)
    over = compare_folders({name: now[name] for name in changed}, {name: before[name] for name in changed}, tolerances)
    for quantity, number, factor in summary(over):
        print(f"over its tolerance: {quantity}, {number} cells{times(factor)}")
    if "claims" in now and "claims" in before:
        for change in verdict_changes(read_table(before["claims"]), read_table(now["claims"])):
            print(f"verdict: {change.claim}: {change.before} -> {change.now}")

    references.mkdir(parents=True, exist_ok=True)
    for name, file in now.items():
        with atomic_path(references / f"{name}.csv") as temporary:
            shutil.copyfile(file, temporary)
    # of a scale whose references are a part, a run may have been another part
    partial = arguments.scale in partial_scales(arguments.references)
    gone = [] if partial else [name for name in before if name not in now]
    for name in gone:
        before[name].unlink()
    new = [name for name in now if name not in before]
    print(
        f"{references}: {len(changed)} tables changed, {len(new)} new, {len(gone)} gone, "
        f"{len(now) - len(changed) - len(new)} the same"
    )
    return True


def main(argv: Sequence[str] | None = None) -> int:
    parser = parser_of_run(__doc__)
    parser.add_argument("--most", type=int, default=20, help="changed cells shown of each quantity (default 20)")
    arguments = parser.parse_args(argv)
    return exit_status(lambda: update(arguments))


if __name__ == "__main__":
    sys.exit(main())
