"""Remark 1: the double integral (20) by three elliptic integrals, of which the linear case keeps two."""

from __future__ import annotations

import numpy as np
import pytest
from pennington_worah_stieltjes_transform import stieltjes_by_double_sum

from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.elliptic_integrals import elliptic_form, transform_by_double_integral
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum

ERF = NonlinearityConstants(1.0, 1.2257000037856907, 0.9135828428288514)
OPTIMAL = NonlinearityConstants(1.0, 25 / 13, 1 / 13)
LINEAR = NonlinearityConstants(1.0, 1.0, 1.0)
EVEN = NonlinearityConstants(1.0, 2.0, 0.0)


def outside(constants: NonlinearityConstants) -> np.ndarray:
    """Places beyond either end of the spectrum, by an eighth of the last one and more."""
    low, high = constants.features[0], constants.features[5]
    return np.array([[low - high / 8, -3.0], [9 * high / 8, 40.0]])


@pytest.mark.parametrize("constants", [ERF, OPTIMAL, LINEAR])
def test_three_elliptic_integrals_make_the_transform_of_equation_20(constants):
    z = outside(constants)
    oracle = stieltjes_by_double_sum(constants, z, 600).real
    np.testing.assert_allclose(elliptic_form(constants, z).transform, oracle, rtol=1e-11)
    np.testing.assert_allclose(transform_by_double_integral(constants, z), oracle, rtol=1e-11)


@pytest.mark.parametrize("constants", [ERF, OPTIMAL])
def test_they_make_it_close_to_the_spectrum_too(constants):
    low, high = constants.features[0], constants.features[5]
    z = np.array([low - 1e-4, high + 1e-6])
    np.testing.assert_allclose(
        elliptic_form(constants, z).transform, LimitingSpectrum(constants).stieltjes(z).real, rtol=1e-9
    )


def test_the_integral_of_the_third_kind_drops_out_in_the_linear_case_alone():
    assert np.max(np.abs(elliptic_form(LINEAR, outside(LINEAR)).third_kind)) < 1e-14
    for constants in (ERF, OPTIMAL):
        assert np.min(np.abs(elliptic_form(constants, outside(constants)).third_kind)) > 1e-6


@pytest.mark.parametrize("function", [elliptic_form, transform_by_double_integral])
@pytest.mark.parametrize(
    ("constants", "z", "message"),
    [(ERF, [-1.0, 2.0], "below 0.0864172 or above 7.50967"), (EVEN, -1.0, "do not spread"), (ERF, np.nan, "real and")],
)
def test_places_inside_the_spectrum_are_refused(function, constants, z, message):
    with pytest.raises(ValueError, match=message):
        function(constants, z)
