"""Eigenvalue statistics of random instances of an own network with scaled hidden widths, one row for each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.layered import Initialisation, dual_fisher_of_pass, forward
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.inputs import inputs_of_networks
from fisher_spectra.own_networks.losses import LossName, curvature_factor, loss_curvature
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue


def sample_networks(
    *,
    job: Job,
    root_seed: int,
    network: str,
    width_factor: float,
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
    loss: LossName,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Mean, second moment and maximum over all P eigenvalues of F, and the largest curvature of the loss."""
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, initialisation, biases=biases).scaled(width_factor)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    parameters = own.ensemble.n_parameters
    rows = []
    with job.progress(stop - first, f"own {network} x{width_factor:g}") as progress:
        for number in range(first, stop):
            rng = generator(root_seed, "own", network, width_factor, number)
            sampled = forward(own.sample(rng), inputs.of(rng))
            dual = dual_fisher_of_pass(sampled, biases)
            maximum = largest_eigenvalue(dual)
            # but for the cross-entropy the curvature is a multiple of F
            of_loss = loss_curvature(dual, sampled.outputs, loss) if loss == "cross_entropy" else None
            factor = curvature_factor(loss, sampled.outputs.shape[1])
            rows.append(
                {
                    "factor": width_factor,
                    "network": number,
                    "mean": float(np.trace(dual)) / parameters,
                    "second_moment": float(np.sum(dual * dual)) / parameters,
                    "maximum": maximum,
                    "curvature": factor * maximum if of_loss is None else largest_eigenvalue(of_loss),
                }
            )
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_networks)
