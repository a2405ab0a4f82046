"""Table of Figure 3: histograms of the eigenvalues of Theta / M and of its block diagonal, beside the limiting law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fisher_spectra.hayase_karakida.binned_spectra import binned_law, bins_of_width
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.jobs.command_line import parts_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    parser.add_argument("--bins", type=int, required=True, help="number of bins up to the largest eigenvalue")
    with run_job(parser, argv) as job:
        found = job.read_parts()
        first = found.iloc[0]
        networks, samples, width = found["network"].nunique(), int(first["N"]), int(first["M"])
        law = limiting_law(first["function"], np.nan, int(first["L"]))
        largest = found[["full", "block"]].to_numpy().max()
        edges = bins_of_width(1.001 * largest / job.arguments.bins, largest)
        # the law is that of H_L, the eigenvalues are those of H_L(x(n)) / N
        table = binned_law(law, samples * found["block"].to_numpy(), samples * edges)
        for name in ("lambda", "bin_low", "bin_high"):
            table[name] /= samples
        for name in ("density_theory", "density_continuous", "density_empirical"):
            table[name] *= samples
        table.insert(0, "panel", "block_diagonal_and_full")
        table.insert(1, "L", int(first["L"]))
        table.insert(2, "M", width)
        table.insert(3, "N", samples)
        for name in ("full", "block"):
            table[f"count_{name}"] = np.diff(np.searchsorted(np.sort(found[name]), edges, side="right"))
        table["count_theory"] = len(found) * table["density_theory"] * (table["bin_high"] - table["bin_low"])
        table["n_networks"] = networks
        job.write_table(table)
        job.write_provenance()


if __name__ == "__main__":
    main()
