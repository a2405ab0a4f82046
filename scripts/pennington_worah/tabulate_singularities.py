"""Are the peaks (26) at z_1 and z_4 delta functions? eps |Im G(z + i eps)| against eps, limit and sampled networks.

It tends to the weight of an atom at z as eps goes to 0; without one it vanishes, as sqrt(eps) at an inverse square-root
singularity. Columns: exponent is the slope of log(theory) against log(eps) over the smallest values of eps; nan
in empirical and n_networks = 0 where nothing is sampled.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.binned_spectra import poisson_mass
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.singularities import Epsilons, atom_scaling

PEAKS = {"z1": 0, "z4": 3}


def tabulate_singularities(
    parts: pd.DataFrame, nonlinearities: dict[str, Nonlinearity], epsilons: Epsilons
) -> pd.DataFrame:
    """One row for each nonlinearity, peak, width and eps, from the eigenvalues of sampled networks."""
    eps = epsilons.values()
    frames = []
    for name, nonlinearity in nonlinearities.items():
        limit = LimitingSpectrum.of(nonlinearity.activation)
        of_name = parts[parts["nonlinearity"] == name]
        for feature, index in PEAKS.items():
            location = limit.constants.features[index]
            values = atom_scaling(limit, location, eps).values  # noqa: PD011 (not a data frame)
            for n, rows in of_name.groupby("n", sort=True):
                networks = np.array(
                    [
                        poisson_mass(group["eigenvalue"].to_numpy(dtype=np.float64), location, eps)
                        for _, group in rows.groupby("network", sort=True)
                    ]
                )
                frames.append(
                    pd.DataFrame(
                        {
                            "nonlinearity": name,
                            "feature": feature,
                            "location": location,
                            "n": n,
                            "epsilon": eps,
                            "theory": values,
                            "empirical": networks.mean(axis=0),
                            "empirical_sem": networks.std(axis=0, ddof=1) / np.sqrt(len(networks)),
                            "exponent": atom_scaling(limit, location, eps[: epsilons.fit]).exponent,
                            "atom": dict(limit.atoms).get(location, 0.0),
                            "n_networks": len(networks),
                        }
                    )
                )
    return pd.concat(frames)


if __name__ == "__main__":
    run_job(tabulate_singularities)
