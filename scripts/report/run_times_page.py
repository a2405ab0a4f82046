"""Time and memory that each table took, as an HTML page and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.checks.run_times_page import run_times, run_times_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import write_table
from fisher_spectra.jobs.command_line import job_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--table", type=Path, required=True, help="the same as CSV, written too")
    parser.add_argument("--sidecars", type=Path, nargs="+", required=True, help="sidecars of the tables")
    parser.add_argument("--scale", required=True, help="smoke, laptop or paper")
    with run_job(parser, argv) as job:
        a = job.arguments
        frame = run_times(a.sidecars)
        write_table(frame, a.table)
        write_text(a.output, run_times_page(frame, a.scale))


if __name__ == "__main__":
    main()
