"""All eigenvalues of the dual Fisher matrix of random instances of an own network, counted in bins."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.dual_fisher import eigenvalues
from fisher_spectra.networks.layered import Initialisation, dual_fisher_of_pass, forward
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.eigenvalue_bins import bin_counts
from fisher_spectra.own_networks.inputs import inputs_of_networks


def sample_spectra(
    *,
    job: Job,
    root_seed: int,
    network: str,
    widths: list[int],
    activation: str | list[str],
    sigma_w2: float | list[float],
    sigma_b2: float | list[float],
    biases: bool,
    initialisation: Initialisation,
    dataset: str,
    normalisation: str,
    input_overlap: float,
    samples: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """One row for each network and bin that holds an eigenvalue, with the order of the matrix."""
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, initialisation, biases=biases)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    rows = []
    with job.progress(stop - first, f"own {network} spectrum") as progress:
        for number in range(first, stop):
            rng = generator(root_seed, "own", network, 1.0, number)
            sampled = forward(own.sample(rng), inputs.of(rng))
            found = eigenvalues(dual_fisher_of_pass(sampled, biases))
            rows += [
                {"network": number, "bin": position, "count": count, "order": len(found), "maximum": float(found.max())}
                for position, count in bin_counts(found).items()
            ]
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_spectra)
