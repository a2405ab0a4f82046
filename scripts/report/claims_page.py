"""The table of claims as an HTML page that sorts and filters."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.checks.claims_page import COLUMNS, claims_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import require_columns
from fisher_spectra.jobs.run_job import Job, run_job


def write_claims_page(*, job: Job, scale: str, parts: pd.DataFrame) -> None:
    """Write the page of the claims in `parts`."""
    require_columns(parts, COLUMNS, job.parts[0])
    write_text(job.output, claims_page(parts, scale))


if __name__ == "__main__":
    run_job(write_claims_page)
