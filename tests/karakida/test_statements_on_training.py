"""What the paper quotes on training: the fastest rate around a minimum, and how far weights of wide networks move."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from plain_training import train_plainly
from refuted_errata import refutes

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.plain_descent import descend
from fisher_spectra.karakida.statements_on_training import changes_of_weights, fastest_rates
from fisher_spectra.networks.fully_connected import gaussian_inputs

TANH = Setting(get_activation("tanh"), 3.0, 0.64, 3, 20)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_losses_of_descent_are_those_of_torch(momentum):
    start, inputs, targets = TANH.sample(rng(), 2), gaussian_inputs(rng(1), 5, 20), rng(2).standard_normal((5, 2))
    losses = [step.loss for step in islice(descend(start, inputs, targets, 0.01, momentum), 7)]
    whole = [np.arange(5)] * 6
    np.testing.assert_allclose(losses, train_plainly(start, inputs, targets, 0.01, momentum, whole), rtol=1e-10)


def test_descent_takes_other_errors_and_leaves_its_start_alone():
    start, inputs, targets = TANH.sample(rng(), 2), gaussian_inputs(rng(1), 5, 20), rng(2).standard_normal((5, 2))
    before = [w.copy() for w in start.weights]
    halved, whole = (
        [step.loss for step in islice(descend(start, inputs, targets, rate, 0.9, of), 4)]
        for rate, of in ((0.02, lambda e: e / 2), (0.01, lambda e: e))
    )
    np.testing.assert_allclose(halved, whole, rtol=1e-10)
    for weights, old in zip(start.weights, before, strict=True):
        np.testing.assert_array_equal(weights, old)


def test_around_a_minimum_the_fastest_rate_is_close_to_the_critical_one_and_half_of_it_for_one_eigenvalue_alone():
    several, single = fastest_rates(rng(), TANH, 10, 2, 6)
    assert refutes(several, finite_size=0.015)
    assert 0.85 < several.corrected < 1
    assert single.printed == single.corrected == 0.5
    assert single.sampled == pytest.approx(0.5, abs=0.003)


def test_the_change_of_weights_is_that_of_first_order_and_falls_as_one_over_the_width():
    change, order = changes_of_weights(rng(), Setting(TANH.activation, 3.0, 0.64, 3, 150), TANH, (6, 40))
    assert change.sampled == pytest.approx(1.0, abs=0.05)
    assert change.corrected == 1.0
    assert order.corrected == -1.0
    assert order.sampled == pytest.approx(-1.0, abs=0.2)
    assert np.isnan(change.printed)
    assert np.isnan(order.printed)
