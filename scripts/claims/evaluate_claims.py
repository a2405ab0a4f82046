"""Verdict of every claim that is decided at this scale, from the tables alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at, read_ledger, tables_of
from fisher_spectra.claims.verdicts import count_verdicts
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.command_line import job_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--ledger", type=Path, required=True, help="folder of the ledger")
    parser.add_argument("--scale", required=True, help="smoke, laptop or paper")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="the tables that claims read")
    parser.add_argument("--partial", action="store_true", help="leave out claims whose table is not given")
    with run_job(parser, argv) as job:
        a = job.arguments
        claims = read_ledger(a.ledger)
        decided = decided_at(claims, a.scale)
        files = {path.stem: path for path in a.tables}
        if a.partial:
            decided = [claim for claim in decided if claim.table in files]
        missing = [name for name in tables_of(decided) if name not in files]
        if missing:
            raise UserError(f"table {missing[0]}: read by claims of {a.ledger} but not given with --tables")
        table, unmeasured = evaluate(decided, lambda name: read_table(files[name]))
        for reason in unmeasured:
            print(f"not measured: {reason}", file=sys.stderr)
        left_out = len(claims) - len(table)
        print(
            f"Of {len(table)} claims {count_verdicts(table)}; {left_out} left out at {a.scale} scale", file=sys.stderr
        )
        job.write_table(table)
        job.write_provenance(inputs=a.tables)


if __name__ == "__main__":
    main()
