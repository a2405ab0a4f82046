"""Table 1 as printed: computed values agree with it to its last digit."""

from __future__ import annotations

import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.printed_table import COLUMNS, TABLE_1, decimals, deviation_in_last_digit

FUNCTIONS = {
    "linear": "linear",
    "erf_1": "normalised_erf(alpha=1)",
    "srelu_0": "shifted_leaky_relu(alpha=0)",
    "f_opt": "optimal_quadratic",
}


@pytest.mark.parametrize("name", TABLE_1)
def test_every_value_of_table_1_rounds_to_the_printed_one(name):
    constants = nonlinearity_constants(get_activation(FUNCTIONS[name]))
    values = (constants.eta, constants.eta_prime, constants.zeta, *constants.features)
    for column, value in zip(COLUMNS, values, strict=True):
        assert abs(deviation_in_last_digit(value, TABLE_1[name][column])) <= 0.5, column


def test_a_wrong_value_of_the_last_digit_is_seen():
    assert deviation_in_last_digit(1.2257, "1.227") == pytest.approx(-1.3)
    assert deviation_in_last_digit(7.5097, "7.51") == pytest.approx(-0.03)
    assert deviation_in_last_digit(3.2, "4") == pytest.approx(-0.8)


def test_digits_after_the_point_are_counted_with_zeros_at_the_end():
    assert [decimals(text) for text in ("3.200", "7.51", "0", "8")] == [3, 2, 0, 0]
