"""Critical learning rates for one data set and activation: the paper's and two that know the data.

For each width: eta_c as in the paper (overlap 0, all layers of width M), eta_c_overlap (the data's second moment and
mean overlap, the true width of the input) and eta_c_data (largest eigenvalue of the infinite-width dual matrix on the
data's own overlap matrix).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.overlaps import input_moments, overlap_matrix
from fisher_spectra.datasets.preprocessing import normalise, subsample
from fisher_spectra.jobs.command_line import activation_options, job_parser, run_job
from fisher_spectra.karakida.mean_field import critical_learning_rate, mean_field
from fisher_spectra.karakida.mean_field_of_data import critical_learning_rate_of_data
from fisher_spectra.networks.fully_connected import gaussian_inputs


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    activation_options(parser)
    parser.add_argument("--dataset", required=True, help="gaussian, digits, or the .npz file of a data set")
    parser.add_argument("--normalisation", default="sample", help="of the pixels: sample or pixel")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--widths", type=int, nargs="+", required=True, help="widths M of the hidden layers")
    parser.add_argument("--samples", type=int, required=True, help="number of training samples T")
    parser.add_argument("--kernel-samples", type=int, required=True, help="samples of the overlap matrix")
    parser.add_argument("--momentum", type=float, required=True, help="momentum mu")
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        paper = mean_field(activation, a.sigma_w2, a.sigma_b2, a.depth)
        label, files = a.dataset, ()
        if a.dataset != "gaussian":
            data = load_dataset(a.dataset)
            label, files = data.label, data.files
            chosen = subsample(generator(a.root_seed, a.experiment, "samples"), len(data.x_train), a.samples)
            inputs = normalise(data.x_train[chosen], a.normalisation, constant="zero")
        rows = []
        with job.progress(len(a.widths), f"{a.experiment} eta_c {a.activation}") as progress:
            for width in a.widths:
                if a.dataset == "gaussian":
                    # the inputs of the first trial of training, the first numbers drawn from its generator
                    rng = generator(a.root_seed, a.experiment, a.activation, width, 0)
                    inputs = gaussian_inputs(rng, a.samples, width)
                moments = input_moments(inputs)
                kernel_inputs = inputs[: a.kernel_samples]
                alphas = (inputs.shape[1] / width, *[1.0] * (a.depth - 1))
                overlap = mean_field(
                    activation,
                    a.sigma_w2,
                    a.sigma_b2,
                    a.depth,
                    alphas=alphas,
                    input_moment=moments.second_moment,
                    input_overlap=moments.overlap,
                )
                rows.append(
                    {
                        "dataset": label,
                        "activation": a.activation,
                        "M": width,
                        "eta_c": critical_learning_rate(paper, width, a.samples, a.momentum),
                        "eta_c_overlap": critical_learning_rate(overlap, width, a.samples, a.momentum),
                        "eta_c_data": critical_learning_rate_of_data(
                            overlap_matrix(kernel_inputs),
                            activation,
                            a.sigma_w2,
                            a.sigma_b2,
                            a.depth,
                            alphas,
                            width,
                            a.momentum,
                            samples=a.samples,
                        ),
                        "input_overlap": moments.overlap,
                        "input_moment": moments.second_moment,
                        "kernel_samples": len(kernel_inputs),
                    }
                )
                progress.advance()
        job.write_table(pd.DataFrame(rows))
        job.write_provenance(inputs=files)


if __name__ == "__main__":
    main()
