"""Table of Figure 2: (a) limiting densities of all nonlinearities; (b) spectra of growing width against the limit.

Panel a has n = inf, no sampled density and the features z1 .. z6. Panel b has the Kolmogorov distance between the
spectrum of each network and the limit, mean and standard deviation over networks, repeated in every row of a width;
and below_half_z1_per_unit, the number of eigenvalues below z_1 / 2 divided by n: a share of 1 / 2n that no limit sees.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.binned_spectra import binned_rows, cells_of, density_grid, network_spectra
from fisher_spectra.pennington_worah.bins import LogarithmicBins
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity

FIRST_COLUMNS = ["panel", "nonlinearity", "n", "method", "lambda", "density_theory", "density_empirical"]


def limiting_density(name: str, limit: LimitingSpectrum, points: int) -> pd.DataFrame:
    """Panel a: the density of one nonlinearity on a grid over its support."""
    features = limit.constants.features
    # a little beyond both ends, where the density is zero
    margin = 0.01 * features[5]
    grid = density_grid(limit, np.linspace(max(features[0] - margin, 0.0), features[5] + margin, points))
    atoms = dict(limit.atoms)
    return pd.DataFrame(
        {
            "panel": "a",
            "nonlinearity": name,
            "n": np.inf,
            "method": "limit",
            "lambda": grid,
            "density_theory": limit.density(grid),
            "density_empirical": np.nan,
            "atom_theory": atoms.get(0.0, 0.0),
            **{f"z{k}": feature for k, feature in enumerate(features, start=1)},
        }
    )


def tabulate_fig2(
    parts: pd.DataFrame, nonlinearities: dict[str, Nonlinearity], points: int, bins: LogarithmicBins
) -> pd.DataFrame:
    """One row for each point of a limiting density, `points` of each nonlinearity, and of the density of a width."""
    limits = {name: LimitingSpectrum.of(nonlinearity.activation) for name, nonlinearity in nonlinearities.items()}
    frames = [limiting_density(name, limit, points) for name, limit in limits.items()]
    for name, n, method, rows in cells_of(parts):
        spectra = network_spectra(rows)
        limit = limits[name]
        edge = limit.constants.features[0]
        distances = np.array([spectrum.kolmogorov_distance(limit) for spectrum in spectra])
        frames.append(
            binned_rows(limit, spectra, bins.edges(), density_grid(limit, bins.grid())).assign(
                panel="b",
                nonlinearity=name,
                n=float(n),
                method=method,
                kolmogorov_distance=distances.mean(),
                kolmogorov_distance_std=distances.std(ddof=1) if len(distances) > 1 else np.nan,
                below_half_z1_per_unit=2 * n * np.mean([s.share_below(edge / 2) for s in spectra]),
            )
        )
    frame = pd.concat(frames)
    return frame[FIRST_COLUMNS + [column for column in frame.columns if column not in FIRST_COLUMNS]]


if __name__ == "__main__":
    run_job(tabulate_fig2)
