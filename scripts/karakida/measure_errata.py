"""Printed, corrected and sampled values of formulas that no figure's table has.

Most are misprinted. The others are right as printed and of networks that the figures do not have: several outputs and
unequal widths (Theorems 1, 3 and 4), and the learning rate at the border of divergence (Lemma 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.erratum import Erratum
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.formula_table import formula_table
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.errata import (
    Setting,
    divergence_over_quadratic_form,
    kernel_definition,
    number_of_outliers,
    number_of_terms,
    output_normalisation,
    relu_backward_start,
    relu_derivative_kernel,
)
from fisher_spectra.karakida.errata import relu as relu_setting
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.statements_on_training import fastest_rates
from fisher_spectra.karakida.unequal_widths import critical_rate, norm_of_unequal_widths, statistics_of_outputs


@dataclass(frozen=True)
class Variances:
    """Variances of weights times fan-in and of biases."""

    sigma_w2: float
    sigma_b2: float


@dataclass(frozen=True)
class NamedActivation(Variances):
    """An activation with the variances that go with it."""

    function: str


def measure_errata(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    smooth: NamedActivation,
    relu: Variances,
    depth: int,
    width: int,
    samples: int,
    outputs: int,
    networks: int,
    draws: int,
) -> pd.DataFrame:
    """One row for each formula."""
    setting = Setting(get_activation(smooth.function), smooth.sigma_w2, smooth.sigma_b2, depth, width)
    narrow = replace(setting, width=max(10, width // 8))  # is trained some hundreds of times
    few = max(2, networks // 10)
    of_relu = relu_setting(relu.sigma_w2, relu.sigma_b2, depth, width)
    order = mean_field(of_relu.activation, of_relu.sigma_w2, of_relu.sigma_b2, depth)
    rng = partial(generator, root_seed, experiment)
    formulas: tuple[Callable[[], list[Erratum]], ...] = (
        lambda: [relu_derivative_kernel(rng("relu_derivative_kernel"), order.q[2], order.q_st[2], draws)],
        lambda: [relu_backward_start(rng("relu_backward_start"), of_relu, 2 * networks)],
        lambda: [kernel_definition(rng("kernel_definition"), setting, draws)],
        lambda: [output_normalisation(rng("output_normalisation"), draws, outputs)],
        lambda: divergence_over_quadratic_form(rng("divergence"), setting, samples, networks),
        lambda: [number_of_terms(depth, width)],
        lambda: [norm_of_unequal_widths(rng("norm"), of_relu, samples, 2 * networks)],
        lambda: [number_of_outliers(rng("outliers"), setting, samples, outputs, networks)],
        lambda: statistics_of_outputs(rng("one_output"), setting, samples, 1, networks, "one_output"),
        lambda: statistics_of_outputs(rng("outputs"), setting, samples, outputs, networks, "several_outputs"),
        lambda: [critical_rate(rng("critical_rate"), narrow, samples, outputs, few)],
        lambda: fastest_rates(rng("fastest_rate"), narrow, samples, outputs, few),
    )
    return formula_table(job, experiment, formulas)


if __name__ == "__main__":
    run_job(measure_errata)
