"""Largest eigenvalue of a block of random networks of the sizes that people use, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.sweeps import shapes, sweeps
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.dual_fisher import fisher_statistics
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def sample_finite_size(
    *,
    job: Job,
    root_seed: int,
    activation: str,
    function: str,
    sigma_w2: float,
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    samples: int,
    hidden_scales: Sequence[float],
    sample_numbers: Sequence[int],
    output_numbers: Sequence[int],
    bias_variances: Sequence[float],
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of every shape; biases are drawn but are no parameters of F."""
    phi = get_activation(function)
    points = sweeps(
        inputs=inputs,
        hidden=hidden,
        outputs=outputs,
        samples=samples,
        hidden_scales=hidden_scales,
        sample_numbers=sample_numbers,
        output_numbers=output_numbers,
        bias_variances=bias_variances,
    )
    rows = []
    with job.progress(len(shapes(points)) * (stop - first), f"finite size {activation}") as progress:
        for shape in shapes(points):
            for number in range(first, stop):
                identity = (activation, shape.name, shape.samples, shape.sigma_b2, number)
                rng = generator(root_seed, "karakida_finite_size", *identity)
                network = sample_network(rng, shape.widths, phi, sigma_w2, shape.sigma_b2)
                statistics = fisher_statistics(network, gaussian_inputs(rng, shape.samples, inputs), biases=False)
                rows.append(
                    {
                        "activation": activation,
                        "widths": shape.name,
                        "T": shape.samples,
                        "sigma_b2": shape.sigma_b2,
                        "network": number,
                        "maximum": statistics.maximum,
                    }
                )
                progress.advance(note=f"{shape.name} T={shape.samples}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_finite_size)
