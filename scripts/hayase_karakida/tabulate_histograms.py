"""Histograms of sampled eigenvalues of H_L beside the limiting law in the same bins (Figure 1, Gaussian weights).

With --bin-widths each law has one histogram for each width; with --bins a number of bins up to the largest eigenvalue.
With --theorem-3-2 the closed form of L = 3 stands beside the law computed for any depth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.hayase_karakida.binned_spectra import binned_law, bins_of_width
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.jobs.command_line import parts_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    bins = parser.add_mutually_exclusive_group(required=True)
    bins.add_argument("--bin-widths", type=float, nargs="+", help="widths of the bins")
    bins.add_argument("--bins", type=int, help="number of bins up to the largest eigenvalue")
    parser.add_argument("--theorem-3-2", action="store_true", help="add the closed form of L = 3; nan at other depths")
    with run_job(parser, argv) as job:
        a = job.arguments
        tables = []
        for (panel, weights, depth, width), group in job.read_parts().groupby(
            ["panel", "weights", "L", "M"], sort=False
        ):
            first = group.iloc[0]
            law = limiting_law(first["function"], first["projection_weight"], int(depth), weights == "gaussian")
            # the search for the end of a support that is long and thin overflows harmlessly at its start
            with np.errstate(over="ignore", invalid="ignore"):
                end_of_support = law.maximum
            found = group["eigenvalue"].to_numpy()
            largest = max(end_of_support, found.max())
            for bin_width in a.bin_widths or [1.001 * largest / a.bins]:
                edges = bins_of_width(bin_width, largest)
                table = binned_law(law, found, edges)
                if a.theorem_3_2:
                    closed = theorem_3_2(law.propagation).histogram(edges) if depth == 3 else np.nan
                    table["density_closed_form"] = closed / np.diff(edges)
                names = {"panel": panel, "weights": weights, "L": depth, "M": width, "bin_width": bin_width}
                for position, (name, value) in enumerate(names.items()):
                    table.insert(position, name, value)
                table["n_networks"] = group["network"].nunique()
                # 1 - alpha_1: share of units with phi' below its largest value, in the first layer
                table["deficit"] = law.propagation.laws[0].deficit
                table["maximum_theory"] = end_of_support
                table["maximum_empirical"] = group.groupby("network")["eigenvalue"].max().mean()
                tables.append(table)
        job.write_table(pd.concat(tables, ignore_index=True).astype({"L": np.int64, "M": np.int64}))
        job.write_provenance()


if __name__ == "__main__":
    main()
