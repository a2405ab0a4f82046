"""Are the peaks (26) at z_1 and z_4 delta functions? eps |Im G(z + i eps)| against eps, limit and sampled networks.

It tends to the weight of an atom at z as eps goes to 0; without one it vanishes, as sqrt(eps) at an inverse square-root
singularity. Columns: exponent is the slope of log(theory) against log(eps) over the smallest `--fit` values of eps; nan
in empirical and n_networks = 0 where nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.pennington_worah.binned_spectra import poisson_mass
from fisher_spectra.pennington_worah.options import limits_of, nonlinearities_option
from fisher_spectra.pennington_worah.singularities import atom_scaling

PEAKS = {"z1": 0, "z4": 3}


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    nonlinearities_option(parser)
    parser.add_argument("--smallest", type=float, required=True, help="smallest eps")
    parser.add_argument("--largest", type=float, required=True, help="largest eps")
    parser.add_argument("--number", type=int, required=True, help="number of eps, equally spaced on a logarithmic axis")
    parser.add_argument("--fit", type=int, required=True, help="number of the smallest eps that give the exponent")
    with run_job(parser, argv) as job:
        a = job.arguments
        sampled = job.read_parts()
        epsilons = np.geomspace(a.smallest, a.largest, a.number)
        frames = []
        for name, limit in limits_of(a).items():
            of_name = sampled[sampled["nonlinearity"] == name]
            for feature, index in PEAKS.items():
                location = limit.constants.features[index]
                values = atom_scaling(limit, location, epsilons).values  # noqa: PD011 (not a data frame)
                for n, rows in of_name.groupby("n", sort=True):
                    networks = np.array(
                        [
                            poisson_mass(group["eigenvalue"].to_numpy(dtype=np.float64), location, epsilons)
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
                                "epsilon": epsilons,
                                "theory": values,
                                "empirical": networks.mean(axis=0),
                                "empirical_sem": networks.std(axis=0, ddof=1) / np.sqrt(len(networks)),
                                "exponent": atom_scaling(limit, location, epsilons[: a.fit]).exponent,
                                "atom": dict(limit.atoms).get(location, 0.0),
                                "n_networks": len(networks),
                            }
                        )
                    )
        job.write_table(pd.concat(frames))
        job.write_provenance()


if __name__ == "__main__":
    main()
