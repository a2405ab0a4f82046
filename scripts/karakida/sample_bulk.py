"""Eigenvalues beside the largest of a block of random networks, in bins over their mean, one row for each network."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.other_eigenvalues import Bins, bulk_cells, other_eigenvalues
from fisher_spectra.karakida.universality import Base
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def sample_bulk(
    *,
    job: Job,
    root_seed: int,
    activations: dict[str, Base],
    depth: int,
    widths: Sequence[int],
    samples_per_width: Sequence[float],
    bins: Bins,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of each activation, ratio T / M and width."""
    cells = bulk_cells(widths, samples_per_width)
    rows = []
    with job.progress(len(activations) * len(cells) * (stop - first), "bulk") as progress:
        for activation, base in activations.items():
            phi = get_activation(base.function)
            kappa_2 = mean_field(phi, base.sigma_w2, base.sigma_b2, depth).kappa_2
            for ratio, width, samples in cells:
                for number in range(first, stop):
                    rng = generator(root_seed, "karakida_bulk", activation, width, samples, number)
                    network = sample_network(rng, [*[width] * depth, 1], phi, base.sigma_w2, base.sigma_b2)
                    values = eigenvalues(dual_fisher(network, gaussian_inputs(rng, samples, width)))
                    found = other_eigenvalues(values, kappa_2, bins)
                    rows.append(
                        {"activation": activation, "samples_per_width": ratio, "M": width, "T": samples, "L": depth}
                        | {"network": number, "mean": found.mean, "second_moment": found.second_moment}
                        | {"largest": found.largest}
                        | {f"count_{place}": int(count) for place, count in enumerate(found.counts)}
                    )
                    progress.advance(note=f"{activation} M={width} T={samples}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_bulk)
