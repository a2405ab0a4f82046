"""All eigenvalues of Theta / M and of its block diagonal, for a block of random networks."""

from __future__ import annotations

import pandas as pd
import scipy

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import block_diagonal_eigenvalues, sample_orthogonal_network
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.theta import scaled_theta
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs


def sample_theta_spectra(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    isometry: HardTanh,
    depth: int,
    samples: int,
    width: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Eigenvalues of networks `first` to `stop` - 1 with L = `depth`, N = `samples` and M = `width`."""
    activation = get_activation(isometry.function)
    tables = []
    with job.progress(stop - first, experiment) as progress:
        for number in range(first, stop):
            rng = generator(root_seed, experiment, depth, samples, width, number)
            network = sample_orthogonal_network(rng, width, depth, activation)
            inputs = sphere_inputs(rng, samples, width)
            names = {"function": isometry.function, "L": depth, "N": samples, "M": width, "network": number}
            spectra = {
                "full": scipy.linalg.eigvalsh(scaled_theta(network, inputs), overwrite_a=True),
                "block": block_diagonal_eigenvalues(network, inputs).ravel(),
            }
            tables.append(pd.DataFrame(names | spectra))
            progress.advance()
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(sample_theta_spectra)
