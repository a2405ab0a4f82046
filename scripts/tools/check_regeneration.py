"""Compare the tables of a finished run with the committed references, then the verdicts of all claims.

Exit status 1 if a quantity is over its tolerance or a verdict has changed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from finished_run import ROOT, exit_status, parser_of_run, tables_of_run

from fisher_spectra.checks.claims_of_tables import differences_from_tables
from fisher_spectra.checks.regeneration import compare_folders, partial_scales, read_tolerances, table_files
from fisher_spectra.checks.regeneration_page import page, report, text_table
from fisher_spectra.claims.ledger import decided_at, read_ledger
from fisher_spectra.claims.verdicts import count_verdicts, verdict_changes
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.workflow.verification import refuse_faults


def check(arguments: argparse.Namespace) -> bool:
    """Print what is off and write the page; true if nothing is."""
    references = arguments.references / arguments.scale
    if not references.is_dir():
        raise UserError(
            f"{references}: no references for this scale; `make references SCALE={arguments.scale}` makes them"
        )
    results, now = tables_of_run(arguments)
    before = table_files(references)
    if arguments.only:
        unknown = [name for name in arguments.only if name not in before]
        if unknown:
            raise UserError(f"table {unknown[0]}: not in {references}; it has {', '.join(before)}")
        now, before = ({name: files[name] for name in arguments.only if name in files} for files in (now, before))
    refuse_faults(results, list(now.values()))
    differences = [] if arguments.verdicts_only else compare_folders(now, before, read_tolerances(arguments.references))
    partial = arguments.scale in partial_scales(arguments.references)
    if partial:
        if not (now.keys() & before.keys()) - {"claims"}:
            raise UserError(f"{references}: holds a part of this scale, and this run has no table of it")
        compared = [difference for difference in differences if not difference.one_sided]
        left_out, differences = len(differences) - len(compared), compared
        print(f"{references}: holds a part of this scale; not compared: {left_out} tables and rows of one side only.")
    if "claims" in now:
        ledger = decided_at(read_ledger(arguments.ledger), arguments.scale)
        tables = {name: file for name, file in now.items() if name != "claims"}
        differences += differences_from_tables(read_table(now["claims"]), ledger, tables)
    for line in report(differences, arguments.most):
        print(line)

    changes, claims = [], None
    if "claims" in now and "claims" in before:
        claims = read_table(now["claims"], ["claim", "verdict"])
        changes = verdict_changes(read_table(before["claims"], ["claim", "verdict"]), claims)
        if partial:
            changes = [change for change in changes if "absent" not in (change.before, change.now)]
        print(f"Claims: of {len(claims)}, {count_verdicts(claims)}.")
        if changes:
            rows = [(change.claim, change.before, change.now) for change in changes]
            print("Verdicts that changed:\n" + text_table(("claim", "reference", "now"), rows))
        for _, row in claims[claims["verdict"] == "fails"].iterrows():
            print(
                f"fails: {row['claim']} ({row['location']}): "
                f"predicted {row['predicted']:.4g}, measured {row['measured']:.4g}"
            )

    output = arguments.output or results / "check.html"
    title = f"Regeneration check, {arguments.scale} scale"
    write_text(output, page(title, differences, len(before), changes, claims))
    if differences or changes:
        print(f"\n{len(differences)} differences over tolerance, {len(changes)} changed verdicts; see {output}")
        return False
    if not arguments.verdicts_only:
        print(f"All {len(before)} tables are within tolerance of {references}.")
    return True


def main(argv: Sequence[str] | None = None) -> int:
    parser = parser_of_run(__doc__)
    parser.add_argument("--ledger", type=Path, default=ROOT / "claims", help="folder of the ledger of claims")
    parser.add_argument("--output", type=Path, help="HTML page (default: check.html beside the tables)")
    parser.add_argument("--only", nargs="+", help="compare these tables alone")
    parser.add_argument(
        "--most", type=int, default=20, help="cells shown of each quantity; the page has all (default 20)"
    )
    parser.add_argument(
        "--verdicts-only",
        action="store_true",
        help="compare the verdicts alone: after another seed or on another device",
    )
    arguments = parser.parse_args(argv)
    return exit_status(lambda: check(arguments))


if __name__ == "__main__":
    sys.exit(main())
