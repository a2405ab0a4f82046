"""Table of an own network's spectrum: sampled eigenvalues and the predicted bulk in the same bins, and the largest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.own_networks.bulk_of_outputs import bulk_of_outputs
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.eigenvalue_bins import bin_edges
from fisher_spectra.own_networks.inputs import inputs_of_networks

_POINTS = 5  # of the predicted density in each bin


def tabulate_spectrum(
    *,
    job: Job,
    parts: pd.DataFrame,
    predictions: pd.DataFrame,
    root_seed: int,
    network: str,
    widths: list[int],
    activation: str | list[str],
    sigma_w2: float | list[float],
    sigma_b2: float | list[float],
    biases: bool,
    dataset: str,
    normalisation: str,
    input_overlap: float,
    samples: int,
) -> pd.DataFrame:
    """One row for each bin from the smallest to the largest eigenvalue, sampled or predicted.

    Densities are shares of the C T eigenvalues over the width of the bin in ln(lambda). That of theory is of the
    C (T - 1) eigenvalues of the bulk.
    """
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, "gaussian", biases=biases)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    predicted = predictions[predictions["factor"] == 1.0].iloc[0]
    numbers = np.arange(parts["bin"].min(), parts["bin"].max() + 1)
    edges = bin_edges(numbers)
    low, high = edges[:-1], edges[1:]
    points = np.exp(np.log(low)[:, None] + (np.arange(_POINTS) + 0.5) / _POINTS * np.log(high / low)[:, None])
    given = (
        {"overlaps": overlap_matrix(inputs.data)}
        if inputs.data is not None
        else {"samples": samples, "input_overlap": input_overlap}
    )
    density = bulk_of_outputs(own.ensemble, points, **given)
    theory = (points * density).mean(axis=1) * (1.0 - 1.0 / samples)
    counted = parts.assign(share=parts["count"] / parts["order"])
    shares = counted.pivot_table(index="network", columns="bin", values="share", aggfunc="sum")
    densities = shares.reindex(columns=numbers).fillna(0.0).to_numpy() / np.log(high / low)
    largest = parts.groupby("network")["maximum"].first()
    return pd.DataFrame(
        {
            "lambda": np.sqrt(low * high),
            "bin_low": low,
            "bin_high": high,
            "density_theory": theory,
            "density_empirical": densities.mean(axis=0),
            "density_empirical_sem": densities.std(axis=0, ddof=1) / np.sqrt(len(densities)),
            "infinite_maximum": predicted["infinite_maximum"],
            "finite_maximum": predicted["finite_maximum"],
            "empirical_mean": largest.mean(),
            "empirical_std": largest.std(ddof=1),
            "n_seeds": len(largest),
        }
    )


if __name__ == "__main__":
    run_job(tabulate_spectrum)
