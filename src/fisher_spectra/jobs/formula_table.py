"""The table of formulas that a job samples, one row for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd

from fisher_spectra.common.erratum import Erratum
from fisher_spectra.jobs.run_job import Job


def formula_table(job: Job, label: str, formulas: Sequence[Callable[[], list[Erratum]]]) -> pd.DataFrame:
    """Sample formulas one after the other.

    Parameters
    ----------
    job, label
        Whose progress is shown, and under which name.
    formulas
        Each samples one formula or several that belong together.

    Returns
    -------
    One row for each, with the fields of `Erratum`.
    """
    found: list[Erratum] = []
    with job.progress(len(formulas), label) as progress:
        for sample in formulas:
            found += sample()
            progress.advance(note=found[-1].place)
    return pd.DataFrame([asdict(one) for one in found])
