"""Train columns of Figure 4: learning rates and trials at some depths, one sample a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution, device_name
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.training.checkpoints import checkpoint_of
from fisher_spectra.training.grid.columns import learning_rates
from fisher_spectra.training.online.descent import OnlineDescent, epochs_in_order, train_online
from fisher_spectra.training.online.setting import initial_weights, online_data


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--dataset", required=True, help="digits, or the .npz file of a data set")
    parser.add_argument("--samples", type=int, required=True, help="number of training samples")
    parser.add_argument("--epochs", type=int, required=True, help="number of passes through the samples")
    parser.add_argument("--label-norm", type=float, help="norm of the label vectors; sqrt(M) if not given")
    parser.add_argument("--function", required=True, help="activation function")
    parser.add_argument("--depths", type=int, nargs="+", required=True, help="numbers of weight layers L")
    parser.add_argument("--smallest-rate", type=float, required=True, help="smallest learning rate")
    parser.add_argument("--largest-rate", type=float, required=True, help="largest learning rate")
    parser.add_argument("--rates", type=int, required=True, help="number of learning rates, log-spaced")
    parser.add_argument("--first-rate", type=int, required=True, help="position of the first rate that is trained")
    parser.add_argument("--stop-rate", type=int, required=True, help="one past the position of the last one")
    parser.add_argument("--trials", type=int, required=True, help="number of trials")
    parser.add_argument("--give-up-loss", type=float, required=True, help="loss above which a run has diverged")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--memory-mb", type=int, help="memory of the host for training; all that is free if not given")
    with run_job(parser, argv) as job:
        a = job.arguments
        execution = Execution.of_job(a.device, a.memory_mb)
        job.device = device_name(execution.torch_device)
        dataset = load_dataset(a.dataset)
        width = dataset.n_features
        # the same samples in the same order for every depth, learning rate and trial; a trial has its own weights
        data = online_data(
            generator(a.root_seed, a.experiment, dataset.name, "samples"), dataset, a.samples, a.label_norm
        )
        rates = learning_rates(a.smallest_rate, a.largest_rate, a.rates)[a.first_rate : a.stop_rate]
        descent = OnlineDescent(rates, epochs_in_order(a.samples, a.epochs), a.give_up_loss)
        tables = []
        checkpoints = []
        total = len(a.depths) * a.trials * len(rates) * len(descent.order)
        with job.progress(total, f"{a.experiment} {dataset.name}") as progress:
            for depth in a.depths:
                for trial in range(a.trials):
                    rng = generator(a.root_seed, a.experiment, dataset.name, "weights", depth, trial)
                    weights = initial_weights(rng, width, depth, execution.torch_device)
                    checkpoint = checkpoint_of(a, L=depth, trial=trial)
                    checkpoints.append(checkpoint)
                    end = train_online(
                        weights,
                        get_activation(a.function),
                        data,
                        descent,
                        execution,
                        progress=progress,
                        checkpoint=checkpoint,
                    )
                    # cells that were given up need no more time
                    progress.advance(len(rates) * len(descent.order) - int(end.steps.sum()))
                    names = {
                        "dataset": dataset.label,
                        "epochs": a.epochs,
                        "samples": a.samples,
                        "function": a.function,
                        "L": depth,
                        "M": width,
                        "classes": dataset.n_classes,
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
        job.write_table(pd.concat(tables, ignore_index=True))
        job.write_provenance(inputs=dataset.files)
        for checkpoint in checkpoints:
            checkpoint.remove()


if __name__ == "__main__":
    main()
