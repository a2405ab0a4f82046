"""Table of the eigenvalues beside the largest: their moments, edge and law, theory and sampled networks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.finite_size.bulk import bulk_distribution, bulk_moments
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.other_eigenvalues import Bins, distance_of_laws, predicted_mean
from fisher_spectra.karakida.universality import Base

Array = npt.NDArray[np.float64]
MOMENTS = ("mean", "second_moment", "largest")
KEYS = ["activation", "samples_per_width", "M", "T", "L"]


def tabulate_bulk(parts: pd.DataFrame, activations: dict[str, Base], bins: Bins) -> pd.DataFrame:
    """For each activation, ratio T / M and width a row for each moment, the distance of the laws, and each bin.

    The law of a ratio is that of its largest width, with a row for each edge of the bins' parts; over the mean, widths
    tell it apart by the share of the biases alone.
    """
    rows: list[dict[str, object]] = []
    for (activation, _), group in parts.groupby(["activation", "samples_per_width"], sort=False):
        base, widest = activations[str(activation)], int(group["M"].max())
        of_widest = group[group["M"] == widest].iloc[0]
        ensemble = _ensemble(base, widest, int(of_widest["L"]))
        density, law = bulk_distribution(ensemble, int(of_widest["T"]), bins.edges)
        for width, cell in group.groupby("M", sort=False):
            settings = {name: cell.iloc[0][name] for name in KEYS}
            found = _rows_of_moments(cell, base)
            found += _rows_of_law(cell, law, bins)
            if width == widest:
                found += [_row("law", x, np.nan, height, np.nan) for x, height in zip(bins.edges, density, strict=True)]
            rows += [settings | row | {"n_seeds": len(cell)} for row in found]
    return pd.DataFrame(rows)


def _ensemble(base: Base, width: int, depth: int) -> LayeredEnsemble:
    return layered_ensemble([*[width] * depth, 1], base.function, base.sigma_w2, base.sigma_b2)


def _row(
    quantity: str, place: float, paper: float, theory: float, sampled: float, error: float = np.nan
) -> dict[str, object]:
    return {
        "quantity": quantity,
        "lambda": place,
        "paper": paper,
        "theory": theory,
        "empirical_mean": sampled,
        "empirical_sem": error,
    }


def _rows_of_moments(cell: pd.DataFrame, base: Base) -> list[dict[str, object]]:
    """Mean, mean square and largest; in the paper all eigenvalues are equal."""
    width, samples, depth = (int(cell.iloc[0][name]) for name in ("M", "T", "L"))
    field = mean_field(base.function, base.sigma_w2, base.sigma_b2, depth)
    predicted = bulk_moments(_ensemble(base, width, depth), samples)
    papers = (predicted_mean(field, width, samples), 1.0, 1.0)
    theories = (predicted.mean, predicted.second_moment, predicted.edge)
    return [
        _row(name, np.nan, paper, theory, cell[name].mean(), cell[name].std(ddof=1) / np.sqrt(len(cell)))
        for name, paper, theory in zip(MOMENTS, papers, theories, strict=True)
    ]


def _rows_of_law(cell: pd.DataFrame, law: Array, bins: Bins) -> list[dict[str, object]]:
    """Largest distance of the distribution functions, and the densities in each bin; of all networks together."""
    counts = cell[[f"count_{place}" for place in range(bins.number * bins.fine)]].to_numpy()
    summed = np.cumsum(counts.sum(axis=0))
    sampled = np.concatenate([[0.0], summed / summed[-1]])
    distance = _row("kolmogorov", np.nan, np.nan, 0.0, *distance_of_laws(counts, law))
    bars = zip(*bins.coarse(law), bins.coarse(sampled)[1], strict=True)
    return [distance, *(_row("density", centre, np.nan, theory, found) for centre, theory, found in bars)]


if __name__ == "__main__":
    run_job(tabulate_bulk)
