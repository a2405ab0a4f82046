"""Gaussian expectations: closed forms and quadrature against slow independent integration."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from fisher_spectra.activations.catalogue import Activation, activation_specs, get_activation
from fisher_spectra.activations.closed_forms import ClosedForms, piecewise_linear_closed_forms
from fisher_spectra.activations.definitions import Tails
from fisher_spectra.gaussian import line_rules, pairs
from fisher_spectra.gaussian.integrals import (
    derivative_kernel,
    derivative_second_moment,
    kernel,
    second_moment,
)
from fisher_spectra.gaussian.line_rules import gaussian_mean
from fisher_spectra.gaussian.straight_tails import mean_by_tails, second_moment_by_tails

SPECS = (
    *activation_specs(),
    "leaky_relu(slope=0.3)",
    "hard_tanh(s=0.3535533905932738,g=1.0013)",
    "shifted_relu(a=1.5,b=0.4)",
    "shifted_relu(a=0.7,b=-0.6)",
    "shifted_leaky_relu(alpha=-0.5)",
    "normalised_erf(alpha=0.3)",
)
SMOOTH = tuple(spec for spec in SPECS if not get_activation(spec).kinks)
KINKED = tuple(spec for spec in SPECS if get_activation(spec).kinks)
BY_QUADRATURE = ("tanh", "silu", "softplus")

# q_s, q_t, q_st: both signs, weak and strong correlation, unequal variances.
COVARIANCES = ((1.0, 1.0, 0.3), (2.0, 0.7, -0.9), (0.5, 3.0, 1.2), (3.6, 3.6, 3.5), (1.3, 1.3, -1.29), (0.8, 2.0, 0.0))


def without_closed_forms(spec: str) -> Activation:
    """The same function, so that the general route is taken."""
    activation = get_activation(spec)
    definition = dataclasses.replace(activation._definition, closed_forms=ClosedForms())
    return dataclasses.replace(activation, _definition=definition)


def trapezoid_oracle(function: Callable, q_s: float, q_t: float, q_st: float) -> float:
    """Plane trapezoid rule on |z| <= 9: right to 1e-13 for entire functions and poles as far off as those of tanh."""
    z, h = np.linspace(-9.0, 9.0, 401, retstep=True)
    weights = h * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
    c = q_st / math.sqrt(q_s * q_t)
    v = math.sqrt(q_t) * (c * z[:, None] + math.sqrt(max(1.0 - c * c, 0.0)) * z)
    return float(weights @ (function(math.sqrt(q_s) * z)[:, None] * function(v)) @ weights)


def nested_quad_oracle(function: Callable, kinks: tuple[float, ...], q_s: float, q_t: float, q_st: float) -> float:
    """Adaptive integration over u, and over v given u, split at the kinks."""
    slope, spread = q_st / q_s, math.sqrt(q_t - q_st**2 / q_s)
    values = np.array([0.0])

    def scalar(x: float) -> float:
        values[0] = x
        return float(function(values)[0])

    def split_quad(integrand: Callable[[float], float], points: list[float], centre: float, width: float) -> float:
        ends = [centre - 9 * width, *sorted(p for p in points if abs(p - centre) < 9 * width), centre + 9 * width]
        pieces = itertools.pairwise(ends)
        return sum(quad(integrand, a, b, epsabs=1e-11, epsrel=1e-10, limit=200)[0] for a, b in pieces)

    def density(x: float, width: float) -> float:
        return math.exp(-0.5 * (x / width) ** 2) / (width * math.sqrt(2.0 * math.pi))

    def inner(u: float) -> float:
        mean = slope * u
        return split_quad(lambda v: scalar(v) * density(v - mean, spread), list(kinks), mean, spread)

    root = math.sqrt(q_s)
    return split_quad(lambda u: scalar(u) * inner(u) * density(u, root), [*kinks, 0.0], 0.0, root)


def line_oracle(function: Callable[[float], float], points: list[float]) -> float:
    ends = [-10.0, *sorted(p for p in {0.0, *points} if abs(p) < 10.0), 10.0]
    weight = 1.0 / math.sqrt(2.0 * math.pi)
    return sum(
        quad(lambda z: weight * math.exp(-0.5 * z * z) * function(z), a, b, epsabs=1e-13, epsrel=1e-13, limit=400)[0]
        for a, b in itertools.pairwise(ends)
    )


@pytest.mark.parametrize("spec", SMOOTH)
def test_kernels_of_smooth_activations_are_right_to_1e_10(spec: str) -> None:
    activation = get_activation(spec)
    for q_s, q_t, q_st in COVARIANCES:
        expected = trapezoid_oracle(activation, q_s, q_t, q_st)
        assert float(kernel(activation, q_s, q_t, q_st)) == pytest.approx(expected, rel=1e-10, abs=1e-10)
        expected = trapezoid_oracle(activation.derivative, q_s, q_t, q_st)
        assert float(derivative_kernel(activation, q_s, q_t, q_st)) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("spec", KINKED)
@pytest.mark.parametrize("covariance", [(2.0, 0.7, -0.9), (0.5, 3.0, 1.2)])
def test_kernels_of_kinked_activations_are_right_to_1e_8(spec: str, covariance: tuple[float, float, float]) -> None:
    activation = get_activation(spec)
    expected = nested_quad_oracle(activation, activation.kinks, *covariance)
    assert float(kernel(activation, *covariance)) == pytest.approx(expected, abs=1e-8)
    expected = nested_quad_oracle(activation.derivative, activation.kinks, *covariance)
    assert float(derivative_kernel(activation, *covariance)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("q", [0.01, 1.0, 7.3])
def test_second_moments_are_right_to_1e_10(spec: str, q: float) -> None:
    activation = get_activation(spec)
    points = [kink / math.sqrt(q) for kink in activation.kinks]
    for ours, function in (
        (second_moment(activation, q), activation),
        (derivative_second_moment(activation, q), activation.derivative),
    ):
        expected = line_oracle(lambda z, f=function: f(math.sqrt(q) * z) ** 2, points)
        assert float(ours) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_fully_correlated_variables_of_different_variance_reduce_to_one_integral(spec: str, sign: float) -> None:
    activation = get_activation(spec)
    root_s, root_t = math.sqrt(1.7), math.sqrt(0.6)
    points = [kink / root for kink in activation.kinks for root in (root_s, sign * root_t)]
    for ours, function in (
        (kernel(activation, 1.7, 0.6, sign * root_s * root_t), activation),
        (derivative_kernel(activation, 1.7, 0.6, sign * root_s * root_t), activation.derivative),
    ):
        expected = line_oracle(lambda z, f=function: f(root_s * z) * f(sign * root_t * z), points)
        assert float(ours) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("spec", SPECS)
def test_a_sample_with_itself_gives_the_second_moments(spec: str) -> None:
    activation = get_activation(spec)
    # Not representable exactly: roots and products round.
    q = np.array([0.1, 0.7, 1.1, 3.3, 12.7])
    np.testing.assert_allclose(kernel(activation, q, q, q), second_moment(activation, q), rtol=1e-13)
    np.testing.assert_allclose(
        derivative_kernel(activation, q, q, q), derivative_second_moment(activation, q), rtol=1e-13
    )


@pytest.mark.parametrize("spec", SPECS)
def test_a_variable_of_variance_zero_is_the_constant_zero(spec: str) -> None:
    activation = get_activation(spec)
    at_zero, derivative_at_zero = activation(np.zeros(1))[0], activation.derivative(np.zeros(1))[0]
    mean = gaussian_mean(activation, activation.kinks, 1.3)
    derivative_mean = gaussian_mean(activation.derivative, activation.kinks, 1.3)
    assert float(kernel(activation, 0.0, 1.3, 0.0)) == pytest.approx(at_zero * mean, abs=1e-12)
    assert float(kernel(activation, 1.3, 0.0, 0.0)) == pytest.approx(at_zero * mean, abs=1e-12)
    assert float(kernel(activation, 0.0, 0.0, 0.0)) == pytest.approx(at_zero**2, abs=1e-12)
    assert float(derivative_kernel(activation, 0.0, 1.3, 0.0)) == pytest.approx(
        derivative_at_zero * derivative_mean, abs=1e-12
    )
    assert float(derivative_kernel(activation, 0.0, 0.0, 0.0)) == pytest.approx(derivative_at_zero**2, abs=1e-12)
    assert float(second_moment(activation, 0.0)) == pytest.approx(at_zero**2, abs=1e-12)
    assert float(derivative_second_moment(activation, 0.0)) == pytest.approx(derivative_at_zero**2, abs=1e-12)


@pytest.mark.parametrize("spec", ["tanh", "erf", "linear", "hard_tanh", "sine"])
def test_kernels_of_odd_activations_change_sign_with_the_covariance(spec: str) -> None:
    activation = get_activation(spec)
    c = np.array([0.1, 0.5, 0.95, 1.0])
    np.testing.assert_allclose(kernel(activation, 1.0, 2.0, -c), -kernel(activation, 1.0, 2.0, c), atol=1e-14)
    np.testing.assert_allclose(
        derivative_kernel(activation, 1.0, 2.0, -c), derivative_kernel(activation, 1.0, 2.0, c), atol=1e-14
    )


@pytest.mark.parametrize("spec", ["hard_tanh", "shifted_relu(a=0.7,b=-0.6)", "relu", "erf", "gelu"])
def test_quadrature_agrees_with_the_closed_form_at_any_correlation(spec: str) -> None:
    closed, general = get_activation(spec), without_closed_forms(spec)
    c = np.array([-1.0, -0.9999, -0.97, -0.4, 0.0, 0.6, 0.97, 0.9999, 1.0 - 1e-9, 1.0])
    for q_s, q_t in ((1.0, 1.0), (0.3, 4.0)):
        q_st = c * math.sqrt(q_s * q_t)
        for function in (kernel, derivative_kernel):
            np.testing.assert_allclose(
                function(general, q_s, q_t, q_st), function(closed, q_s, q_t, q_st), rtol=0, atol=1e-8
            )


def test_an_activation_without_closed_form_and_with_a_kink_off_the_origin_is_right_to_1e_8() -> None:
    def bent_sine(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0.5, np.sin(x), np.sin(0.5))

    definition = dataclasses.replace(
        get_activation("tanh")._definition, value=lambda ops, x: bent_sine(x), kinks=(0.5,), is_odd=False, tails=None
    )
    activation = dataclasses.replace(get_activation("tanh"), name="bent_sine", _definition=definition)
    for q_s, q_t, q_st in ((1.0, 1.0, 0.3), (2.0, 0.7, -0.9), (1.0, 1.1, 1.03)):
        expected = nested_quad_oracle(bent_sine, (0.5,), q_s, q_t, q_st)
        assert float(kernel(activation, q_s, q_t, q_st)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("spec", BY_QUADRATURE)
@pytest.mark.parametrize("q", [40.0, 1e3, 1e6])
def test_series_and_plane_rule_agree_for_large_variances(spec: str, q: float) -> None:
    activation = get_activation(spec)
    for c in (0.5, 0.9, 0.99, -0.9):
        expected = pairs.plane_mean(activation, (), q, q, c)
        assert float(kernel(activation, q, q, c * q)) == pytest.approx(expected, rel=1e-10, abs=1e-10)


STRAIGHT = ("tanh", "silu", "softplus")
EITHER = pytest.mark.parametrize("of_derivative", [False, True])


def function_and_tails(spec: str, of_derivative: bool) -> tuple[Callable, Tails]:
    activation = get_activation(spec)
    tails = activation.derivative_tails if of_derivative else activation.tails
    assert tails is not None
    return activation.derivative if of_derivative else activation, tails


@pytest.mark.parametrize("spec", STRAIGHT)
@EITHER
def test_tails_are_what_the_function_approaches_on_both_sides(spec: str, of_derivative: bool) -> None:
    function, tails = function_and_tails(spec, of_derivative)
    x = np.array([45.0, 300.0])
    np.testing.assert_allclose(function(x), tails.left + tails.jump + tails.bend * x, rtol=0, atol=1e-15)
    np.testing.assert_allclose(function(-x), tails.left, rtol=0, atol=1e-15)


@pytest.mark.parametrize("spec", STRAIGHT)
@EITHER
@pytest.mark.parametrize("q", [1.0, 4.0, 10.0])
def test_means_by_tails_equal_a_plane_sum(spec: str, of_derivative: bool, q: float) -> None:
    function, tails = function_and_tails(spec, of_derivative)
    for ratio in (1.0, 3.0):
        for c in (0.0, 0.4, -0.9, 0.99, 0.9999, -0.999999):
            expected = trapezoid_oracle(function, q, ratio * q, c * math.sqrt(ratio) * q)
            found = mean_by_tails(function, tails, q, ratio * q, c)
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-13)
    assert second_moment_by_tails(function, tails, q) == pytest.approx(trapezoid_oracle(function, q, q, q), rel=1e-12)


@pytest.mark.parametrize("spec", STRAIGHT)
@EITHER
def test_means_by_tails_equal_the_plane_rule_at_variances_of_any_size(spec: str, of_derivative: bool) -> None:
    function, tails = function_and_tails(spec, of_derivative)
    for q_s, q_t, c in (
        (1e2, 1e6, 0.3),
        (4e2, 4e2, 0.979),
        (1e4, 1e4, -0.9991),
        (1e4, 1e4, 1 - 1e-10),
        (1e14, 3e14, 0.98),
    ):
        moments = [line_rules.mean_of_square(function, (), None, np.array(q)) for q in (q_s, q_t)]
        expected = pairs.plane_mean(function, (), q_s, q_t, c)
        accuracy = 1e-13 * math.sqrt(float(moments[0]) * float(moments[1]))
        assert mean_by_tails(function, tails, q_s, q_t, c) == pytest.approx(expected, rel=0, abs=accuracy)
        assert second_moment_by_tails(function, tails, q_s) == pytest.approx(float(moments[0]), rel=1e-13)


@pytest.mark.parametrize("spec", ["silu", "softplus"])
def test_many_pairs_at_once_equal_single_pairs_where_some_go_by_their_tails(spec: str) -> None:
    activation = get_activation(spec)
    q = np.geomspace(0.3, 1e4, 6)
    c = np.full((6, 6), 0.9)
    q_st = c * np.sqrt(q[:, None] * q)
    together = kernel(activation, q[:, None], q, q_st)
    single = [[float(kernel(activation, q[i], q[k], q_st[i, k])) for k in range(6)] for i in range(6)]
    np.testing.assert_allclose(together, single, rtol=1e-11)


def test_kernel_of_tanh_tends_to_the_arcsine_law_for_huge_variances() -> None:
    # tanh(sqrt(q) z) tends to sign z, with a correction of order 1 / sqrt q.
    c = np.array([-0.9, -0.2, 0.5, 0.999])
    tanh = get_activation("tanh")
    np.testing.assert_allclose(kernel(tanh, 1e12, 1e12, 1e12 * c), 2 / np.pi * np.arcsin(c), atol=1e-6)


@pytest.mark.parametrize("spec", ["hard_tanh(s=0.001,g=1)", "shifted_relu(a=1,b=50)", "shifted_relu(a=1,b=-50)"])
def test_kinks_far_out_leave_a_straight_line_without_loss_of_accuracy(spec: str) -> None:
    activation = get_activation(spec)
    slope, constant = {0: (1.0, 0.0), 1: (0.0, 50.0), 2: (1.0, 0.0)}[
        ["hard_tanh(s=0.001,g=1)", "shifted_relu(a=1,b=50)", "shifted_relu(a=1,b=-50)"].index(spec)
    ]
    q_st = np.array([-0.9, 0.0, 0.4, 0.99999999, 1.0])
    np.testing.assert_allclose(kernel(activation, 1.0, 1.0, q_st), constant**2 + slope * q_st, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(derivative_kernel(activation, 1.0, 1.0, q_st), slope, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("q", [1e12, 1e100, 1e300])
def test_hard_tanh_of_huge_variance_is_the_sign_and_its_slope_a_point_mass_at_the_origin(q: float) -> None:
    """Kinks at +-1: phi tends to the sign (arcsine law), phi'(u) phi'(v) to 4 times the joint density at the origin."""
    hard_tanh, c = get_activation("hard_tanh"), np.array([-0.9, -0.2, 0.3, 0.8])
    slopes = 2 / (math.pi * np.sqrt(1 - c**2))
    # The next order is 1 / q; sqrt(1 - c) carries rounding of c q.
    np.testing.assert_allclose(kernel(hard_tanh, q, q, c * q), 2 / math.pi * np.arcsin(c), rtol=1e-11)
    np.testing.assert_allclose(derivative_kernel(hard_tanh, q, q, c * q) * q, slopes, rtol=1e-11)
    # E min(x^2 q, 1) = 1 - 4 / 3 * density of the origin, and the mass of [-1, 1].
    density = 1 / math.sqrt(2 * math.pi * q)
    assert float(second_moment(hard_tanh, q)) == pytest.approx(1 - 4 / 3 * density, rel=1e-14)
    assert float(derivative_second_moment(hard_tanh, q)) == pytest.approx(2 * density, rel=1e-12)
    assert float(derivative_kernel(hard_tanh, q, q, q)) == pytest.approx(2 * density, rel=1e-12)


def test_steepest_hard_tanh_of_the_registry_obeys_the_arcsine_law() -> None:
    steep = get_activation("hard_tanh(s=1,g=1e6)")
    # 2 / pi arcsin(1/2); the kinks, at 1e-6 standard deviations, cost their square.
    assert float(kernel(steep, 1.0, 1.0, 0.5)) == pytest.approx(1 / 3, rel=1e-11)


@pytest.mark.parametrize("q_s", [3e2, 1e4])
@pytest.mark.parametrize("ratio", [1.0, 0.37, 1e-3])
def test_kinks_close_in_agree_with_quadrature(q_s: float, ratio: float) -> None:
    """Neither symmetric nor quite saturated: slopes 0, 2, -1, 0.01."""
    kinks, slopes = (-0.3, 0.1, 0.7), (0.0, 2.0, -1.0, 0.01)
    definition = dataclasses.replace(
        get_activation("tanh")._definition,
        value=lambda ops, x: np.interp(x, kinks, (-0.4, 0.4, -0.2)) + 0.01 * np.maximum(x - 0.7, 0.0),
        derivative=lambda ops, x: np.array(slopes)[np.searchsorted(kinks, x)],
        kinks=kinks,
        is_odd=False,
        tails=None,
        derivative_tails=None,
    )
    general = dataclasses.replace(get_activation("tanh"), name="zigzag", _definition=definition)
    forms = piecewise_linear_closed_forms(kinks, slopes, value_at_zero=0.2, derivative_at_zero=2.0)
    q_t = ratio * q_s
    for c in (-1.0, -0.95, 0.0, 0.4, 0.999, 1.0):
        q_st = c * math.sqrt(q_s) * math.sqrt(q_t)
        for closed, function in ((forms.kernel, kernel), (forms.derivative_kernel, derivative_kernel)):
            assert closed is not None
            expected = float(function(general, q_s, q_t, q_st))
            assert float(closed(q_s, q_t, q_st)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("spec", KINKED)
@pytest.mark.parametrize("distance", [2e-15, 1e-12, 1e-9])
def test_kernels_of_kinked_activations_fall_from_the_second_moment_by_their_slope_at_correlation_1(
    spec: str, distance: float
) -> None:
    """d/dc E phi(u) phi(v) = q E phi'(u) phi'(v); the next order is distance^(3/2)."""
    activation, q = get_activation(spec), 13.65
    q_st = q * (1 - distance)
    fall = (q - q_st) * float(derivative_second_moment(activation, q))
    moment = float(second_moment(activation, q))
    largest = max(map(abs, activation.slopes or ())) ** 2
    assert float(kernel(activation, q, q, q_st)) == pytest.approx(
        moment - fall, rel=1e-12, abs=2 * largest * q * distance**1.5
    )


def test_a_kink_far_out_keeps_all_digits_of_its_tail() -> None:
    far = get_activation("shifted_relu(a=1,b=10)")
    assert float(derivative_second_moment(far, 1.0)) == pytest.approx(0.5 * math.erfc(10 / math.sqrt(2)), rel=1e-13)
    independent = float(derivative_kernel(far, 1.0, 1.0, 0.0))
    assert independent == pytest.approx((0.5 * math.erfc(10 / math.sqrt(2))) ** 2, rel=1e-13)


@pytest.mark.parametrize("spec", ["erf", "normalised_erf(alpha=100)", "normalised_erf(alpha=1000)"])
@pytest.mark.parametrize("q", [10000.1, 1e10 + 0.7, 3.3e200])
def test_the_slope_of_a_steep_erf_has_its_second_moment_for_a_sample_with_itself(spec: str, q: float) -> None:
    """E (a exp(-b q z^2 / 2))^2 = a^2 / sqrt(1 + 2 b q), here with b = 2 inner^2."""
    activation = get_activation(spec)
    inner = activation.parameters.get("alpha", 1.0) ** 2 if activation.parameters else 1.0
    expected = float(activation.derivative(0.0)) ** 2 / math.sqrt(1 + 4 * inner**2 * q)
    assert float(derivative_kernel(activation, q, q, q)) == pytest.approx(expected, rel=1e-12)
    assert float(derivative_second_moment(activation, q)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("q", [1e155, 1e200, 1e307])
def test_erf_gelu_and_sine_stay_finite_up_to_the_largest_variances(q: float) -> None:
    c = np.array([-0.9, 0.3])
    erf, gelu, relu, sine = (get_activation(name) for name in ("erf", "gelu", "relu", "sine"))
    np.testing.assert_allclose(kernel(erf, q, q, c * q), 2 / math.pi * np.arcsin(c), rtol=1e-13)
    assert float(second_moment(erf, q)) == pytest.approx(1.0, rel=1e-13)
    for function in (kernel, derivative_kernel):
        np.testing.assert_allclose(function(gelu, q, q, c * q), function(relu, q, q, c * q), rtol=1e-12)
    assert float(second_moment(gelu, q)) == pytest.approx(q / 2, rel=1e-13)
    assert float(second_moment(sine, q)) == float(derivative_second_moment(sine, q)) == 0.5


@pytest.mark.parametrize("q", [1e-3, 1e-12, 1e-20, 1e-300])
def test_sine_of_small_variance_keeps_all_digits(q: float) -> None:
    sine, c = get_activation("sine"), np.array([-1.0, -0.4, 0.0, 0.7, 1.0])
    expected = math.exp(-q) * np.sinh(c * q)
    np.testing.assert_allclose(kernel(sine, q, q, c * q), expected, rtol=1e-14)
    assert float(second_moment(sine, q)) == pytest.approx(math.exp(-q) * math.sinh(q), rel=1e-14)


def test_all_pairs_at_once_equal_single_pairs_and_cost_the_activation_only_per_variance() -> None:
    rng = np.random.default_rng(5)
    samples = 120
    x = rng.standard_normal((samples, 40))
    x[1] = x[0]
    x[2] = -x[0]
    x[3] = 0.0
    q_st = x @ x.T / 40
    q = np.diag(q_st)
    evaluations = 0

    def counted(ops: object, values: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += values.size
        return np.tanh(values)

    tanh = get_activation("tanh")
    counting = dataclasses.replace(tanh, _definition=dataclasses.replace(tanh._definition, value=counted))
    matrix = kernel(counting, q[:, None], q[None, :], q_st)
    assert evaluations < 5000 * samples
    for s, t in ((0, 0), (0, 1), (0, 2), (0, 3), (3, 3), (7, 100), (119, 4)):
        single = float(kernel(tanh, q[s], q[t], q_st[s, t]))
        assert float(matrix[s, t]) == pytest.approx(single, rel=1e-11, abs=1e-12)
    np.testing.assert_allclose(matrix, matrix.T, rtol=0, atol=1e-15)


def test_results_do_not_depend_on_the_size_of_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    q_s, q_t = rng.uniform(0.1, 300.0, (2, 200))
    q_st = rng.uniform(-0.999, 0.999, 200) * np.sqrt(q_s * q_t)
    tanh = get_activation("tanh")
    whole = kernel(tanh, q_s, q_t, q_st), second_moment(tanh, q_s)
    for limit, value in (("_MAXIMUM_COEFFICIENTS", 3000), ("MAXIMUM_VALUES", 5000), ("_CHUNK", 7)):
        monkeypatch.setattr(pairs, limit, value)
    monkeypatch.setattr(line_rules, "MAXIMUM_VALUES", 5000)
    np.testing.assert_allclose(kernel(tanh, q_s, q_t, q_st), whole[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(second_moment(tanh, q_s), whole[1], rtol=1e-12)


@pytest.mark.parametrize("spec", ["tanh", "relu", "hard_tanh", "gelu"])
def test_arguments_broadcast(spec: str) -> None:
    activation = get_activation(spec)
    q_s, q_t, q_st = np.array([[1.0], [2.0]]), np.array([1.0, 1.5, 3.0]), np.array(0.2)
    for function in (kernel, derivative_kernel):
        result = function(activation, q_s, q_t, q_st)
        assert result.shape == (2, 3)
        assert result[1, 2] == pytest.approx(float(function(activation, 2.0, 3.0, 0.2)), rel=1e-14)
    assert second_moment(activation, q_s).shape == (2, 1)
    assert derivative_second_moment(activation, q_s).shape == (2, 1)
    assert kernel(activation, np.zeros((0, 3)), 1.0, 0.0).shape == (0, 3)
    assert second_moment(activation, np.zeros((0,))).shape == (0,)


@pytest.mark.parametrize(
    ("q_s", "q_t", "q_st", "message"),
    [
        (-1.0, 1.0, 0.0, "q_s = -1: a variance must be a finite number >= 0"),
        (1.0, math.nan, 0.0, "q_t = nan: a variance must be a finite number >= 0"),
        (1.0, 1.0, 1.1, r"q_st = 1.1: a covariance must be between -1 and 1"),
        (1.0, 1.0, math.nan, r"q_st = nan: a covariance must be between -1 and 1"),
        (0.0, 1.0, 0.1, r"q_st = 0.1: a covariance must be between -0 and 0"),
    ],
)
def test_an_impossible_covariance_is_refused(q_s: float, q_t: float, q_st: float, message: str) -> None:
    for function in (kernel, derivative_kernel):
        for spec in ("tanh", "relu"):
            with pytest.raises(ValueError, match=message):
                function(get_activation(spec), q_s, q_t, q_st)


def test_gaussian_mean_knows_moments_and_absolute_moments() -> None:
    assert gaussian_mean(lambda x: x**8, variance=2.0) == pytest.approx(105 * 2.0**4, rel=1e-13)
    assert gaussian_mean(np.abs, kinks=(0.0,), variance=2.0) == pytest.approx(math.sqrt(4.0 / math.pi), rel=1e-13)
    assert gaussian_mean(lambda x: np.exp(0.7 * x)) == pytest.approx(math.exp(0.245), rel=1e-13)
    assert gaussian_mean(lambda x: 3.0) == pytest.approx(3.0, rel=1e-14)
    assert gaussian_mean(np.cos, variance=0.0) == 1.0
    tail = gaussian_mean(lambda x: (x > 0.3).astype(float), kinks=(0.3,))
    assert tail == pytest.approx(0.5 * math.erfc(0.3 / math.sqrt(2.0)), rel=1e-13)


def test_gaussian_mean_refuses_a_jump_that_was_not_named_and_a_negative_variance() -> None:
    with pytest.raises(ValueError, match="does not settle"):
        gaussian_mean(lambda x: (x > 0.3).astype(float))
    with pytest.raises(ValueError, match=r"variance = -1\.0: must be a finite number >= 0"):
        gaussian_mean(np.cos, variance=-1.0)


def test_karakida_B7_and_B8_for_erf() -> None:
    erf, a = get_activation("erf"), 1.4
    b = np.array([-1.3, 0.2, 1.1])
    root = np.sqrt((1 + 2 * a) ** 2 - (2 * b) ** 2)
    np.testing.assert_allclose(kernel(erf, a, a, b), 2 / np.pi * np.arctan(2 * b / root), rtol=1e-13)
    np.testing.assert_allclose(derivative_kernel(erf, a, a, b), 4 / (np.pi * root), rtol=1e-13)


def test_karakida_B11_for_relu_and_B12_without_its_factor_a() -> None:
    relu, a = get_activation("relu"), 1.4
    b = np.array([-1.3, 0.2, 1.1])
    c = b / a
    printed_kernel = a / (2 * np.pi) * (np.sqrt(1 - c**2) + c * np.pi / 2 + c * np.arcsin(c))
    np.testing.assert_allclose(kernel(relu, a, a, b), printed_kernel, rtol=1e-13)
    printed_derivative_kernel = a / (2 * np.pi) * (np.pi / 2 + np.arcsin(c))
    np.testing.assert_allclose(derivative_kernel(relu, a, a, b) * a, printed_derivative_kernel, rtol=1e-13)
    # phi'(u)^2 is 1 on half of the line whatever the variance; the printed formula says a / 2.
    assert float(derivative_kernel(relu, a, a, a)) == pytest.approx(0.5, rel=1e-14)


def test_karakida_definition_of_I_phi_needs_sqrt_a_in_both_arguments() -> None:
    # As printed, the second argument has variance b, the covariance: then I_phi[a, b] of the linear network is not b.
    a, b = 2.0, 0.5
    z = np.linspace(-9.0, 9.0, 301)
    weights = (z[1] - z[0]) * np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    mixed = (b / a) * z[:, None] + math.sqrt(1 - (b / a) ** 2) * z
    printed = float(weights @ (math.sqrt(a) * z[:, None] * math.sqrt(b) * mixed) @ weights)
    corrected = float(weights @ (math.sqrt(a) * z[:, None] * math.sqrt(a) * mixed) @ weights)
    assert printed == pytest.approx(b * math.sqrt(b / a), rel=1e-12)
    assert corrected == pytest.approx(b, rel=1e-12)
    assert float(kernel(get_activation("linear"), a, a, b)) == b


@pytest.mark.parametrize("alpha", [-1.0, -0.4, 0.0, 0.8])
def test_shifted_leaky_relu_has_zero_mean_and_unit_second_moment(alpha: float) -> None:
    activation = get_activation(f"shifted_leaky_relu(alpha={alpha})")
    assert gaussian_mean(activation, activation.kinks) == pytest.approx(0.0, abs=1e-13)
    assert float(second_moment(activation, 1.0)) == pytest.approx(1.0, rel=1e-13)


@pytest.mark.parametrize("spec", ["normalised_erf(alpha=0.001)", "normalised_erf(alpha=0.7)", "optimal_quadratic"])
def test_pennington_worah_normalisations_have_zero_mean_and_unit_second_moment(spec: str) -> None:
    activation = get_activation(spec)
    assert gaussian_mean(activation) == pytest.approx(0.0, abs=1e-13)
    assert float(second_moment(activation, 1.0)) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("shapes", [((2,), (3,), ()), ((2,), (), (3,)), ((), (2,), (3,))])
def test_shapes_that_do_not_go_together_are_named_whichever_two_they_are(shapes: tuple[tuple[int, ...], ...]) -> None:
    q_s, q_t = (np.ones(shape) for shape in shapes[:2])
    with pytest.raises(ValueError, match=r"q_s, q_t and q_st have the shapes .*: must broadcast together"):
        kernel("tanh", q_s, q_t, np.zeros(shapes[2]))


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("spec", ["tanh", "relu", "softplus"])
def test_a_covariance_that_rounding_puts_beyond_its_bound_counts_as_the_bound(spec: str, sign: int) -> None:
    beyond = sign * 2.0 * (1 + 1e-12)
    assert float(kernel(spec, 2.0, 2.0, beyond)) == float(kernel(spec, 2.0, 2.0, sign * 2.0))
    assert float(derivative_kernel(spec, 2.0, 2.0, beyond)) == float(derivative_kernel(spec, 2.0, 2.0, sign * 2.0))
