"""Expectations for many variances at once: as `gaussian.integrals` has them one by one, for any activation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.activations.catalogue import Activation, activation_specs
from fisher_spectra.gaussian.equal_variances import INTERPOLATION_ERROR, equal_variances

SPECS = (*activation_specs(), "hard_tanh(s=0.35,g=3)", "shifted_relu(a=1.5,b=0.4)")


class OwnActivation:
    """A function of the reader's own: of one of the catalogue, without its closed forms or its slopes."""

    def __init__(self, phi: Activation, slopes: tuple[float, ...] | None = None) -> None:
        self.phi, self.spec, self.kinks, self.slopes = phi, f"my {phi.spec}", phi.kinks, slopes

    def __call__(self, x: Any) -> Any:
        return self.phi(x)

    def derivative(self, x: Any) -> Any:
        return self.phi.derivative(x)


def points(count: int, lowest: float = 1e-3, highest: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    """Variances, and covariances of which many are close to both limits."""
    rng = np.random.default_rng(0)
    q = np.exp(rng.uniform(np.log(lowest), np.log(highest), count))
    return q, q * np.cos(np.pi * rng.beta(0.7, 0.7, count))


def check(activation: Any, phi: Activation, q: np.ndarray, q_st: np.ndarray, tolerance: float) -> None:
    """All four expectations, relative to the second moments."""
    found = equal_variances(activation)
    value, slope = fs.second_moment(phi, q), fs.derivative_second_moment(phi, q)
    np.testing.assert_allclose(found.second_moment(q), value, rtol=tolerance)
    np.testing.assert_allclose(found.derivative_second_moment(q), slope, rtol=tolerance, atol=1e-300)
    there = slope > 1e-200
    assert np.abs(found.kernel(q, q_st) - fs.kernel(phi, q, q, q_st)).max() <= tolerance * value.max()
    error = found.derivative_kernel(q, q_st) - fs.derivative_kernel(phi, q, q, q_st)
    assert np.abs(error[there] / slope[there]).max() <= tolerance
    assert np.abs((found.kernel(q, q_st) - fs.kernel(phi, q, q, q_st)) / value).max() <= tolerance


@pytest.mark.parametrize("spec", SPECS)
def test_activations_of_the_catalogue_have_what_single_integrals_have(spec):
    check(spec, fs.get_activation(spec), *points(60), tolerance=INTERPOLATION_ERROR)


@pytest.mark.parametrize("spec", ["erf", "gelu", "sine", "optimal_quadratic", "silu"])
def test_a_smooth_function_of_the_readers_own_needs_no_closed_form(spec):
    phi = fs.get_activation(spec)
    check(OwnActivation(phi), phi, *points(1000), tolerance=INTERPOLATION_ERROR)


@pytest.mark.parametrize("spec", ["relu", "shifted_relu(a=1.5,b=0.4)"])
def test_kinked_functions_of_the_readers_own_are_right_to_1e_8(spec):
    phi = fs.get_activation(spec)
    check(OwnActivation(phi), phi, *points(1000, lowest=0.3, highest=0.9), tolerance=1e-8)


def test_a_piecewise_linear_function_of_the_readers_own_has_its_closed_form():
    phi = fs.get_activation("leaky_relu(slope=0.3)")
    own, (q, q_st) = equal_variances(OwnActivation(phi, phi.slopes)), points(100)
    assert own.error < 1e-15
    np.testing.assert_allclose(own.kernel(q, q_st), fs.kernel(phi, q, q, q_st), rtol=1e-13)


@pytest.mark.parametrize("spec", ["silu", "tanh", "hard_tanh"])
def test_large_variances_are_no_worse(spec):
    q, q_st = points(25, 30.0, 3000.0)
    check(spec, fs.get_activation(spec), q, 0.6 * q_st, tolerance=INTERPOLATION_ERROR)


@pytest.mark.parametrize("spec", ["softplus", "tanh", "hard_tanh"])
def test_a_variance_of_zero_leaves_the_value_at_the_origin(spec):
    phi, found = fs.get_activation(spec), equal_variances(spec)
    zero, tiny = np.zeros(2), np.array([1e-200, 0.0])
    assert found.second_moment(zero) == pytest.approx(phi(0.0) ** 2)
    assert found.kernel(zero, zero) == pytest.approx(phi(0.0) ** 2)
    assert found.derivative_kernel(tiny, zero) == pytest.approx(phi.derivative(0.0) ** 2)
    assert found.kernel(tiny, -tiny) == pytest.approx(np.sign(phi(0.0)) * phi(0.0) ** 2 - tiny * (phi(0.0) == 0.0))


@pytest.mark.parametrize("spec", ["silu", "hard_tanh"])
def test_a_sample_with_itself_has_the_second_moment_to_the_last_digit(spec):
    found, q = equal_variances(spec), points(50)[0]
    assert (found.kernel(q, q * (1.0 + 1e-16)) == found.second_moment(q)).all()


@pytest.mark.parametrize("spec", ["tanh", "hard_tanh", "gelu"])
def test_values_depend_neither_on_their_company_nor_on_their_order(spec):
    q, q_st = points(200)
    found = equal_variances(spec)
    whole = found.kernel(q, q_st), found.second_moment(q)
    for i in range(0, 200, 23):
        assert found.kernel(q[i : i + 1], q_st[i : i + 1])[0] == whole[0][i]
        assert found.second_moment(q[i : i + 1])[0] == whole[1][i]
    assert (found.kernel(q[::-1], q_st[::-1]) == whole[0][::-1]).all()


CLOSED = (
    "erf",
    "normalised_erf(alpha=3)",
    "relu",
    "leaky_relu(slope=0.01)",
    "shifted_relu(a=1,b=0)",
    "shifted_leaky_relu(alpha=0)",
)


@pytest.mark.parametrize("spec", CLOSED)
@pytest.mark.parametrize("scale", [0.0, 1e-200, 1e-9, 1.0, 1e8, 1e160, 1e280])
def test_all_four_together_are_those_one_by_one(spec, scale):
    found = equal_variances(spec)
    q = scale * np.repeat([0.5, 1.0, 3.0], 7)
    q_st = q * np.tile([-1.0, -1.0 + 1e-6, -0.4, 0.0, 0.7, 1.0 - 1e-6, 1.0], 3)
    moment, slope = found.second_moment(q), found.derivative_second_moment(q)
    expected = moment, found.kernel(q, q_st), slope, found.derivative_kernel(q, q_st)
    together = np.empty((4, len(q)))
    found.together(np.array([q, q_st]), together)
    for one, other, whole in zip(together, expected, (moment, moment, slope, slope), strict=True):
        np.testing.assert_array_less(np.abs(one - other), 1e-12 * whole + 1e-300)


def test_the_shape_of_the_arrays_is_kept():
    assert equal_variances("tanh").kernel(np.ones((2, 3)), np.zeros((2, 3))).shape == (2, 3)
    assert equal_variances("silu").second_moment(np.ones((3, 1, 2))).shape == (3, 1, 2)


def test_what_is_no_activation_is_refused():
    with pytest.raises(TypeError, match="must be one of get_activation"):
        equal_variances(3.0)
