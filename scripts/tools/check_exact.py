"""Compare the bytes of all tables of a finished run in the exact mode with those committed; or keep them (--write).

Exit status 1 if a table is another one: the first row and column that differ, and by how much.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from finished_run import exit_status, parser_of_run, tables_of_run

from fisher_spectra.checks.exact_check import FOLDER, partings, read_cells, read_hashes, records
from fisher_spectra.checks.regeneration import table_files
from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.workflow.verification import refuse_faults


def check(arguments: argparse.Namespace) -> bool:
    """Say which tables are not the committed ones; true if all are."""
    results, now = tables_of_run(arguments, exact=True)
    refuse_faults(results, list(now.values()))
    references = table_files(arguments.references / arguments.scale)
    digests, cells = (arguments.references / FOLDER / f"{arguments.scale}{end}" for end in (".sha256", ".cells.csv.gz"))
    if arguments.write:
        for file, content in zip((digests, cells), records(now, references), strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(file) as temporary:
                temporary.write_bytes(content)
        print(f"{digests}: {len(now)} tables")
        return True
    found = partings(now, read_hashes(digests), references, read_cells(cells))
    for parting in found:
        print(parting)
    if found:
        print(f"\n{len(found)} tables are not those of {digests}")
        return False
    print(f"All {len(now)} tables have the bytes of {digests}.")
    return True


def main(argv: Sequence[str] | None = None) -> int:
    parser = parser_of_run(__doc__)
    parser.add_argument("--write", action="store_true", help="keep the bytes of this run as those to compare with")
    arguments = parser.parse_args(argv)
    return exit_status(lambda: check(arguments))


if __name__ == "__main__":
    sys.exit(main())
