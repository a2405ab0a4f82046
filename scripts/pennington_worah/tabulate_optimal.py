"""Activations by their conditioning m2/m1^2: f_opt (28), printed and found numerically, and an example of (29).

Curves of the activation (panel "activation": x, value) and of its limiting density (panel "density"); the constants of
each activation are repeated in its rows. `best_saturating` is the best monotone saturating activation of the family
erf(gain (x - threshold)), centred and normalised; `numerical_optimum` the best polynomial up to `--degree`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.pennington_worah.binned_spectra import density_grid
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.optimal_activation import (
    best_monotone_saturating_activation,
    optimal_hermite_activation,
)
from fisher_spectra.pennington_worah.options import nonlinearities_of, nonlinearities_option


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    nonlinearities_option(parser)
    parser.add_argument("--degree", type=int, required=True, help="degree of the polynomials searched")
    parser.add_argument("--starts", type=int, required=True, help="random starts of that search")
    parser.add_argument("--reach", type=float, required=True, help="activations are drawn from -reach to reach")
    parser.add_argument("--points", type=int, required=True, help="points of each curve, evenly spaced")
    with run_job(parser, argv) as job:
        a = job.arguments
        x = np.linspace(-a.reach, a.reach, a.points)
        found = optimal_hermite_activation(a.degree, generator(a.root_seed, "pennington_optimal"), a.starts)
        saturating = best_monotone_saturating_activation()
        polynomial = np.polynomial.HermiteE(
            [0.0, *(found.coefficients / np.sqrt(np.cumprod(np.arange(1.0, a.degree + 1))))]
        )
        curves: dict[str, tuple[ActivationLike | np.polynomial.HermiteE, NonlinearityConstants]] = {
            name: (activation, nonlinearity_constants(activation)) for name, activation in nonlinearities_of(a).items()
        }
        curves["numerical_optimum"] = (polynomial, found.constants)
        curves["best_saturating"] = (saturating.activation, saturating.constants)
        parameters = {"best_saturating": (saturating.activation.gain, saturating.activation.threshold)}
        frames = []
        for name, (function, constants) in curves.items():
            limit = LimitingSpectrum(constants)
            z = constants.features
            gain, threshold = parameters.get(name, (np.nan, np.nan))
            same = {
                "nonlinearity": name,
                "m2_over_m1_squared": constants.conditioning,
                "eta": constants.eta,
                "eta_prime": constants.eta_prime,
                "zeta": constants.zeta,
                "lambda_min": z[0],
                "lambda_max": z[5],
                "gain": gain,
                "threshold": threshold,
            }
            grid = density_grid(limit, np.linspace(max(z[0] - 0.05, 0.0), z[5] + 0.05, a.points))
            # points are numbered: places that follow from a search do not name the same row on every machine
            for panel, places, values in (("activation", x, function(x)), ("density", grid, limit.density(grid))):
                frames.append(
                    pd.DataFrame({**same, "panel": panel, "point": range(len(places)), "x": places, "value": values})
                )
        job.write_table(pd.concat(frames))
        job.write_provenance()


if __name__ == "__main__":
    main()
