"""Time and memory that each table took, as an HTML page and, beside it, as CSV."""

from __future__ import annotations

from fisher_spectra.checks.run_times_page import run_times, run_times_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import write_table
from fisher_spectra.jobs.run_job import Job, run_job


def write_run_times_page(*, job: Job, scale: str) -> None:
    """Write the page of the sidecars of ``--parts``."""
    frame = run_times(job.parts)
    table = job.output.with_suffix(".csv")
    job.outputs = [job.output, table]
    write_table(frame, table)
    write_text(job.output, run_times_page(frame, scale))


if __name__ == "__main__":
    run_job(write_run_times_page)
