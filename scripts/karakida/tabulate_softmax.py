"""Table of the softmax: outliers of the cross-entropy and growth beside its minimum, sampled networks and theory."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.plain import plain_stack
from fisher_spectra.layers.prediction import stack_prediction
from fisher_spectra.layers.softmax import SoftmaxPrediction, softmax_prediction
from fisher_spectra.layers.softmax_descent import growth_factor

POINTS = 81  # of the curve of growth
KEYS = ["activation", "C", "M", "T", "L", "quantity", "place", "momentum"]


def tabulate_softmax(parts: pd.DataFrame, activations: dict[str, Base], draws: int) -> pd.DataFrame:
    """One row for each activation, C, M and quantity.

    Theory of an outlier is the mean over Gaussian logits, with the scatter of a network; of an outlier over that for
    the network's own probabilities it is 1. The largest eigenvalue for linear outputs at infinite width (Theorem 4)
    stands beside lambda_1.
    """

    @cache
    def predicted(name: str, outputs: int, width: int, samples: int, depth: int) -> tuple[SoftmaxPrediction, float]:
        stack = plain_stack(activations[name], depth, width, outputs)
        linear = stack_prediction(plain_stack(activations[name], depth, width, 1), samples).uniform
        return softmax_prediction(stack, samples, draws=draws), linear

    rows = []
    for key, group in parts.groupby(KEYS, sort=False):
        settings: dict[str, Any] = dict(zip(KEYS, key, strict=True))
        quantity, place, momentum = settings["quantity"], float(settings["place"]), float(settings["momentum"])
        theory = scatter = linear = np.nan
        if quantity == "outlier":
            prediction, of_linear = predicted(*(settings[name] for name in ("activation", "C", "M", "T", "L")))
            theory, scatter = prediction.outliers[int(place) - 1], prediction.scatter[int(place) - 1]
            linear = of_linear if place == 1.0 else np.nan
        elif quantity == "over_own":
            theory = 1.0
        elif quantity == "growth":
            theory = growth_factor(place, momentum)
        sampled = group["value"]
        rows.append(
            settings
            | {"theory": theory, "scatter": scatter, "linear_outputs": linear}
            | {"empirical_mean": sampled.mean(), "empirical_std": sampled.std(ddof=1), "n_seeds": len(sampled)}
        )
    return pd.DataFrame([*rows, *growth_curves(parts)])


def growth_curves(parts: pd.DataFrame) -> list[dict[str, object]]:
    """Theory of the growth between the smallest and the largest factor, of any network: a row for each point."""
    of_growth = parts[parts["quantity"] == "growth"]
    places = np.linspace(of_growth["place"].min(), of_growth["place"].max(), POINTS)
    settings = {"activation": "any", "C": 0, "M": 0, "T": 0, "L": 0, "quantity": "growth_curve"}
    return [
        settings
        | {"place": place, "momentum": momentum, "theory": growth_factor(float(place), float(momentum))}
        | {"scatter": np.nan, "linear_outputs": np.nan, "empirical_mean": np.nan, "empirical_std": np.nan, "n_seeds": 0}
        for momentum in of_growth["momentum"].unique()
        for place in places
    ]


if __name__ == "__main__":
    run_job(tabulate_softmax)
