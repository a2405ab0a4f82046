"""Compare the bytes of all tables of a finished run in the exact mode with those committed; or keep them (--write).

Exit status 1 if a table is another one: the first row and column that differ, and by how much.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.checks.exact_check import FOLDER, partings, read_cells, read_hashes, records
from fisher_spectra.checks.regeneration import table_files
from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.exact import folder_of
from fisher_spectra.workflow.verification import refuse_faults

ROOT = Path(__file__).resolve().parents[2]


def check(arguments: argparse.Namespace) -> bool:
    """Say which tables are not the committed ones; true if all are."""
    results = arguments.results / folder_of(arguments.scale, exact=True)
    now = table_files(results / "tables", results / "claims.csv")
    if not now:
        raise UserError(
            f"{results / 'tables'}: holds no table; `make figures SCALE={arguments.scale} EXACT=1` makes them"
        )
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="laptop", help="smoke, laptop or paper")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of the results of all scales")
    parser.add_argument("--references", type=Path, default=ROOT / "references", help="folder of the references")
    parser.add_argument("--write", action="store_true", help="keep the bytes of this run as those to compare with")
    try:
        return 0 if check(parser.parse_args(argv)) else 1
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
