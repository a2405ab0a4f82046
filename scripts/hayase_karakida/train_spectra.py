"""Eigenvalues of H_L before and after online training, at some depths and learning rates (Figure 5).

The eigenvalues are those for the first test samples together; eta = 0 stands for the initial weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.hayase_karakida.conditional_fisher_torch import conditional_eigenvalues
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineDescent, epochs_in_order
from fisher_spectra.training.online.setting import LabelNorm, initial_weights, online_data


def train_spectra(
    *,
    job: Job,
    root_seed: int,
    device: str,
    experiment: str,
    dataset: str,
    samples: int,
    epochs: int,
    label_norm: LabelNorm,
    isometry: HardTanh,
    depths: list[int],
    rates: list[float],
    inputs: int,
    give_up_loss: float,
) -> pd.DataFrame:
    """Eigenvalues of H_L at `inputs` test samples for each depth and learning rate; none where training diverged."""
    execution = Execution.of_job(device, job.memory_mb)
    job.device = execution.device_name
    stored = load_dataset(dataset)
    job.uses(*stored.files)
    activation = get_activation(isometry.function)
    data = online_data(generator(root_seed, experiment, stored.name, "samples"), stored, samples, label_norm)
    descent = OnlineDescent(tuple(rates), epochs_in_order(samples, epochs), give_up_loss)
    tables = []

    def names(depth: int) -> dict[str, str | int]:
        return {"dataset": stored.label, "function": isometry.function, "L": depth, "M": stored.n_features}

    def record(depth: int, eta: float, weights: Sequence[Tensor]) -> None:
        found = np.concatenate([conditional_eigenvalues(weights, activation, x) for x in data.test_inputs[:inputs]])
        tables.append(pd.DataFrame(names(depth) | {"eta": eta, "eigenvalue": found, "diverged": 0}))

    with job.progress(len(depths) * len(rates) * len(descent.order), f"{experiment} {stored.name}") as progress:
        for depth in depths:
            rng = generator(root_seed, experiment, stored.name, "weights", depth, 0)
            weights = initial_weights(rng, stored.n_features, depth, execution.torch_device)
            record(depth, 0.0, [torch.from_numpy(weight).to(execution.torch_device) for weight in weights])

            def inspect(cell: int, final: Sequence[Tensor], depth: int = depth) -> None:
                record(depth, rates[cell], final)

            told = Bookkeeping(progress)
            end = train_online(weights, activation, data, descent, execution, inspect=inspect, bookkeeping=told)
            # cells that were given up need no more time
            progress.advance(len(rates) * len(descent.order) - int(end.steps.sum()))
            for eta in end.learning_rates[end.diverged]:
                tables.append(pd.DataFrame([names(depth) | {"eta": eta, "eigenvalue": np.nan, "diverged": 1}]))
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(train_spectra)
