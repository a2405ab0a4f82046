"""The hard tanh by s^2 and g, and its name."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh, hard_tanh


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (HardTanh(0.125, 1.0013), "hard_tanh(s=0.3535533905932738,g=1.0013)"),
        (HardTanh(1, 1), "hard_tanh(s=1.0,g=1)"),
        (HardTanh(1.0, 1.0), "hard_tanh(s=1.0,g=1)"),
        (HardTanh(4.0, 10.0), "hard_tanh(s=2.0,g=10)"),
    ],
)
def test_its_name_is_that_of_tables(shape, name):
    assert shape.function == name


def test_its_square_is_one_over_s_squared_beyond_the_kinks_and_its_slope_g_between_them():
    shape = HardTanh(0.125, 1.0013)
    activation = get_activation(shape.function)
    kink = 1 / (shape.s * shape.g)
    np.testing.assert_allclose(activation(np.array([kink, 2 * kink, -9.0])) ** 2, 1 / 0.125, rtol=1e-15)
    np.testing.assert_allclose(activation(np.array([0.3])), 0.3 * 1.0013, rtol=1e-15)


def test_the_name_of_any_two_numbers_keeps_them_to_the_last_bit():
    s, g = np.float64(1) / 3, 1 + 2**-52
    assert hard_tanh(s, g) == "hard_tanh(s=0.3333333333333333,g=1.0000000000000002)"
