"""What theory predicts of an own network, and what sampled and trained networks have: an HTML page and a CSV file."""

from __future__ import annotations

from fisher_spectra.checks.own_network_page import numbers_of_network, own_network_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.jobs.run_job import Job, run_job


def write_own_network_page(*, job: Job, network: str, loss: str, momentum: float) -> None:
    """Write the page of the tables of ``--parts``: statistics against width, and training."""
    frame = numbers_of_network(*(read_table(part) for part in job.parts))
    table = job.output.with_suffix(".csv")
    job.outputs = [job.output, table]
    write_table(frame, table)
    write_text(job.output, own_network_page(frame, network, loss, momentum))


if __name__ == "__main__":
    run_job(write_own_network_page)
