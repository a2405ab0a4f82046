"""Moments and extreme eigenvalues of sampled networks of growing width, against equations (27) and (25).

statistic is m1 or m2, exact for each network, with (27) as theory; or lambda_min or lambda_max, with z_1 and z_6 as
theory: the extreme Ritz values of a Lanczos iteration, an upper and a lower bound of the extreme eigenvalues. Linear
networks, whose z_1 is 0, have no lambda_min. bound is an upper bound of lambda_min and a lower bound of lambda_max in
the limit of large width, from the two directions that belong to each hidden unit; nan for the moments.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.outliers import extreme_bounds


def statistics_of(rows: pd.DataFrame, limit: LimitingSpectrum) -> Iterator[tuple[str, float, pd.Series]]:
    """Name, theory and sampled values, one for each network, of the statistics that the rows of a width hold."""
    constants = limit.constants
    moments = rows[rows["m1"].notna()]
    if len(moments):
        yield "m1", constants.first_moment, moments["m1"]
        yield "m2", constants.second_moment, moments["m2"]
    nodes = rows[rows["node"].notna()].groupby("network")["node"]
    if len(nodes):
        if constants.features[0] > 0:  # else half of the eigenvalues are zero, and the smallest is rounding
            yield "lambda_min", constants.features[0], nodes.min()
        yield "lambda_max", constants.features[5], nodes.max()


def tabulate_moments(parts: pd.DataFrame, nonlinearities: dict[str, Nonlinearity]) -> pd.DataFrame:
    """One row for each nonlinearity, width and statistic, from the moments and the nodes of sampled networks."""
    rows = []
    for name, nonlinearity in nonlinearities.items():
        activation = nonlinearity.activation
        limit = LimitingSpectrum.of(activation)
        extreme = extreme_bounds(activation)
        bounds = {"lambda_min": extreme.smallest_at_most, "lambda_max": extreme.largest_at_least}
        for n, group in parts[parts["nonlinearity"] == name].groupby("n", sort=True):
            for statistic, theory, values in statistics_of(group, limit):
                rows.append(
                    {
                        "nonlinearity": name,
                        "n": n,
                        "statistic": statistic,
                        "theory": theory,
                        "empirical_mean": values.mean(),
                        "empirical_std": values.std(ddof=1),
                        "relative_deviation": values.mean() / theory - 1,
                        "n_networks": len(values),
                        "bound": bounds.get(statistic, np.nan),
                    }
                )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_moments)
