"""Follow networks along training around their own critical learning rate: one row for each run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs, sample_network
from fisher_spectra.training.grid.catapult import (
    LARGEST_SINGLE,
    Step,
    doubling_steps,
    follow_training,
    largest_fisher_eigenvalue,
)
from fisher_spectra.training.hopeless_loss import hopeless_loss
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
    measured = sorted({*doubling_steps(steps_late), steps_early, steps})
    rows = []
    total = len(widths) * trials * len(momenta) * factors.number
    with job.progress(total, f"catapult {activation}") as progress:
        for width in widths:
            layers = (*[width] * depth, outputs)
            cell = {"activation": activation, "function": function, "sigma_w2": sigma_w2, "sigma_b2": sigma_b2}
            cell |= {"L": depth, "M": width, "T": samples}
            for trial in range(trials):
                rng = generator(root_seed, "karakida_catapult", activation, width, trial)
                x = gaussian_inputs(rng, samples, width)
                teacher, student = (sample_network(rng, layers, phi, sigma_w2, sigma_b2) for _ in range(2))
                y = forward(teacher, x).outputs
                start = largest_fisher_eigenvalue(student, x)
                for momentum in momenta:
                    give_up = min(hopeless_loss(loss_lenient, momentum, steps_late), LARGEST_SINGLE)
                    for factor in factors.values():
                        step = Step.at(factor, start, momentum)
                        run = follow_training(student, x, y, step, measured, give_up)
                        ratios = np.array([start, *run.eigenvalue]) / step.stable_eigenvalue
                        rows.append(
                            cell
                            | {"momentum": momentum, "trial": trial, "factor": factor, "eta": step.learning_rate}
                            | {"lambda_0": start}
                            | {"start_loss": run.loss[0], "peak_loss": run.loss.max()}
                            | {"loss_early": run.loss[steps_early], "loss": run.loss[steps]}
                            | {"loss_late": run.loss[steps_late]}
                            # of runs that were given up the last ratios are NaN, and so is their largest
                            | {"peak_ratio": ratios.max(), "end_ratio": ratios[-1], "dead": run.dead[-1]}
                        )
                        progress.advance(note=f"M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(train_catapult)
