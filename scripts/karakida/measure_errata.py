"""Printed, corrected and sampled values of the formulas that the paper misprints (appendix B, (3), Theorem 4).

Those errata that show in a figure's table are measured there; this table has the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import pandas as pd

from fisher_spectra.activations import get_activation
from fisher_spectra.command_line import activation_options, job_parser, run_job
from fisher_spectra.karakida_misprints import (
    Setting,
    divergence_over_quadratic_form,
    kernel_definition,
    number_of_outliers,
    number_of_terms,
    relu,
    relu_backward_start,
    relu_derivative_kernel,
)
from fisher_spectra.mean_field import mean_field
from fisher_spectra.seeds import generator


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    activation_options(parser)
    parser.add_argument("--relu-sigma-w2", type=float, required=True, help="variance of weights of ReLU networks")
    parser.add_argument("--relu-sigma-b2", type=float, required=True, help="variance of biases of ReLU networks")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--width", type=int, required=True, help="width M of input and hidden layers")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs T")
    parser.add_argument("--outputs", type=int, required=True, help="outputs C of the networks of Theorem 4")
    parser.add_argument("--networks", type=int, required=True, help="number of random networks of each formula")
    parser.add_argument("--draws", type=int, required=True, help="number of Gaussian draws of each kernel")
    with run_job(parser, argv) as job:
        a = job.arguments
        setting = Setting(get_activation(a.function), a.sigma_w2, a.sigma_b2, a.depth, a.width)
        of_relu = relu(a.relu_sigma_w2, a.relu_sigma_b2, a.depth, a.width)
        order = mean_field(of_relu.activation, of_relu.sigma_w2, of_relu.sigma_b2, a.depth)
        rng = partial(generator, a.root_seed, a.experiment)
        misprints = []
        with job.progress(6, a.experiment) as progress:
            for compute in (
                lambda: [relu_derivative_kernel(rng("relu_derivative_kernel"), order.q[2], order.q_st[2], a.draws)],
                lambda: [relu_backward_start(rng("relu_backward_start"), of_relu, a.networks)],
                lambda: [kernel_definition(rng("kernel_definition"), setting, a.draws)],
                lambda: divergence_over_quadratic_form(rng("divergence"), setting, a.samples, a.networks),
                lambda: [number_of_outliers(rng("outliers"), setting, a.samples, a.outputs, a.networks)],
                lambda: [number_of_terms(a.depth, a.width)],
            ):
                misprints += compute()
                progress.advance(note=misprints[-1].place)
        job.write_table(pd.DataFrame([asdict(misprint) for misprint in misprints]))
        job.write_provenance()


if __name__ == "__main__":
    main()
