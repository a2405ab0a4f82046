"""Train columns of Figure 2, right, or C.2: every learning rate and trial at some widths, one epoch on data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution, device_name
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.labels import one_hot
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.preprocessing import normalise, subsample
from fisher_spectra.jobs.command_line import run_job, training_parser
from fisher_spectra.training.checkpoints import checkpoint_of
from fisher_spectra.training.grid.columns import column_table, learning_rates
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.mini_batches import steps_of_epochs, train_on_data


def main(argv: Sequence[str] | None = None) -> None:
    parser = training_parser(__doc__)
    parser.add_argument("--dataset", required=True, help="digits, or the .npz file of a data set")
    parser.add_argument("--normalisation", required=True, help="of the pixels: sample or pixel")
    parser.add_argument("--samples", type=int, required=True, help="number of training samples T")
    parser.add_argument("--batch-size", type=int, required=True, help="number of samples of a mini-batch")
    with run_job(parser, argv) as job:
        a = job.arguments
        execution = Execution.of_job(a.device, a.memory_mb)
        job.device = device_name(execution.torch_device)
        data = load_dataset(a.dataset)
        # the same samples for every activation, width and trial; a trial has its own order of them
        chosen = subsample(generator(a.root_seed, a.experiment, "samples"), len(data.x_train), a.samples)
        inputs = normalise(data.x_train[chosen], a.normalisation, constant="zero", dtype="float32")
        targets = one_hot(data.y_train[chosen], data.n_classes)
        descent = GradientDescent(
            learning_rates(a.smallest_rate, a.largest_rate, a.rates),
            steps_of_epochs(a.samples, a.batch_size),
            a.momentum,
            a.divergence_loss,
        )
        columns = []
        checkpoints = []
        label = f"{a.experiment} {a.activation}"
        with job.progress(len(a.widths) * a.rates * a.trials, label) as progress:
            for width in a.widths:
                widths = (data.n_features, *[width] * (a.depth - 1), data.n_classes)
                ensemble = NetworkEnsemble(get_activation(a.function), widths, a.sigma_w2, a.sigma_b2)
                seeds = [generator(a.root_seed, a.experiment, a.activation, width, trial) for trial in range(a.trials)]
                checkpoint = checkpoint_of(a, M=width)
                checkpoints.append(checkpoint)
                grid = train_on_data(
                    ensemble, descent, inputs, targets, a.batch_size, seeds, execution, progress, checkpoint
                )
                columns.append(column_table(grid, dataset=data.label, activation=a.activation, M=width))
        job.write_table(pd.concat(columns, ignore_index=True))
        job.write_provenance(inputs=data.files)
        for checkpoint in checkpoints:
            checkpoint.remove()


if __name__ == "__main__":
    main()
