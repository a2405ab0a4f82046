"""Distance between the empirical law of several networks and the limiting one, and between the two maxima."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.atoms import atom_scatter
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.hayase_karakida.signal_propagation import moment_scatter
from fisher_spectra.jobs.run_job import run_job


def tabulate_laws(parts: pd.DataFrame, scatters: float) -> pd.DataFrame:
    """One row for each law, depth and width; intervals around atoms reach `scatters` standard deviations."""
    law_of = functools.cache(limiting_law)  # one for all widths
    rows = []
    for _, group in parts.groupby(["panel", "L", "M"], sort=False):
        first = group.iloc[0]
        function, depth, width = first["function"], int(first["L"]), int(first["M"])
        law = law_of(function, math.nan, depth)
        scatter = atom_scatter(law.atoms, moment_scatter(get_activation(function), law.propagation, width))
        maxima = group.groupby("network")["eigenvalue"].max()
        rows.append(
            {
                "panel": first["panel"],
                "L": depth,
                "M": width,
                "kolmogorov_distance": law.kolmogorov_distance(group["eigenvalue"], scatters * scatter),
                "kolmogorov_distance_of_one": np.mean(
                    [
                        law.kolmogorov_distance(one["eigenvalue"], scatters * scatter)
                        for _, one in group.groupby("network")
                    ]
                ),
                "maximum_theory": law.maximum,
                "maximum_empirical": maxima.mean(),
                "maximum_sem": maxima.std(ddof=1) / np.sqrt(len(maxima)),
                "maximum_scatter": maxima.std(ddof=1),
                "maximum_scatter_theory": scatter[-1] if law.maximum <= law.atoms.positions[-1] * 1.000001 else np.nan,
                "mean_theory": law.moment(1),
                "mean_empirical": group["eigenvalue"].mean(),
                "n_networks": len(maxima),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_laws)
