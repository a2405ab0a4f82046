"""Draw a figure from its table: PNG and PDF, each of which carries what made it.

What is drawn is a module of `fisher_spectra.plotting`: its `plot` gets the table, which must have its `COLUMNS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.figure_provenance import figure_record
from fisher_spectra.jobs.run_job import job_parser, running
from fisher_spectra.plotting.style import save_figure, use_style


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--plot", required=True, help="module below fisher_spectra.plotting, e.g. karakida.statistics")
    parser.add_argument("--table", type=Path, required=True, help="the table of the figure")
    parser.add_argument("--provenance", type=Path, help="sidecar JSON: digests of both files and of the table, code")
    with running(parser, argv) as job:
        arguments = job.arguments
        name = f"fisher_spectra.plotting.{arguments.plot}"
        job.loads(name)
        drawing = importlib.import_module(name)
        job.uses_results(arguments.table)
        job.settings = {"plot": arguments.plot}
        job.outputs = [job.output, job.output.with_suffix(".pdf")]
        use_style()
        figure = drawing.plot(read_table(arguments.table, drawing.COLUMNS))
        save_figure(figure, job.outputs, figure_record(arguments.table, job.code))
        job.finish()


if __name__ == "__main__":
    main()
