"""The table of claims as an HTML page that sorts and filters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.checks.claims_page import COLUMNS, claims_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.command_line import job_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="the table of claims")
    parser.add_argument("--scale", required=True, help="smoke, laptop or paper")
    with run_job(parser, argv) as job:
        a = job.arguments
        write_text(a.output, claims_page(read_table(a.table, COLUMNS), a.scale))


if __name__ == "__main__":
    main()
