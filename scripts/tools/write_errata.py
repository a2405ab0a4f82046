"""Write `docs/errata.md` from the ledger and the committed verdicts; with --check, only say whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.claims.errata_document import errata_document
from fisher_spectra.claims.ledger import read_ledger
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.generated_documents import write_or_check
from fisher_spectra.common.tables import read_table


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", type=Path, default=Path("claims"), help="folder of the ledger")
    parser.add_argument("--references", type=Path, default=Path("references"), help="folder of the references")
    parser.add_argument("--scale", default="laptop", help="scale of the verdicts (default laptop)")
    parser.add_argument("--output", type=Path, default=Path("docs/errata.md"), help="the document")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if it is not current")
    arguments = parser.parse_args(argv)
    try:
        table = arguments.references / arguments.scale / "claims.csv"
        text = errata_document(read_ledger(arguments.ledger), read_table(table), arguments.scale)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return write_or_check(arguments.output, text, arguments.check, "scripts/tools/write_errata.py")


if __name__ == "__main__":
    sys.exit(main())
