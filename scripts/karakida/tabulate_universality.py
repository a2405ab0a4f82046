"""Table of other laws, inputs and layers: statistics of sampled networks beside the theory of their own moments."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from fisher_spectra.finite_size.bias_laws import order_parameters_of_bias_law
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.variables import OrderParameters, order_parameters
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.universality import Base, Case, cases
from fisher_spectra.own_networks.moments import infinite_width_of


def fields_of(case: Case) -> tuple[OrderParameters, OrderParameters]:
    """With the biases' own law, and with that of the paper, which takes every bias for Gaussian; of any width."""
    ensemble = _ensemble(case, 1, 1)
    gaussian = order_parameters(ensemble, case.moment, case.overlap)
    if case.biases == "gaussian":
        return gaussian, gaussian
    return order_parameters_of_bias_law(ensemble, case.biases, case.moment, case.overlap), gaussian


def _ensemble(case: Case, width: int, outputs: int) -> LayeredEnsemble:
    shape = [*[width] * len(case.sigma_w2), outputs]
    return layered_ensemble(shape, case.functions, case.sigma_w2, case.sigma_b2)


def tabulate_universality(parts: pd.DataFrame, activations: dict[str, Base], depth: int) -> pd.DataFrame:
    """One row for each case, width and statistic."""
    known = {(case.group, case.name, case.activation): case for case in cases(activations, depth)}
    fields = {key: fields_of(case) for key, case in known.items()}
    rows = []
    for _, group in parts.groupby(["group", "case", "activation", "M"], sort=False):
        first = group.iloc[0]
        settings = {name: first[name] for name in ("group", "case", "activation", "M", "T", "L", "C")}
        key = (first["group"], first["case"], first["activation"])
        ensemble = _ensemble(known[key], int(first["M"]), int(first["C"]))
        own, gaussian = (infinite_width_of(ensemble, one, int(first["T"])) for one in fields[key])
        for statistic, theory in asdict(own).items():
            sampled = group[statistic]
            rows.append(
                settings
                | {"statistic": statistic, "theory": theory, "gaussian_biases": getattr(gaussian, statistic)}
                | {"empirical_mean": sampled.mean(), "empirical_sem": sampled.std(ddof=1) / np.sqrt(len(sampled))}
                | {"n_seeds": len(sampled)}
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_universality)
