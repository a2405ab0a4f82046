"""Every figure with what it shows, its verdicts, table, settings and code, as an HTML page: the first of the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fisher_spectra.checks.figures_page import CLAIM_COLUMNS, ShownFigure, figures_page
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.figure_provenance import read_sidecar
from fisher_spectra.jobs.run_job import Job, run_job


def write_figures_page(*, job: Job, scale: str, figures: Mapping[str, Mapping[str, str]]) -> None:
    """Write the page of the pictures of ``--parts`` and tables of ``--predictions``, the last that of the claims."""
    tables = {table.stem: table for table in job.predictions}
    shown = [_shown(picture, tables[picture.stem], figures[picture.stem]) for picture in job.parts]
    claims = read_table(job.predictions[-1], CLAIM_COLUMNS)
    write_text(job.output, figures_page(shown, claims, scale))


def _shown(picture: Path, table: Path, texts: Mapping[str, str]) -> ShownFigure:
    return ShownFigure(
        name=picture.stem,
        title=texts["title"],
        category=texts["category"],
        claim=texts["claim"],
        png=picture.read_bytes(),
        csv=table.read_bytes(),
        table=read_table(table),
        record=read_sidecar(table),
    )


if __name__ == "__main__":
    run_job(write_figures_page)
