"""Closed forms of Appendix B against Gaussian integrals, and sampled formulas that a wrong one would not meet."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.formulas import (
    critical_line,
    erf_integrals,
    hessian,
    recursion,
    recursions,
    share_of_biases,
)
from fisher_spectra.karakida.mean_field import mean_field

VARIANCES = {"erf": (2.0, 0.3), "relu": (2.0, 0.1), "linear": (1.3, 0.2), "tanh": (3.0, 0.64)}


def setting_of(name, width=60, depth=3):
    return Setting(get_activation(name), *VARIANCES[name], depth, width)


@pytest.mark.parametrize("name", ["erf", "relu", "linear"])
@pytest.mark.parametrize("depth", [2, 3, 6])
def test_printed_recursions_are_those_of_gaussian_integrals(name, depth):
    found = recursion(name, *VARIANCES[name], depth)
    wanted = mean_field(name, *VARIANCES[name], depth)
    assert found.q_hat == pytest.approx(wanted.q_hat[-1], rel=1e-9)
    assert found.q_hat_st == pytest.approx(wanted.q_hat_st[-1], rel=1e-9)
    assert found.q_tilde == pytest.approx(wanted.q_tilde[1], rel=1e-9)
    assert found.q_tilde_st == pytest.approx(wanted.q_tilde_st[1], rel=1e-9)


def test_other_activations_have_no_closed_form_here():
    with pytest.raises(ValueError, match=r"^function = 'tanh'"):
        recursion("tanh", 1.0, 0.0, 3)


@pytest.mark.parametrize("name", ["erf", "relu", "linear"])
def test_moments_of_sampled_networks_are_those_of_the_recursions(name):
    for one in recursions(np.random.default_rng(1), setting_of(name), 40):
        assert abs(one.sampled - one.corrected) < 4 * one.standard_error + 0.04 * one.corrected
        assert one.standard_error < 0.06 * one.corrected


def test_integrals_of_error_functions_are_means_of_draws():
    for one in erf_integrals(np.random.default_rng(2), 40000):
        assert abs(one.sampled - one.corrected) < 4 * one.standard_error < 0.1 * one.corrected


def test_the_share_of_the_biases_is_theirs_alone():
    one = share_of_biases(np.random.default_rng(3), setting_of("tanh"), 20, 40)
    assert abs(one.sampled - one.corrected) < 4 * one.standard_error + 0.02 * one.corrected
    weights = mean_field("tanh", *VARIANCES["tanh"], 3).kappa_1 / 60
    assert one.corrected < 0.06 * weights


def test_the_hessian_has_both_terms_and_with_noise_the_first_alone():
    with_noise, both = hessian(np.random.default_rng(4), setting_of("tanh", 30), 20, 2, 30)
    assert abs(with_noise.sampled - 1.0) < 4 * with_noise.standard_error < 0.5
    assert both.sampled == pytest.approx(1.0, abs=1e-4)
    assert both.standard_error < 1e-4


@pytest.mark.parametrize(("name", "factor"), [("linear", 1.3), ("tanh", 0.993)])
def test_gradients_change_from_layer_to_layer_by_chi(name, factor):
    one = critical_line(np.random.default_rng(5), setting_of(name, 60), 10)
    assert one.corrected == pytest.approx(factor, abs=5e-4)
    assert abs(one.sampled - one.corrected) < 4 * one.standard_error + 0.02 * factor
