"""Verdict of every claim that is decided at this scale, from the tables alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at, read_ledger, tables_of
from fisher_spectra.claims.verdicts import count_verdicts
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.run_job import Job, run_job


def evaluate_claims(*, job: Job, scale: str, ledger: Path) -> pd.DataFrame:
    """One row for each claim of the folder `ledger` that the scale decides, from the tables of ``--parts``."""
    claims = read_ledger(ledger)
    decided = decided_at(claims, scale)
    files = {path.stem: path for path in job.parts}
    missing = [name for name in tables_of(decided) if name not in files]
    if missing:
        raise UserError(f"table {missing[0]}: read by claims of {ledger} but not given with --parts")
    table, unmeasured = evaluate(decided, lambda name: read_table(files[name]))
    for reason in unmeasured:
        print(f"not measured: {reason}", file=sys.stderr)
    left_out = len(claims) - len(table)
    print(f"Of {len(table)} claims {count_verdicts(table)}; {left_out} left out at {scale} scale", file=sys.stderr)
    return table


if __name__ == "__main__":
    run_job(evaluate_claims)
