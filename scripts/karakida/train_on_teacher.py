"""Train columns of Figure 2, left: every learning rate and trial at some widths, on the outputs of a teacher."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.columns import column_table
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.student_teacher import train_student_teacher
from fisher_spectra.training.learning_rates import LearningRates


def train_on_teacher(
    *,
    job: Job,
    root_seed: int,
    device: str,
    experiment: str,
    activation: str,
    function: str,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    widths: list[int],
    outputs: int,
    samples: int,
    steps: int,
    learning_rates: LearningRates,
    momentum: float,
    trials: int,
    linear_trials: int,
    divergence_loss: float,
) -> pd.DataFrame:
    """Final losses of full-batch training on `samples` Gaussian inputs, for each width, learning rate and trial."""
    networks = linear_trials if function == "linear" else trials
    execution = Execution.of_job(device, job.memory_mb)
    job.device = execution.device_name
    descent = GradientDescent(learning_rates.values(), steps, momentum, divergence_loss)
    columns = []
    total = len(widths) * learning_rates.number * networks
    with job.progress(total, f"{experiment} {activation}") as progress:
        for width in widths:
            ensemble = NetworkEnsemble(get_activation(function), (*[width] * depth, outputs), sigma_w2, sigma_b2)
            seeds = [generator(root_seed, experiment, activation, width, trial) for trial in range(networks)]
            bookkeeping = Bookkeeping(progress, checkpoint_of(job, device, M=width))
            grid = train_student_teacher(ensemble, descent, samples, seeds, execution, bookkeeping)
            columns.append(column_table(grid, dataset="gaussian", activation=activation, M=width))
    return pd.concat(columns, ignore_index=True)


if __name__ == "__main__":
    run_job(train_on_teacher)
