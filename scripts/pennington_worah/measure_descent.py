"""Loss reduction by one optimal gradient step (33) for a family of activations on a block of networks.

One row for each network and member of the family; all members see the same weights, inputs and perturbations.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.pennington_worah.one_step_descent import one_step_descent


def measure_descent(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    family: str,
    function: str,
    alphas: list[float],
    width: int,
    samples: int,
    perturbation: float,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Loss reductions of networks `first` to `stop` - 1, for each of the `alphas` that the function may have."""
    activations = [get_activation(f"{function}(alpha={alpha!r})") for alpha in alphas]
    rows = []
    with job.progress(stop - first, f"{experiment} {family}") as progress:
        for number in range(first, stop):
            # the same for both families: their curves then differ by the activation alone
            rng = generator(root_seed, experiment, width, number)
            results = one_step_descent(activations, width, samples, perturbation, rng)
            for alpha, activation, result in zip(alphas, activations, results, strict=True):
                rows.append(
                    {
                        "family": family,
                        "alpha": alpha,
                        "function": activation.spec,
                        "n": width,
                        "samples": samples,
                        "perturbation": perturbation,
                        "network": number,
                        "loss_reduction": result.loss_reduction,
                        "predicted_network": result.predicted_reduction,
                        "initial_loss": result.initial_loss,
                        "step": result.step,
                    }
                )
            progress.advance(note=f"network {number}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(measure_descent)
