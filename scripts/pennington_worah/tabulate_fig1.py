"""Table of Figure 1: sampled and limiting density, from all eigenvalues or from Lanczos quadratures.

The panel is the nonlinearity. Parts with the same nonlinearity, width and method are put together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.pennington_worah.binned_spectra import binned_rows, density_grid, network_spectra
from fisher_spectra.pennington_worah.options import limits_of, nonlinearities_option


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    nonlinearities_option(parser)
    parser.add_argument("--bins", type=int, required=True, help="number of bins between 0 and --largest")
    parser.add_argument("--largest", type=float, required=True, help="upper end of the last bin")
    parser.add_argument("--points-per-bin", type=int, required=True, help="points of the limiting density in each bin")
    with run_job(parser, argv) as job:
        a = job.arguments
        limits = limits_of(a)
        edges = np.linspace(0.0, a.largest, a.bins + 1)
        middles = (np.arange(a.bins * a.points_per_bin) + 0.5) * a.largest / (a.bins * a.points_per_bin)
        frames = []
        for (name, n, method), rows in job.read_parts().groupby(["nonlinearity", "n", "method"], sort=False):
            limit = limits[name]
            binned = binned_rows(limit, network_spectra(rows), edges, density_grid(limit, middles))
            frames.append(binned.assign(panel=name, nonlinearity=name, n=n, method=method))
        frame = pd.concat(frames)
        first = ["panel", "nonlinearity", "n", "method"]
        job.write_table(frame[first + [column for column in frame.columns if column not in first]])
        job.write_provenance()


if __name__ == "__main__":
    main()
