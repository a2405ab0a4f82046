"""Table of Figure 2: (a) limiting densities of all nonlinearities; (b) spectra of growing width against the limit.

Panel a has n = inf, no sampled density and the features z1 .. z6. Panel b has the Kolmogorov distance between the
spectrum of each network and the limit, mean and standard deviation over networks, repeated in every row of a width;
and below_half_z1_per_unit, the number of eigenvalues below z_1 / 2 divided by n: a share of 1 / 2n that no limit sees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.pennington_worah.binned_spectra import binned_rows, density_grid, network_spectra
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.options import limits_of, nonlinearities_option

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


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    nonlinearities_option(parser)
    parser.add_argument("--points", type=int, required=True, help="points of each limiting density, evenly spaced")
    parser.add_argument("--bins", type=int, required=True, help="number of bins, equal on a logarithmic axis")
    parser.add_argument("--smallest", type=float, required=True, help="lower end of the first bin")
    parser.add_argument("--largest", type=float, required=True, help="upper end of the last bin")
    parser.add_argument("--points-per-bin", type=int, required=True, help="points of the limiting density in each bin")
    with run_job(parser, argv) as job:
        a = job.arguments
        limits = limits_of(a)
        frames = [limiting_density(name, limit, a.points) for name, limit in limits.items()]
        edges = np.geomspace(a.smallest, a.largest, a.bins + 1)
        number = a.bins * a.points_per_bin
        middles = a.smallest * (a.largest / a.smallest) ** ((np.arange(number) + 0.5) / number)
        for (name, n, method), rows in job.read_parts().groupby(["nonlinearity", "n", "method"], sort=False):
            spectra = network_spectra(rows)
            limit = limits[name]
            edge = limit.constants.features[0]
            distances = np.array([spectrum.kolmogorov_distance(limit) for spectrum in spectra])
            frames.append(
                binned_rows(limit, spectra, edges, density_grid(limit, middles)).assign(
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
        job.write_table(frame[FIRST_COLUMNS + [column for column in frame.columns if column not in FIRST_COLUMNS]])
        job.write_provenance()


if __name__ == "__main__":
    main()
