"""Train columns of Figures 2, right, and C.2: every learning rate and trial at some widths, in mini-batches of data."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.labels import one_hot
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.training_samples import training_samples
from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.columns import column_table
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.mini_batch_order import steps_of_epochs
from fisher_spectra.training.grid.mini_batches import MiniBatches, train_on_data
from fisher_spectra.training.learning_rates import LearningRates


def train_columns_on_data(
    *,
    job: Job,
    root_seed: int,
    device: str,
    experiment: str,
    dataset: str,
    normalisation: str,
    samples: int,
    batch_size: int,
    activation: str,
    function: str,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    widths: list[int],
    learning_rates: LearningRates,
    momentum: float,
    trials: int,
    divergence_loss: float,
) -> pd.DataFrame:
    """Final losses of one epoch of mini-batches, for each width, learning rate and trial."""
    execution = Execution.of_job(device, job.memory_mb)
    job.device = execution.device_name
    data = load_dataset(dataset)
    job.uses(*data.files)
    # the same samples for every activation, width and trial; a trial has its own order of them
    rng = generator(root_seed, experiment, "samples")
    drawn = training_samples(rng, data, samples, normalisation, dtype="float32")
    batches = MiniBatches(drawn.inputs, one_hot(drawn.labels, data.n_classes), batch_size)
    steps = steps_of_epochs(samples, batch_size)
    descent = GradientDescent(learning_rates.values(), steps, momentum, divergence_loss)
    columns = []
    total = len(widths) * learning_rates.number * trials
    with job.progress(total, f"{experiment} {activation}") as progress:
        for width in widths:
            shape = (data.n_features, *[width] * (depth - 1), data.n_classes)
            ensemble = NetworkEnsemble(get_activation(function), shape, sigma_w2, sigma_b2)
            seeds = [generator(root_seed, experiment, activation, width, trial) for trial in range(trials)]
            bookkeeping = Bookkeeping(progress, checkpoint_of(job, device, M=width))
            grid = train_on_data(ensemble, descent, batches, seeds, execution, bookkeeping)
            columns.append(column_table(grid, dataset=data.label, activation=activation, M=width))
    return pd.concat(columns, ignore_index=True)


if __name__ == "__main__":
    run_job(train_columns_on_data)
