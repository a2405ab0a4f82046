"""Train columns of Figure 4: learning rates and trials at some depths, one sample a step."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.learning_rates import LearningRates
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineDescent, epochs_in_order
from fisher_spectra.training.online.setting import LabelNorm, initial_weights, online_data


def train_columns_online(
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
    learning_rates: LearningRates,
    first: int,
    stop: int,
    trials: int,
    give_up_loss: float,
) -> pd.DataFrame:
    """Losses and accuracies of learning rates `first` to `stop` - 1, for each depth and trial."""
    execution = Execution.of_job(device, job.memory_mb)
    job.device = execution.device_name
    stored = load_dataset(dataset)
    job.uses(*stored.files)
    width = stored.n_features
    # the same samples in the same order for every depth, learning rate and trial; a trial has its own weights
    data = online_data(generator(root_seed, experiment, stored.name, "samples"), stored, samples, label_norm)
    rates = learning_rates.values()[first:stop]
    descent = OnlineDescent(rates, epochs_in_order(samples, epochs), give_up_loss)
    tables = []
    total = len(depths) * trials * len(rates) * len(descent.order)
    with job.progress(total, f"{experiment} {stored.name}") as progress:
        for depth in depths:
            for trial in range(trials):
                rng = generator(root_seed, experiment, stored.name, "weights", depth, trial)
                weights = initial_weights(rng, width, depth, execution.torch_device)
                end = train_online(
                    weights,
                    get_activation(isometry.function),
                    data,
                    descent,
                    execution,
                    bookkeeping=Bookkeeping(progress, checkpoint_of(job, device, L=depth, trial=trial)),
                )
                # cells that were given up need no more time
                progress.advance(len(rates) * len(descent.order) - int(end.steps.sum()))
                names = {
                    "dataset": stored.label,
                    "epochs": epochs,
                    "label_norm": label_norm,
                    "samples": samples,
                    "function": isometry.function,
                    "L": depth,
                    "M": width,
                    "classes": stored.n_classes,
                    "trial": trial,
                }
                results = {
                    "eta": end.learning_rates,
                    "train_loss": end.train_loss,
                    "test_loss": end.test_loss,
                    "train_accuracy": end.train_accuracy,
                    "test_accuracy": end.test_accuracy,
                    "diverged": end.diverged.astype(np.int64),
                    "steps": end.steps,
                }
                tables.append(pd.DataFrame(names | results))
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(train_columns_online)
