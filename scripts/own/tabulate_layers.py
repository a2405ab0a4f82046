"""Table of an own network's variables by layer: theory of infinite width and sampled networks."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.layer_variables import VARIABLES, predicted_variables


def tabulate_layers(
    parts: pd.DataFrame,
    predictions: pd.DataFrame,
    widths: list[int],
    activation: str | list[str],
    sigma_w2: float | list[float],
    sigma_b2: float | list[float],
) -> pd.DataFrame:
    """One row for each variable and layer; the theory takes second moment and overlap of the inputs."""
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, "gaussian", biases=True)
    moments = predictions.iloc[0]
    theory = {
        (found.variable, found.layer): found.value
        for found in predicted_variables(own.ensemble, float(moments["input_moment"]), float(moments["input_overlap"]))
    }
    rows = []
    for (variable, layer), group in parts.groupby(["variable", "layer"]):
        rows.append(
            {
                "variable": variable,
                "layer": layer,
                "width": widths[int(str(layer))],
                "theory": theory[str(variable), int(str(layer))],
                "empirical_mean": group["value"].mean(),
                "empirical_std": group["value"].std(ddof=1),
                "n_seeds": len(group),
            }
        )
    return pd.DataFrame(rows).sort_values("variable", key=lambda names: names.map(VARIABLES.index), kind="stable")


if __name__ == "__main__":
    run_job(tabulate_layers)
