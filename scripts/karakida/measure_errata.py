"""Printed, corrected and sampled values of formulas that no figure's table has.

Most are misprinted. The others are right as printed and of networks that the figures do not have: several outputs and
unequal widths (Theorems 1, 3 and 4), and the learning rate at the border of divergence (Lemma 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import activation_options, job_parser, run_job
from fisher_spectra.karakida.errata import (
    Setting,
    divergence_over_quadratic_form,
    kernel_definition,
    number_of_outliers,
    number_of_terms,
    output_normalisation,
    relu,
    relu_backward_start,
    relu_derivative_kernel,
)
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.unequal_widths import critical_rate, norm_of_unequal_widths, statistics_of_outputs


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    activation_options(parser)
    parser.add_argument("--relu-sigma-w2", type=float, required=True, help="variance of weights of ReLU networks")
    parser.add_argument("--relu-sigma-b2", type=float, required=True, help="variance of biases of ReLU networks")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--width", type=int, required=True, help="width M of input and hidden layers")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs T")
    parser.add_argument("--outputs", type=int, required=True, help="outputs C of networks that have several")
    parser.add_argument("--networks", type=int, required=True, help="number of random networks of each formula")
    parser.add_argument("--draws", type=int, required=True, help="number of Gaussian draws of each kernel")
    with run_job(parser, argv) as job:
        a = job.arguments
        setting = Setting(get_activation(a.function), a.sigma_w2, a.sigma_b2, a.depth, a.width)
        narrow = replace(setting, width=max(10, a.width // 8))  # is trained some hundreds of times
        of_relu = relu(a.relu_sigma_w2, a.relu_sigma_b2, a.depth, a.width)
        order = mean_field(of_relu.activation, of_relu.sigma_w2, of_relu.sigma_b2, a.depth)
        rng = partial(generator, a.root_seed, a.experiment)
        formulas = (
            lambda: [relu_derivative_kernel(rng("relu_derivative_kernel"), order.q[2], order.q_st[2], a.draws)],
            lambda: [relu_backward_start(rng("relu_backward_start"), of_relu, a.networks)],
            lambda: [kernel_definition(rng("kernel_definition"), setting, a.draws)],
            lambda: [output_normalisation(rng("output_normalisation"), a.draws, a.outputs)],
            lambda: divergence_over_quadratic_form(rng("divergence"), setting, a.samples, a.networks),
            lambda: [number_of_terms(a.depth, a.width)],
            lambda: [norm_of_unequal_widths(rng("norm"), of_relu, a.samples, a.networks)],
            lambda: [number_of_outliers(rng("outliers"), setting, a.samples, a.outputs, a.networks)],
            lambda: statistics_of_outputs(rng("one_output"), setting, a.samples, 1, a.networks, "one_output"),
            lambda: statistics_of_outputs(rng("outputs"), setting, a.samples, a.outputs, a.networks, "several_outputs"),
            lambda: [critical_rate(rng("critical_rate"), narrow, a.samples, a.outputs, max(2, a.networks // 10))],
        )
        found = []
        with job.progress(len(formulas), a.experiment) as progress:
            for sample in formulas:
                found += sample()
                progress.advance(note=found[-1].place)
        job.write_table(pd.DataFrame([asdict(one) for one in found]))
        job.write_provenance()


if __name__ == "__main__":
    main()
