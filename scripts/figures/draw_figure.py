"""Draw a figure from its table: PNG and PDF, each of which carries what made it.

What is drawn is a module of `fisher_spectra.plotting`: its `plot` gets the table, which must have its `COLUMNS`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.figure_provenance import figure_record
from fisher_spectra.jobs.run_job import job_parser, running
from fisher_spectra.jobs.source_code import code_of
from fisher_spectra.plotting.style import save_figure, use_style


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--plot", required=True, help="module below fisher_spectra.plotting, e.g. karakida.statistics")
    parser.add_argument("--table", type=Path, required=True, help="the table of the figure")
    with running(parser, argv) as job:
        arguments = job.arguments
        name = f"fisher_spectra.plotting.{arguments.plot}"
        code = code_of(Path(sys.argv[0]), [name])
        drawing = importlib.import_module(name)
        use_style()
        figure = drawing.plot(read_table(arguments.table, drawing.COLUMNS))
        save_figure(figure, [job.output, job.output.with_suffix(".pdf")], figure_record(arguments.table, code))


if __name__ == "__main__":
    main()
