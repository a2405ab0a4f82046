"""Follow networks along training on batches of data around their own critical learning rate: one row for each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.labels import one_hot
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.training_samples import training_samples
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.training.grid.catapult import Catapult
from fisher_spectra.training.grid.followed_training import Task
from fisher_spectra.training.grid.mini_batch_order import MiniBatchOrder
from fisher_spectra.training.learning_rates import LearningRates


def train_catapult_on_data(
    *,
    job: Job,
    root_seed: int,
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
    momenta: Sequence[float],
    factors: LearningRates,
    trials: int,
    steps: int,
    steps_early: int,
    steps_late: int,
    loss_lenient: float,
) -> pd.DataFrame:
    """As in Figure 2, right, at eta = factor 2 (1 + mu) / lambda_max on all samples at the start."""
    phi = get_activation(function)
    data = load_dataset(dataset)
    job.uses(*data.files)
    # the same samples for every activation, width and trial; a trial has its own order of them
    drawn = training_samples(generator(root_seed, "karakida_catapult_data", "samples"), data, samples, normalisation)
    y = one_hot(drawn.labels, data.n_classes)
    catapult = Catapult(momenta, factors.values(), (steps_early, steps, steps_late), loss_lenient)
    rows = []
    with job.progress(len(widths) * trials * catapult.runs, f"catapult on data {activation}") as progress:
        for width in widths:
            layers = (data.n_features, *[width] * (depth - 1), data.n_classes)
            cell: dict[str, Any] = {"dataset": data.label, "activation": activation, "function": function}
            cell |= {"sigma_w2": sigma_w2, "sigma_b2": sigma_b2, "L": depth, "M": width, "T": samples}
            for trial in range(trials):
                rng = generator(root_seed, "karakida_catapult_data", activation, width, trial)
                student = sample_network(rng, layers, phi, sigma_w2, sigma_b2)
                task = Task(drawn.inputs, y, MiniBatchOrder.draw(rng, samples, batch_size, steps_late))
                for run in catapult.follow(student, task):
                    rows.append(cell | {"trial": trial} | run)
                    progress.advance(note=f"M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(train_catapult_on_data)
