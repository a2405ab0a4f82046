"""Eigenvalue statistics of the Fisher information matrix of a block of random networks, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.dual_fisher import count_at_least, dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def sample_networks(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    activation: str,
    function: str,
    sigma_w2: float,
    sigma_b2: float,
    cells: list[tuple[int, int, int, int]],
    first: int,
    stop: int,
    thresholds: Sequence[float] = (),
) -> pd.DataFrame:
    """Statistics of networks `first` to `stop` - 1 in each cell (L, M, T, C), and counts above thresholds."""
    phi = get_activation(function)
    rows = []
    with job.progress(len(cells) * (stop - first), f"{experiment} {activation}") as progress:
        for depth, width, samples, outputs in cells:
            for number in range(first, stop):
                rng = generator(root_seed, experiment, activation, width, samples, depth, outputs, number)
                network = sample_network(rng, [*[width] * depth, outputs], phi, sigma_w2, sigma_b2)
                inputs = gaussian_inputs(rng, samples, width)
                statistics = fisher_statistics(network, inputs)
                row = {
                    "activation": activation,
                    "M": width,
                    "T": samples,
                    "L": depth,
                    "C": outputs,
                    "function": function,
                    "sigma_w2": sigma_w2,
                    "sigma_b2": sigma_b2,
                    "network": number,
                    "mean": statistics.mean,
                    "second_moment": statistics.second_moment,
                    "maximum": statistics.maximum,
                }
                if thresholds:
                    counts = count_at_least(eigenvalues(dual_fisher(network, inputs)), thresholds)
                    row |= {f"count_{k:g}": int(n) for k, n in zip(thresholds, counts, strict=True)}
                rows.append(row)
                progress.advance(note=f"M={width} T={samples}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_networks)
