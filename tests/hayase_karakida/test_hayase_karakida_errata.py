"""Misprinted formulas of Hayase and Karakida: samples agree with the corrected formula, not with the printed one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from explicit_jacobian import explicit_jacobians
from refuted_errata import refutes

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.erratum import erratum_of
from fisher_spectra.hayase_karakida.atoms import largest_atom_weight
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher, sample_orthogonal_network
from fisher_spectra.hayase_karakida.errata import (
    Setting,
    atom_at_zero,
    constant_moment,
    divergence,
    dual_weight,
    gaussian_normalisation,
    hard_tanh_outside,
    jacobian,
    limits_of_large_depth,
    online_step,
    overlaps,
    recursion_of_maximum,
    repeated,
    s_transform_example,
    scale_of_theta,
    sum_of_moments,
    two_hidden_layer_atoms,
)
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation
from fisher_spectra.networks.fully_connected import forward
from fisher_spectra.networks.haar_measure import sphere_inputs

ISOMETRY = Setting(math.sqrt(0.125), 1.0013, 120)
SATURATING = Setting(1.0, 1.0, 120)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_hard_tanh_has_no_jump():
    erratum = hard_tanh_outside(ISOMETRY)
    assert refutes(erratum, finite_size=1e-9)
    assert (erratum.printed, erratum.corrected) == (1.0013, pytest.approx(math.sqrt(8)))


@pytest.mark.parametrize("outputs", [2, 3])
def test_the_gaussian_model_is_normalised_by_a_power_of_the_number_of_outputs(outputs):
    assert refutes(gaussian_normalisation(rng(), 50_000, outputs))


def test_the_divergence_is_one_half_of_the_quadratic_form():
    assert refutes(divergence(rng(), SATURATING, 20, 30), finite_size=0.02)


def test_the_whole_fisher_matrix_has_as_many_eigenvalues_that_are_not_zero_as_there_are_outputs():
    erratum = dual_weight(rng(), ISOMETRY, 3)
    assert refutes(erratum, finite_size=1e-9)
    assert erratum.standard_error == 0.0


@pytest.mark.parametrize(("alpha", "gamma", "w"), [(0.3, 1.0, 0.5), (0.8, 1.5, 0.2)])
def test_the_s_transform_of_the_example_is_that_of_the_law_with_alpha_exchanged(alpha, gamma, w):
    erratum = s_transform_example(rng(), alpha, gamma, w, 50_000)
    assert refutes(erratum)
    exchanged = s_transform_example(rng(), 1 - alpha, gamma, w, 50_000)
    assert exchanged.corrected == pytest.approx(erratum.printed)


def test_the_product_of_free_projections_has_the_larger_atom_at_zero():
    erratum = atom_at_zero(rng(), 60, 0.3, 0.4, 3)
    assert refutes(erratum, finite_size=1e-9)
    assert (erratum.printed, erratum.corrected) == (pytest.approx(0.3), pytest.approx(0.7))


def test_the_binomial_sum_of_moments_begins_at_zero():
    assert refutes(sum_of_moments(rng(), 20_000))


def test_the_second_atom_of_three_layers_is_at_lambda_mid():
    position, weight = two_hidden_layer_atoms(rng(), SATURATING, 30)
    assert refutes(position, finite_size=0.02)
    assert refutes(weight, finite_size=0.02)


def test_repeated_eigenvalues_are_those_equal_up_to_rounding():
    assert repeated([3.0, 1.0, 1.0 + 1e-12, 2.0, 3.0, 3.0 - 1e-12]) == [
        (pytest.approx(1.0), 2),
        (pytest.approx(3.0), 3),
    ]


def test_without_an_atom_the_maximum_lies_below_the_recursion():
    erratum = recursion_of_maximum(rng(), 200, 0.3, 20)
    assert refutes(erratum, finite_size=0.02)
    assert largest_atom_weight(constant_propagation(3, 0.3, 1.0))[-1] < 0
    assert erratum.printed == 3.0


def test_limits_of_large_depth_expand_with_minus():
    for erratum in limits_of_large_depth(rng(), 60, 0.1, 200, 30):
        assert refutes(erratum, finite_size=0.02)
        # both rates are such that the two signs lie on either side of one
        assert erratum.printed < 1 < erratum.corrected


def test_the_moments_of_the_figures_activation_fall_with_the_depth():
    erratum = constant_moment(rng(), Setting(math.sqrt(0.125), 1.0013, 400), 100, 40)
    assert refutes(erratum, finite_size=0.02)
    assert erratum.corrected == pytest.approx(0.81, abs=0.005)


def test_theta_pairs_a_layer_with_its_input():
    assert refutes(overlaps(rng(), SATURATING, 60), finite_size=0.02)


def test_blocks_are_those_of_theta_times_the_number_of_inputs_over_the_width():
    assert refutes(scale_of_theta(rng(), ISOMETRY, 3), finite_size=1e-9)


def test_an_online_step_shrinks_the_residual_by_eta_times_the_dual_matrix():
    assert refutes(online_step(rng(), ISOMETRY, 0.02, 20), finite_size=0.005)


def test_the_jacobian_is_that_of_automatic_differentiation():
    network = sample_orthogonal_network(rng(), 5, 3, get_activation("tanh"))
    inputs = sphere_inputs(rng(1), 2, 5)
    found = jacobian(forward(network, inputs))
    blocks, _ = explicit_jacobians(network, inputs, "tanh")
    np.testing.assert_allclose(found, np.concatenate([b.reshape(10, -1) for b in blocks], axis=1), atol=1e-13)
    np.testing.assert_allclose(found[:5] @ found[:5].T / 5, conditional_fisher(network, inputs[0]), atol=1e-13)


def test_draws_that_agree_up_to_rounding_have_no_standard_error():
    assert erratum_of("f", "p", "q", 1.0, 2.0, [2.0, 2.0 + 4e-16, 2.0 - 4e-16]).standard_error == 0.0
    assert erratum_of("f", "p", "q", 1.0, 2.0, [2.0, 3.0]).standard_error == pytest.approx(0.5)
