"""Table of Figure 1: sampled and limiting density, from all eigenvalues or from Lanczos quadratures.

The panel is the nonlinearity. Parts with the same nonlinearity, width and method are put together.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.binned_spectra import binned_rows, cells_of, density_grid, network_spectra
from fisher_spectra.pennington_worah.bins import EvenBins
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity


def tabulate_fig1(parts: pd.DataFrame, linear: Nonlinearity, erf_1: Nonlinearity, bins: EvenBins) -> pd.DataFrame:
    """One row for each cell and point of its density, from the eigenvalues or the nodes of sampled networks."""
    limits = {
        "linear": LimitingSpectrum.of(linear.activation),
        "erf_1": LimitingSpectrum.of(erf_1.activation),
    }
    frames = []
    for name, n, method, rows in cells_of(parts):
        limit = limits[name]
        binned = binned_rows(limit, network_spectra(rows), bins.edges(), density_grid(limit, bins.grid()))
        frames.append(binned.assign(panel=name, nonlinearity=name, n=n, method=method))
    frame = pd.concat(frames)
    first = ["panel", "nonlinearity", "n", "method"]
    return frame[first + [column for column in frame.columns if column not in first]]


if __name__ == "__main__":
    run_job(tabulate_fig1)
