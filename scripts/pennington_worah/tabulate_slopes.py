"""Does the derivative of the limiting density jump at z_3 and z_5 (section 3.2)? Difference quotients around them.

order is that of the derivative (1, or 2 at z_3) whose difference quotient is in derivative; per_log its change for each
factor e in the distance, from the next smaller distance, nan for the smallest; theory what that tends to for small
distances; jump the slope to the right of the point minus that to the left.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.density_slopes import corners, derivative_near
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity


def tabulate_slopes(
    nonlinearities: dict[str, Nonlinearity], smallest: float, largest: float, number: int
) -> pd.DataFrame:
    """One row for each nonlinearity, point and distance, of which there are so many, equal on a logarithmic axis.

    Raises
    ------
    UserError
        If no nonlinearity has such a point.
    """
    distances = np.geomspace(smallest, largest, number)
    frames = []
    for name, nonlinearity in nonlinearities.items():
        limit = LimitingSpectrum.of(nonlinearity.activation)
        for corner in corners(limit.constants):
            near = derivative_near(limit, corner.location, distances)
            derivative = near.first if corner.order == 1 else near.second
            frames.append(
                pd.DataFrame(
                    {
                        "nonlinearity": name,
                        "feature": corner.feature,
                        "location": corner.location,
                        "distance": distances,
                        "order": corner.order,
                        "derivative": derivative,
                        "per_log": np.append(np.nan, np.diff(derivative) / np.diff(np.log(distances))),
                        "theory": corner.per_log,
                        "slope": near.first,
                        "jump": near.jump,
                    }
                )
            )
    if not frames:
        raise UserError("nonlinearities: the spectra of all of them are point masses, without a density to look at")
    return pd.concat(frames)


if __name__ == "__main__":
    run_job(tabulate_slopes)
