"""Formulas that are right as printed meet networks; overlaps of two inputs are those of a layer's input."""

from __future__ import annotations

import numpy as np
import pytest
from refuted_errata import refutes

from fisher_spectra.hayase_karakida.errata import Setting
from fisher_spectra.hayase_karakida.formulas import overlaps_of_two_inputs, shifted_relu, transform_of_three_layers

SATURATING = Setting(1.0, 1.0, 120)


def rng(seed=0):
    return np.random.default_rng(seed)


def agrees(found, value):
    return abs(found.sampled - value) <= 4 * found.standard_error + 0.01 * abs(value)


@pytest.mark.parametrize("setting", [SATURATING, Setting(0.8, 1.1, 120)])
def test_the_transform_of_three_layers_is_that_of_networks_and_of_no_other_polynomial(setting):
    found = transform_of_three_layers(rng(), setting, 60)
    assert found.printed == found.corrected
    assert agrees(found, found.corrected)
    assert not agrees(found, 1.05 * found.corrected)


def test_networks_of_the_shifted_relu_have_the_law_of_two_values():
    for found in shifted_relu(rng(), 120, 100):
        assert found.printed == found.corrected
        assert agrees(found, found.corrected)
        assert not agrees(found, 1.1 * found.corrected)


def test_theta_of_two_inputs_pairs_a_layer_with_its_inputs():
    assert refutes(overlaps_of_two_inputs(rng(), SATURATING, 20), finite_size=1e-9)
