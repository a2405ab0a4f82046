"""Train a block of trials of an own network with scaled hidden widths, with learning rates around the predicted one."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.labels import one_hot
from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.layered import Initialisation, forward
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.inputs import inputs_of_networks
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.columns import column_table
from fisher_spectra.training.grid.gradient_descent import GradientDescent, Loss
from fisher_spectra.training.grid.layered_networks import LayeredShape, Task, train_layered
from fisher_spectra.training.learning_rates import LearningRates


def train_network(
    *,
    job: Job,
    predictions: pd.DataFrame,
    root_seed: int,
    device: str,
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
    targets: Literal["auto", "labels", "teacher"],
    loss: Loss,
    momentum: float,
    rate_factors: LearningRates,
    steps: int,
    divergence_loss: float,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Final losses of trials `first` to `stop` - 1, on all samples at each step.

    A trial draws Gaussian inputs, then a teacher if it learns from one, then its network; of a teacher the
    cross-entropy learns the class with the largest output.
    """
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, initialisation, biases=biases).scaled(width_factor)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    execution = Execution.of_job(device, job.memory_mb)
    job.device = execution.device_name
    predicted = float(predictions.loc[predictions["factor"] == width_factor, "finite_rate"].iloc[0])
    factors = rate_factors.values()
    rates = tuple(float(f"{factor * predicted:.6g}") for factor in factors)
    from_teacher = targets == "teacher" or inputs.labels is None

    def draw(rng: np.random.Generator) -> Task:
        x = inputs.of(rng)
        if from_teacher:
            y = forward(own.sample(rng), x).outputs
            y = np.eye(y.shape[1])[y.argmax(axis=1)] if loss == "cross_entropy" else np.asarray(y)
        else:
            assert inputs.labels is not None
            y = one_hot(inputs.labels, inputs.classes)
        return Task(own.sample(rng), x, y)

    ensemble = own.ensemble
    shape = LayeredShape(
        widths=ensemble.widths,
        activation=ensemble.activations[0],
        batch=samples,
        momentum=momentum,
        activations=ensemble.activations,
        biases=biases,
        loss=loss,
    )
    descent = GradientDescent(rates, steps, momentum, divergence_loss)
    seeds = [generator(root_seed, "own", network, "training", width_factor, trial) for trial in range(first, stop)]
    with job.progress(len(rates) * len(seeds), f"own {network} x{width_factor:g} training") as progress:
        bookkeeping = Bookkeeping(progress, checkpoint_of(job, device, first=first))
        grid = train_layered(shape, descent, draw, seeds, execution, bookkeeping)
    table = column_table(grid, network=network)
    table["trial"] += first
    table.insert(1, "factor", width_factor)
    table.insert(2, "rate_factor", np.repeat(factors, len(seeds)))
    return table


if __name__ == "__main__":
    run_job(train_network)
