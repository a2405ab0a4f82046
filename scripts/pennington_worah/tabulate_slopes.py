"""Does the derivative of the limiting density jump at z_3 and z_5 (section 3.2)? Difference quotients around them.

order is that of the derivative (1, or 2 at z_3) whose difference quotient is in derivative; per_log its change for each
factor e in the distance, from the next smaller distance, nan for the smallest; theory what that tends to for small
distances; jump the slope to the right of the point minus that to the left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.pennington_worah.density_slopes import corners, derivative_near
from fisher_spectra.pennington_worah.options import limits_of, nonlinearities_option


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    nonlinearities_option(parser)
    parser.add_argument("--smallest", type=float, required=True, help="smallest distance from the point")
    parser.add_argument("--largest", type=float, required=True, help="largest distance")
    parser.add_argument("--number", type=int, required=True, help="number of distances, equal on a logarithmic axis")
    with run_job(parser, argv) as job:
        a = job.arguments
        distances = np.geomspace(a.smallest, a.largest, a.number)
        frames = []
        for name, limit in limits_of(a).items():
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
            raise UserError("--nonlinearity: the spectra of all of them are point masses, without a density to look at")
        job.write_table(pd.concat(frames))
        job.write_provenance()


if __name__ == "__main__":
    main()
