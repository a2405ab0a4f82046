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
from fisher_spectra.common.devices import Execution, device_name
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.hayase_karakida.conditional_fisher_torch import conditional_eigenvalues
from fisher_spectra.jobs.command_line import job_parser, run_job
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
    parser.add_argument("--learning-rates", type=float, nargs="+", required=True, help="learning rates eta")
    parser.add_argument("--inputs", type=int, required=True, help="number of test samples at which H_L is taken")
    parser.add_argument("--give-up-loss", type=float, required=True, help="loss above which a run has diverged")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--memory-mb", type=int, help="memory of the host for training; all that is free if not given")
    with run_job(parser, argv) as job:
        a = job.arguments
        execution = Execution.of_job(a.device, a.memory_mb)
        job.device = device_name(execution.torch_device)
        dataset = load_dataset(a.dataset)
        activation = get_activation(a.function)
        data = online_data(
            generator(a.root_seed, a.experiment, dataset.name, "samples"), dataset, a.samples, a.label_norm
        )
        descent = OnlineDescent(tuple(a.learning_rates), epochs_in_order(a.samples, a.epochs), a.give_up_loss)
        tables = []

        def record(depth: int, eta: float, weights: Sequence[Tensor]) -> None:
            found = [conditional_eigenvalues(weights, activation, x) for x in data.test_inputs[: a.inputs]]
            names = {"dataset": dataset.label, "function": a.function, "L": depth, "M": dataset.n_features, "eta": eta}
            tables.append(pd.DataFrame(names | {"eigenvalue": np.concatenate(found), "diverged": 0}))

        total = len(a.depths) * len(a.learning_rates) * len(descent.order)
        with job.progress(total, f"{a.experiment} {dataset.name}") as progress:
            for depth in a.depths:
                rng = generator(a.root_seed, a.experiment, dataset.name, "weights", depth, 0)
                weights = initial_weights(rng, dataset.n_features, depth, execution.torch_device)
                record(depth, 0.0, [torch.from_numpy(weight).to(execution.torch_device) for weight in weights])

                def inspect(cell: int, final: Sequence[Tensor], depth: int = depth) -> None:
                    record(depth, a.learning_rates[cell], final)

                end = train_online(weights, activation, data, descent, execution, inspect=inspect, progress=progress)
                # cells that were given up need no more time
                progress.advance(len(a.learning_rates) * len(descent.order) - int(end.steps.sum()))
                for eta in end.learning_rates[end.diverged]:
                    names = {"dataset": dataset.label, "function": a.function, "L": depth, "M": dataset.n_features}
                    lost = {"eta": eta, "eigenvalue": np.nan, "diverged": 1}
                    tables.append(pd.DataFrame([names | lost]))
        job.write_table(pd.concat(tables, ignore_index=True))
        job.write_provenance(inputs=dataset.files)


if __name__ == "__main__":
    main()
