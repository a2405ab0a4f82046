"""Which tables the claims of a ledger read, known without reading a ledger again that has not changed."""

from __future__ import annotations

from pathlib import Path

from fisher_spectra.claims.ledger import files_of_ledger, tables_judged
from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.workflow.kept_answers import kept_answer


def judged_tables(ledger: Path, scale: str) -> list[str]:
    """Names of the tables that the claims of a ledger, a folder, read at a scale.

    Raises
    ------
    UserError
        With one line for the first fault of the ledger.
    """
    digests = {file.name: sha256_of_file(file) for file in files_of_ledger(ledger)}
    return kept_answer(tables_judged, ledger, scale, depends_on=[scale, digests])
