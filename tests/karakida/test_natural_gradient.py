"""The natural gradient against an explicit inverse, and the rate at which it stops to converge."""

from __future__ import annotations

import numpy as np
import pytest
from explicit_jacobian import explicit_jacobian

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.natural_gradient import DAMPING, natural, natural_gradient_rates
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import gaussian_inputs

SETTING = Setting(get_activation("tanh"), 3.0, 0.64, 3, 12)


@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_gradients_of_the_changed_errors_are_the_inverse_of_f_times_the_gradient(damping):
    rng = np.random.default_rng(1)
    network = SETTING.sample(rng, 2)
    inputs, errors = gaussian_inputs(rng, 4, 12), rng.standard_normal((4, 2))
    rows = explicit_jacobian(network, inputs, "tanh", biases=True)  # by output, then by sample
    fisher, gradient = rows.T @ rows / 4, rows.T @ errors.T.ravel() / 4
    undamped = damping == 0.0
    inverse = np.linalg.pinv(fisher, 1e-9) if undamped else np.linalg.inv(fisher + damping * np.eye(len(fisher)))
    changed = natural(dual_fisher(network, inputs), damping)(errors)
    np.testing.assert_allclose(rows.T @ changed.T.ravel() / 4, inverse @ gradient, rtol=1e-6, atol=1e-9)


def test_the_border_is_2_times_1_plus_mu_and_moves_with_the_damping():
    plain, damped = natural_gradient_rates(np.random.default_rng(2), SETTING, 6, 2, 2)
    assert plain.sampled == pytest.approx(1.0, abs=0.005)
    assert damped.sampled == pytest.approx(1.0 + DAMPING, abs=0.005)
