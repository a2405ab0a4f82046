"""Table of the kinds of layers: largest eigenvalue of sampled networks beside theory, against the width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.cases import LayerCase, LayerCell, layer_cells
from fisher_spectra.layers.prediction import StackPrediction, stack_prediction


def tabulate_layers(
    parts: pd.DataFrame,
    activations: dict[str, Base],
    cases: dict[str, LayerCase],
    widths: Sequence[int],
    samples: int,
) -> pd.DataFrame:
    """A row for each case, activation and width, and one more where the outputs are brought to variance 1.

    That one is of the largest eigenvalue times the network's own least variance, beside theory for centred outputs.
    """
    predicted = cache(stack_prediction)
    networks = dict(iter(parts.groupby(["case", "activation", "M"], sort=False)))
    rows = []
    for cell in layer_cells(activations, cases, widths, samples):
        group = networks[(cell.case, cell.activation, cell.width)]
        rows.append(_row(cell, "maximum", group["maximum"], predicted(cell.stack, cell.samples)))
        if cell.centred is not None:
            centred = predicted(cell.centred, cell.samples)
            rows.append(_row(cell, "own_variance", group["maximum"] * group["least_variance"], centred))
    return pd.DataFrame(rows)


def _row(cell: LayerCell, quantity: str, sampled: pd.Series, prediction: StackPrediction) -> dict[str, object]:
    return (
        cell.key
        | {"quantity": quantity, "theory": prediction.largest_eigenvalue, "branch": prediction.branch}
        | {"infinite_width": max(prediction.uniform, prediction.others)}
        | {"empirical_mean": sampled.mean(), "empirical_std": sampled.std(ddof=1), "n_seeds": len(sampled)}
    )


if __name__ == "__main__":
    run_job(tabulate_layers)
