"""Follow networks along training around their own critical learning rate: one row for each run."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs, sample_network
from fisher_spectra.training.grid.catapult import Catapult
from fisher_spectra.training.grid.followed_training import Task
from fisher_spectra.training.learning_rates import LearningRates


def train_catapult(
    *,
    job: Job,
    root_seed: int,
    activation: str,
    function: str,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    widths: list[int],
    outputs: int,
    samples: int,
    momenta: Sequence[float],
    factors: LearningRates,
    trials: int,
    steps: int,
    steps_early: int,
    steps_late: int,
    loss_lenient: float,
) -> pd.DataFrame:
    """Students of a teacher on Gaussian inputs as in Figure 2, at eta = factor 2 (1 + mu) / lambda_max at the start."""
    phi = get_activation(function)
    catapult = Catapult(momenta, factors.values(), (steps_early, steps, steps_late), loss_lenient)
    rows = []
    with job.progress(len(widths) * trials * catapult.runs, f"catapult {activation}") as progress:
        for width in widths:
            layers = (*[width] * depth, outputs)
            cell = {"activation": activation, "function": function, "sigma_w2": sigma_w2, "sigma_b2": sigma_b2}
            cell |= {"L": depth, "M": width, "T": samples}
            for trial in range(trials):
                rng = generator(root_seed, "karakida_catapult", activation, width, trial)
                x = gaussian_inputs(rng, samples, width)
                teacher, student = (sample_network(rng, layers, phi, sigma_w2, sigma_b2) for _ in range(2))
                for run in catapult.follow(student, Task(x, forward(teacher, x).outputs)):
                    rows.append(cell | {"trial": trial} | run)
                    progress.advance(note=f"M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(train_catapult)
