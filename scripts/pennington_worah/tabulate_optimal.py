"""Activations by their conditioning m2/m1^2: f_opt (28), printed and found numerically, and an example of (29).

Curves of the activation (panel "activation": x, value) and of its limiting density (panel "density"), and of the best
saturating one as far as it saturates (panel "saturation"); the constants of each activation are repeated in its rows.
`best_saturating` is the best monotone saturating activation of the family erf(gain (x - threshold)), centred and
normalised; `numerical_optimum` the best polynomial up to a degree.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.binned_spectra import density_grid
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.optimal_activation import (
    best_monotone_saturating_activation,
    optimal_hermite_activation,
)


def tabulate_optimal(
    *,
    root_seed: int,
    experiment: str,
    nonlinearities: dict[str, Nonlinearity],
    degree: int,
    starts: int,
    reach: float,
    points: int,
) -> pd.DataFrame:
    """Points of both curves of each activation.

    Parameters
    ----------
    root_seed, experiment
        Seed of the random starts.
    nonlinearities
        Activations that stand beside those that are found.
    degree, starts
        Of the polynomials searched, and random starts of that search.
    reach, points
        Activations are drawn from -reach to reach; each curve at so many points, evenly spaced.
    """
    x = np.linspace(-reach, reach, points)
    farther = np.linspace(-reach, 2.0 * reach, points)  # its threshold is 3.4, and it rises to its end over 2 more
    found = optimal_hermite_activation(degree, generator(root_seed, experiment), starts)
    saturating = best_monotone_saturating_activation()
    polynomial = np.polynomial.HermiteE([0.0, *(found.coefficients / np.sqrt(np.cumprod(np.arange(1.0, degree + 1))))])
    curves: dict[str, tuple[ActivationLike | np.polynomial.HermiteE, NonlinearityConstants]] = {}
    for name, nonlinearity in nonlinearities.items():
        activation = nonlinearity.activation
        curves[name] = (activation, nonlinearity_constants(activation))
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
        grid = density_grid(limit, np.linspace(max(z[0] - 0.05, 0.0), z[5] + 0.05, points))
        # points are numbered: places that follow from a search do not name the same row on every machine
        panels = [("activation", x, function(x)), ("density", grid, limit.density(grid))]
        if name == "best_saturating":
            panels.append(("saturation", farther, function(farther)))
        for panel, places, values in panels:
            frames.append(
                pd.DataFrame({**same, "panel": panel, "point": range(len(places)), "x": places, "value": values})
            )
    return pd.concat(frames)


if __name__ == "__main__":
    run_job(tabulate_optimal)
