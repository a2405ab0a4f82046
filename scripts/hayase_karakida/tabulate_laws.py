"""Distance between the empirical law of several networks and the limiting one, and between the two maxima."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.atoms import atom_scatter
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.hayase_karakida.signal_propagation import moment_scatter
from fisher_spectra.jobs.command_line import parts_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    parser.add_argument(
        "--scatters", type=float, required=True, help="half width of an atom's interval, in standard deviations"
    )
    with run_job(parser, argv) as job:
        a = job.arguments
        law_of = functools.cache(limiting_law)  # one for all widths
        rows = []
        for (panel, depth, width), group in job.read_parts().groupby(["panel", "L", "M"], sort=False):
            function = group["function"].iloc[0]
            law = law_of(function, math.nan, int(depth))
            scatter = atom_scatter(law.atoms, moment_scatter(get_activation(function), law.propagation, int(width)))
            maxima = group.groupby("network")["eigenvalue"].max()
            rows.append(
                {
                    "panel": panel,
                    "L": depth,
                    "M": width,
                    "kolmogorov_distance": law.kolmogorov_distance(group["eigenvalue"], a.scatters * scatter),
                    "kolmogorov_distance_of_one": np.mean(
                        [
                            law.kolmogorov_distance(one["eigenvalue"], a.scatters * scatter)
                            for _, one in group.groupby("network")
                        ]
                    ),
                    "maximum_theory": law.maximum,
                    "maximum_empirical": maxima.mean(),
                    "maximum_sem": maxima.std(ddof=1) / np.sqrt(len(maxima)),
                    "maximum_scatter": maxima.std(ddof=1),
                    "maximum_scatter_theory": scatter[-1]
                    if law.maximum <= law.atoms.positions[-1] * 1.000001
                    else np.nan,
                    "mean_theory": law.moment(1),
                    "mean_empirical": group["eigenvalue"].mean(),
                    "n_networks": len(maxima),
                }
            )
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
