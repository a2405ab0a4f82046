"""Train columns of Figure 2, left: every learning rate and trial at some widths, on the outputs of a teacher."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution, device_name
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import run_job, training_parser
from fisher_spectra.training.checkpoints import checkpoint_of
from fisher_spectra.training.grid.columns import column_table, learning_rates
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.student_teacher import train_student_teacher


def main(argv: Sequence[str] | None = None) -> None:
    parser = training_parser(__doc__)
    parser.add_argument("--outputs", type=int, required=True, help="number of outputs C")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs T")
    parser.add_argument("--steps", type=int, required=True, help="number of gradient steps")
    with run_job(parser, argv) as job:
        a = job.arguments
        execution = Execution.of_job(a.device, a.memory_mb)
        job.device = device_name(execution.torch_device)
        rates = learning_rates(a.smallest_rate, a.largest_rate, a.rates)
        descent = GradientDescent(rates, a.steps, a.momentum, a.divergence_loss)
        columns = []
        checkpoints = []
        label = f"{a.experiment} {a.activation}"
        with job.progress(len(a.widths) * a.rates * a.trials, label) as progress:
            for width in a.widths:
                widths = (*[width] * a.depth, a.outputs)
                ensemble = NetworkEnsemble(get_activation(a.function), widths, a.sigma_w2, a.sigma_b2)
                seeds = [generator(a.root_seed, a.experiment, a.activation, width, trial) for trial in range(a.trials)]
                checkpoint = checkpoint_of(a, M=width)
                checkpoints.append(checkpoint)
                grid = train_student_teacher(ensemble, descent, a.samples, seeds, execution, progress, checkpoint)
                columns.append(column_table(grid, dataset="gaussian", activation=a.activation, M=width))
        job.write_table(pd.concat(columns, ignore_index=True))
        job.write_provenance()
        for checkpoint in checkpoints:
            checkpoint.remove()


if __name__ == "__main__":
    main()
