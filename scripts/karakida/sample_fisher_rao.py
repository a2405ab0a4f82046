"""Fisher-Rao norm of a block of random networks, one row for each (Theorem 5).

The norm is a sum over the outputs, so its mean is C times that of one output; the table holds the norm over C. With
one output it scatters like the square of a Gaussian variable, with many outputs a few networks suffice.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.sampled_fisher_rao_norm import sampled_fisher_rao_norm
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def sample_fisher_rao(
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
) -> pd.DataFrame:
    """Norms over C of networks `first` to `stop` - 1 in each cell (L, M, T, C)."""
    phi = get_activation(function)
    rows = []
    with job.progress(len(cells) * (stop - first), f"{experiment} {activation}") as progress:
        for depth, width, samples, outputs in cells:
            for number in range(first, stop):
                rng = generator(root_seed, experiment, activation, width, samples, depth, outputs, number)
                network = sample_network(rng, [*[width] * depth, outputs], phi, sigma_w2, sigma_b2)
                norm = sampled_fisher_rao_norm(network, gaussian_inputs(rng, samples, width))
                rows.append(
                    {
                        "activation": activation,
                        "M": width,
                        "T": samples,
                        "L": depth,
                        "C": outputs,
                        "function": function,
                        "sigma_w2": sigma_w2,
                        "sigma_b2": sigma_b2,
                        "network": number,
                        "norm_per_output": norm / outputs,
                    }
                )
                progress.advance(note=f"L={depth} M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_fisher_rao)
