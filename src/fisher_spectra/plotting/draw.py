"""The command line of every script that draws a figure: a table in, PNG and PDF out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.jobs.figure_provenance import figure_record
from fisher_spectra.plotting.style import save_figure, use_style


def draw(
    description: str | None,
    plot: Callable[[pd.DataFrame], Figure],
    columns: Sequence[str],
    argv: Sequence[str] | None = None,
) -> None:
    """Read ``--table``, check its columns, plot it, write ``--output`` (PNG) and the PDF beside it.

    Both carry their provenance.
    """
    parser = job_parser(description)
    parser.add_argument("--table", type=Path, required=True, help="the table of the figure")
    with run_job(parser, argv) as job:
        use_style()
        output: Path = job.arguments.output
        table: Path = job.arguments.table
        figure = plot(read_table(table, columns))
        save_figure(figure, [output, output.with_suffix(".pdf")], figure_record(table, sys.argv[0]))
