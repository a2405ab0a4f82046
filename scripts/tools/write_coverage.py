"""Write `docs/coverage.md` from the coverage and the ledger; with --check, only say whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.claims.coverage import read_coverage
from fisher_spectra.claims.coverage_document import coverage_document
from fisher_spectra.claims.ledger import read_ledger
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.generated_documents import write_or_check


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", type=Path, default=Path("claims"), help="folder of the ledger and its coverage")
    parser.add_argument("--output", type=Path, default=Path("docs/coverage.md"), help="the document")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if it is not current")
    arguments = parser.parse_args(argv)
    try:
        ledger = read_ledger(arguments.ledger)
        text = coverage_document(read_coverage(arguments.ledger / "coverage", ledger), ledger)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return write_or_check(arguments.output, text, arguments.check, "scripts/tools/write_coverage.py")


if __name__ == "__main__":
    sys.exit(main())
