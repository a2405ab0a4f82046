"""Distance of sampled spectra to the limit of Theorem 1 against the width, for every nonlinearity.

terms names what the networks have beside the terms of the limit: everything (lengths+correlations+curvature), a
selection, or none. theory and gap_theory are the distance and the share in the gap of the spectrum predicted at that
width, nan where there is no prediction or no gap; gap_share that share of networks. Rows of the method "predicted" have
no networks, n_networks = 0.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.finite_width import FiniteWidthSpectrum, RowVariances, keeps_slopes
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.network_terms import TERMS, name_of_terms
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity


def predicted(nonlinearity: Nonlinearity, terms: str, width: int) -> dict[str, float]:
    """Distance and share in the gap of the finite width's spectrum; nan where none is predicted."""
    activation = nonlinearity.activation
    limit = LimitingSpectrum.of(activation)
    if not has_prediction(nonlinearity) or terms == "none":
        return {"theory": np.nan, "gap_theory": np.nan}
    spectrum = FiniteWidthSpectrum(limit, RowVariances.of(activation, terms.split("+")), width)
    distance, gap = spectrum.distance_and_share(limit.constants.features[1], limit.constants.features[3])
    return {"theory": distance, "gap_theory": gap if limit.constants.has_gap else np.nan}


def has_prediction(nonlinearity: Nonlinearity) -> bool:
    """Whether the limit spreads, is not all there is, as of a linear network, and the mean of f''' is zero."""
    activation = nonlinearity.activation
    constants = LimitingSpectrum.of(activation).constants
    return constants.spreads and not constants.is_linear and keeps_slopes(activation)


def tabulate_convergence(
    parts: pd.DataFrame, nonlinearities: dict[str, Nonlinearity], predicted_widths: list[int]
) -> pd.DataFrame:
    """One row for each nonlinearity, selection of terms and width, from the rows of networks and without any."""
    rows = []
    for (name, terms, width), group in parts.groupby(["nonlinearity", "terms", "n"], sort=False):
        n = int(str(width))
        several = len(group) > 1
        row = {"nonlinearity": name, "terms": terms, "n": n, "method": group["method"].iloc[0]}
        for column in ("kolmogorov_distance", "gap_share"):
            row |= {column: group[column].mean(), f"{column}_std": group[column].std(ddof=1) if several else np.nan}
        rows.append(row | predicted(nonlinearities[str(name)], str(terms), n) | {"n_networks": len(group)})
    everything = name_of_terms(TERMS)
    rows += [
        {"nonlinearity": name, "terms": everything, "n": n, "method": "predicted", "n_networks": 0}
        | predicted(nonlinearity, everything, n)
        for name, nonlinearity in nonlinearities.items()
        for n in predicted_widths
        if has_prediction(nonlinearity)
    ]
    return pd.DataFrame(rows).sort_values(["nonlinearity", "terms", "n"], ignore_index=True, kind="stable")


if __name__ == "__main__":
    run_job(tabulate_convergence)
