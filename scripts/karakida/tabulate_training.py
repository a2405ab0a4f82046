"""Table of Figures 2 and C.2: mean final losses, diverged fractions, predicted and measured borders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.training.divergence_border import divergence_border

LINES = {"eta_c": "paper", "eta_c_overlap": "overlap", "eta_c_data": "data"}


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="predicted learning rates")
    parser.add_argument("--divergence-loss", type=float, required=True, help="mean loss drawn gray from here on")
    with run_job(parser, argv) as job:
        a = job.arguments
        cells = job.read_parts()
        predictions = pd.concat(map(read_table, a.predictions)).set_index(["dataset", "activation", "M"])
        tables = []
        for (dataset, activation, width), column in cells.groupby(["dataset", "activation", "M"], sort=False):
            table = (
                column.groupby("eta")
                .agg(loss=("loss", "mean"), diverged_fraction=("diverged", "mean"), n_trials=("trial", "size"))
                .reset_index()
            )
            table.insert(0, "dataset", dataset)
            table.insert(1, "activation", activation)
            table.insert(2, "M", width)
            predicted = predictions.loc[(dataset, activation, width)]
            border = divergence_border(table["eta"].to_numpy(), table["diverged_fraction"].to_numpy())
            for line in LINES:
                table[line] = predicted[line]
            table["divergence_loss"] = a.divergence_loss
            table["border"] = border.learning_rate
            table["border_half_width"] = border.half_width
            for line, name in LINES.items():
                table[f"log_distance_{name}"] = border.log_distance(predicted[line])
            tables.append(table)
        job.write_table(pd.concat(tables, ignore_index=True))
        job.write_provenance(inputs=a.predictions)


if __name__ == "__main__":
    main()
