"""Theorems of several outputs and unequal widths, and the learning rate at which descent begins to diverge."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.karakida.errata import Setting, relu
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.unequal_widths import (
    MOMENTUM,
    critical_rate,
    norm_of_unequal_widths,
    statistics_of_outputs,
    unequal_widths,
)

TANH = Setting(get_activation("tanh"), 3.0, 0.64, 3, 200)
SMALL = Setting(get_activation("tanh"), 3.0, 0.64, 3, 20)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_widths_of_neighbouring_layers_differ():
    assert unequal_widths(5) == (1.0, 0.5, 1.5, 1.0, 0.5)


@pytest.mark.parametrize("outputs", [1, 4])
def test_mean_second_moment_and_maximum_follow_the_theorems_with_several_outputs_and_unequal_widths(outputs):
    mean, second, maximum = statistics_of_outputs(rng(), TANH, 30, outputs, 20, "here")
    assert [one.formula for one in (mean, second, maximum)] == ["mean_here", "second_moment_here", "maximum_here"]
    theory = mean_field(TANH.activation, TANH.sigma_w2, TANH.sigma_b2, 3, unequal_widths(3))
    assert mean.corrected == pytest.approx(outputs * theory.kappa_1 / TANH.width)
    for one, finite_width in ((mean, 0.03), (second, 0.15), (maximum, 0.15)):
        assert one.printed == one.corrected
        assert abs(one.sampled - one.corrected) <= finite_width * one.corrected + 4 * one.standard_error


def test_the_norm_of_unequal_widths_exceeds_the_printed_bound():
    norm = norm_of_unequal_widths(rng(), relu(2.0, 0.1, 3, 100), 20, 40)
    assert norm.sampled - 4 * norm.standard_error > norm.printed
    assert abs(norm.sampled - norm.corrected) <= 4 * norm.standard_error + 0.03 * norm.corrected


def test_descent_begins_to_diverge_at_the_rate_of_the_networks_own_largest_eigenvalue():
    rate = critical_rate(rng(), SMALL, 10, 2, 3)
    assert rate.sampled == pytest.approx(1.0, abs=0.005)
    assert rate.corrected == 1.0
    # without momentum the border would lie elsewhere
    assert abs(rate.sampled - 1 / (1 + MOMENTUM)) > 0.4
