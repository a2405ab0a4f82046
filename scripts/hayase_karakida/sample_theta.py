"""Mean and maximum of the eigenvalues of Theta / M and of its block diagonal, for a block of random networks."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import block_diagonal_eigenvalues, sample_orthogonal_network
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.theta import theta_maximum
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs


def sample_theta(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    varied: str,
    isometry: HardTanh,
    width: int,
    depths: list[int],
    samples: list[int],
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of each depth L and number of inputs N; `varied` is the one that has several."""
    activation = get_activation(isometry.function)
    cells = [(depth, inputs, number) for depth in depths for inputs in samples for number in range(first, stop)]
    rows = []
    with job.progress(len(cells), f"{experiment} against {varied}") as progress:
        for depth, number_of_inputs, number in cells:
            rng = generator(root_seed, experiment, depth, number_of_inputs, width, number)
            network = sample_orthogonal_network(rng, width, depth, activation)
            inputs = sphere_inputs(rng, number_of_inputs, width)
            blocks = block_diagonal_eigenvalues(network, inputs)
            rows.append(
                {
                    "varied": varied,
                    "function": isometry.function,
                    "L": depth,
                    "N": number_of_inputs,
                    "M": width,
                    "network": number,
                    # the trace has the diagonal blocks alone, so both matrices have this mean
                    "mean": blocks.mean(),
                    "maximum_full": theta_maximum(network, inputs) if number_of_inputs > 1 else blocks.max(),
                    "maximum_block": blocks.max(),
                }
            )
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_theta)
