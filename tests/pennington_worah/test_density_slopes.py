"""The derivative of the limiting density at the corners z_2, z_3 and z_5, against the density itself and (17)."""

from __future__ import annotations

import numpy as np
import pytest
from pennington_worah_linear_density import linear_density

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.density_slopes import corners, derivative_near
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum

ACTIVATIONS = ("normalised_erf(alpha=1)", "shifted_leaky_relu(alpha=0)", "optimal_quadratic", "linear")
DISTANCES = np.geomspace(1e-5, 1e-3, 5)


def limit_of(activation):
    return LimitingSpectrum(nonlinearity_constants(get_activation(activation)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_derivative_that_diverges_changes_by_the_coefficient_for_each_factor_e(activation):
    limit = limit_of(activation)
    for corner in corners(limit.constants):
        near = derivative_near(limit, corner.location, DISTANCES)
        derivative = near.first if corner.order == 1 else near.second
        measured = np.diff(derivative) / np.diff(np.log(DISTANCES))
        np.testing.assert_allclose(measured, corner.per_log, rtol=5e-3, err_msg=corner.feature)
        assert measured[0] == pytest.approx(corner.per_log, rel=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS[:3])
def test_the_first_derivative_settles_at_z3_and_its_jump_goes_to_zero(activation):
    limit = limit_of(activation)
    (corner,) = [corner for corner in corners(limit.constants) if corner.feature == "z3"]
    near = derivative_near(limit, corner.location, DISTANCES)
    assert near.first[0] == pytest.approx(near.first[1], rel=1e-6)
    assert np.all(np.diff(np.abs(near.jump)) > 0)
    assert abs(near.jump[0]) < 0.01 * abs(near.first[0])


def test_the_coefficient_of_the_linear_case_is_that_of_the_elliptic_integral():
    (corner,) = corners(limit_of("linear").constants)
    assert (corner.feature, corner.location, corner.order) == ("z5", 4.0, 1)
    assert corner.per_log == pytest.approx(1 / (8 * np.pi**2), rel=1e-12)
    t = DISTANCES
    slopes = (linear_density(4 + t) - linear_density(4 - t)) / (2 * t)
    np.testing.assert_allclose(np.diff(slopes) / np.diff(np.log(t)), corner.per_log, rtol=1e-5)


def test_a_support_that_ends_at_z2_has_no_corner_there_and_point_masses_have_none():
    features = {name: [corner.feature for corner in corners(limit_of(name).constants)] for name in ACTIVATIONS}
    assert features["normalised_erf(alpha=1)"] == features["shifted_leaky_relu(alpha=0)"] == ["z2", "z3", "z5"]
    assert features["optimal_quadratic"] == ["z3", "z5"]  # it has a gap from z_2 to z_4
    assert list(corners(NonlinearityConstants(1.0, 2.0, 0.0))) == []
