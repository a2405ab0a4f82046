"""Take the tables of a finished run as the new references, and print what changes."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fisher_spectra.checks.regeneration import (
    ColumnTolerance,
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
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.workflow.verification import refuse_faults

ROOT = Path(__file__).resolve().parents[2]


def bare(rules: TableTolerance) -> TableTolerance:
    """The same table without any tolerance: every change of a number is one."""
    return replace(rules, columns=dict.fromkeys(rules.columns, ColumnTolerance("every change", exact=True)))


def update(arguments: argparse.Namespace) -> None:
    """Print what changes and copy the tables."""
    results, references = arguments.results / arguments.scale, arguments.references / arguments.scale
    tolerances = read_tolerances(arguments.references)
    now = table_files(results / "tables", results / "claims.csv")
    if not now:
        raise UserError(f"{results / 'tables'}: holds no table; `make figures SCALE={arguments.scale}` makes them")
    refuse_faults(results, list(now.values()))
    before = table_files(references) if references.is_dir() else {}
    strict: dict[str, TableTolerance] = {}
    for name, file in now.items():
        frame = read_table(file)
        rules = tolerances.of(name, list(frame.columns))
        compare_tables(name, frame, frame, rules)  # refuses tolerances that do not fit the table
        strict[name] = bare(rules)

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


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="laptop", help="smoke, laptop or paper")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of the results of all scales")
    parser.add_argument("--references", type=Path, default=ROOT / "references", help="folder of the references")
    parser.add_argument("--most", type=int, default=20, help="changed cells shown of each quantity (default 20)")
    try:
        update(parser.parse_args(argv))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
