"""Misprinted formulas: what is sampled agrees with the corrected formula and not with the printed one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from refuted_errata import refutes

from fisher_spectra.activations.catalogue import get_activation
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

TANH = Setting(get_activation("tanh"), 3.0, 0.64, 3, 150)
RELU = relu(2.0, 0.1, 3, 150)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_derivative_kernel_of_relu_has_no_factor_a():
    order = mean_field(RELU.activation, RELU.sigma_w2, RELU.sigma_b2, RELU.depth)
    erratum = relu_derivative_kernel(rng(), order.q[2], order.q_st[2], 40_000)
    assert refutes(erratum)
    # the chance that two Gaussian variables of correlation c are both positive
    assert erratum.corrected == pytest.approx(0.25 + math.asin(order.q_st[2] / order.q[2]) / (2 * math.pi))
    assert erratum.printed == pytest.approx(order.q[2] * erratum.corrected)


def test_the_backward_recursion_of_relu_starts_from_one():
    erratum = relu_backward_start(rng(), RELU, 60)
    assert refutes(erratum, finite_size=5 / RELU.width)
    theory = mean_field(RELU.activation, RELU.sigma_w2, RELU.sigma_b2, RELU.depth)
    assert erratum.corrected == pytest.approx(theory.q_tilde[1])


@pytest.mark.parametrize("outputs", [2, 3])
def test_the_model_of_several_outputs_has_a_factor_for_each(outputs):
    erratum = output_normalisation(rng(), 100_000, outputs)
    assert refutes(erratum)
    assert erratum.corrected == pytest.approx(erratum.printed**outputs)


def test_both_arguments_of_the_kernel_have_variance_a():
    erratum = kernel_definition(rng(), TANH, 200_000)
    assert refutes(erratum)
    theory = mean_field(TANH.activation, TANH.sigma_w2, TANH.sigma_b2, TANH.depth)
    assert erratum.corrected == pytest.approx(theory.q_hat_st[1])


def test_divergence_and_loss_are_one_half_of_the_quadratic_form():
    divergence, loss = divergence_over_quadratic_form(rng(), TANH, 40, 60)
    assert refutes(divergence, finite_size=0.02)
    assert refutes(loss, finite_size=0.02)
    assert (divergence.corrected, loss.corrected) == (0.5, 0.5)


@pytest.mark.parametrize("outputs", [1, 2, 4])
def test_there_are_as_many_outliers_as_outputs(outputs):
    erratum = number_of_outliers(rng(), TANH, 40, outputs, 8)
    assert erratum.sampled == erratum.corrected == outputs
    assert math.isnan(erratum.printed)  # the paper does not count them


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_alpha_has_one_term_less_than_there_are_layers(depth):
    erratum = number_of_terms(depth, 10_000)
    assert erratum.sampled == pytest.approx(depth - 1, abs=1e-3)
    assert erratum.printed == depth


def test_each_formula_has_a_name_of_its_own():
    names = {m.formula for m in divergence_over_quadratic_form(rng(), TANH, 5, 2)}
    assert names == {"divergence", "loss_at_minimum"}
