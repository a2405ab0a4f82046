"""Transforms, free convolutions and moments, and the certified inversion of the map through all layers."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import layer_map
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.free_probability import (
    Point,
    cauchy_transform,
    free_multiplicative_convolution,
    free_multiplicative_moments,
    h_transform,
    inverse_h_transform,
    marchenko_pastur_convolution,
    marchenko_pastur_s_transform,
    moment_recursion,
    point_mass,
    pushforward,
    pushforward_moments,
    s_transform,
)
from fisher_spectra.hayase_karakida.layer_map import ConvergenceError, LayerMap
from fisher_spectra.hayase_karakida.signal_propagation import (
    DerivativeLaw,
    SignalPropagation,
    constant_propagation,
    derivative_law,
    mean_eigenvalue_recursion,
    signal_propagation,
    two_point_law,
)
from fisher_spectra.networks.haar_measure import haar_orthogonal

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
THREE_VALUES = DerivativeLaw((0.0, 0.3, 1.5), (0.2, 0.5, 0.3))
UPPER = np.array([0.5 + 1.0j, -2.0 + 0.3j, 4.0 + 0.5j, 1.2 + 3.0j])


def compressed_moments(moments, alpha, gamma):
    """Moments of nu [x] mu for nu = (1 - alpha) delta_0 + alpha delta_gamma by free cumulants: the slow oracle.

    A projection of trace alpha that is free of A compresses it to an operator whose n-th free cumulant is
    alpha^{n-1} times that of A (Nica, Speicher 1996).
    """
    cumulants = free_cumulants(moments)
    compressed = moments_of_cumulants([alpha ** (n - 1) * k for n, k in enumerate(cumulants, start=1)])
    return [alpha * gamma**n * m for n, m in enumerate(compressed, start=1)]


def moments_of_cumulants(cumulants):
    """m_n = sum_s kappa_s * (sum over i_1 + .. + i_s = n - s of m_{i_1} .. m_{i_s})."""
    moments = [1.0]
    for n in range(1, len(cumulants) + 1):
        moments.append(sum(cumulants[s - 1] * _products(moments, s, n - s) for s in range(1, n + 1)))
    return moments[1:]


def free_cumulants(moments):
    known, cumulants = [1.0, *moments], []
    for n in range(1, len(moments) + 1):
        rest = sum(cumulants[s - 1] * _products(known, s, n - s) for s in range(1, n))
        cumulants.append(known[n] - rest)
    return cumulants


def _products(moments, factors, total):
    if factors == 1:
        return moments[total]
    return sum(moments[i] * _products(moments, factors - 1, total - i) for i in range(total + 1))


# -- transforms


def test_h_is_z_times_cauchy_transform_minus_one():
    np.testing.assert_allclose(
        h_transform(THREE_VALUES, UPPER), UPPER * cauchy_transform(THREE_VALUES, UPPER) - 1, rtol=1e-13
    )


@pytest.mark.parametrize("law", [two_point_law(0.3, 1.7), two_point_law(1.0, 0.4), THREE_VALUES])
def test_inverse_h_transform_inverts(law):
    u = 30 * UPPER
    np.testing.assert_allclose(inverse_h_transform(law, h_transform(law, u)), u, rtol=1e-11)


def test_inverse_h_transform_follows_its_start():
    w = h_transform(THREE_VALUES, UPPER)
    np.testing.assert_allclose(inverse_h_transform(THREE_VALUES, w, UPPER * (1 + 0.02j)), UPPER, rtol=1e-11)


def test_inverse_h_transform_on_the_real_axis_is_right_of_all_values():
    w = np.geomspace(1e-6, 1e6, 25).astype(complex)
    u = inverse_h_transform(THREE_VALUES, w)
    assert np.all(u.real > 1.5)
    assert np.all(u.imag == 0)
    np.testing.assert_allclose(h_transform(THREE_VALUES, u), w, rtol=1e-7)


@pytest.mark.parametrize("variance", [1e-4, 1.0, 4.0])
@pytest.mark.parametrize("spec", ["tanh", "silu", "gelu", "sine", "softplus"])
def test_inverse_h_transform_of_a_smooth_law_exists_for_all_positive_w(spec, variance):
    law = derivative_law(get_activation(spec), variance)
    w = np.geomspace(1e-6, 1e3, 40).astype(complex)
    u = inverse_h_transform(law, w)
    largest = law.values[-1]
    assert np.all(u.real > largest)
    assert np.all(u.imag == 0)
    # h_nu falls through w within rounding of u, which is a large share of u - largest where w is large.
    margin = 1e-12 * u
    below = np.where((u - margin).real > largest, h_transform(law, u - margin), np.inf)
    assert np.all(h_transform(law, u + margin).real < w.real)
    assert np.all(below.real > w.real)


def test_s_transform_of_the_two_point_law_and_the_misprinted_example():
    alpha, gamma = 0.7, 1.3
    w = np.array([-0.2 + 0.1j, 0.3 - 0.2j, 0.05 + 0j])
    given = (w + 1) / (gamma * (w + alpha))
    np.testing.assert_allclose(s_transform(two_point_law(alpha, gamma), w), given, rtol=1e-13)
    # The law printed beside this formula has alpha and 1 - alpha exchanged; its S-transform is another one.
    other = s_transform(printed.law_of_s_transform_example(alpha, gamma), w)
    assert np.min(np.abs(other / given - 1)) > 0.2


def test_s_transform_of_sampled_products_is_the_product():
    # tr and tr of squares of S = m_1^{-1} (1 - w (m_2 - m_1^2) / m_1^2 + ..): the derivative of log S at 0 adds up.
    rng = generator(0, "test_s_transform_of_products")
    width = 600
    first, second = np.sqrt(rng.uniform(0.5, 2.0, width)), rng.uniform(0.0, 1.0, width)
    u = haar_orthogonal(rng, width)
    product = np.linalg.eigvalsh(first[:, None] * ((u * second) @ u.T) * first)
    slopes = [-np.mean(v**2) / np.mean(v) ** 2 + 1 for v in (first**2, second, product)]
    assert slopes[2] == pytest.approx(slopes[0] + slopes[1], rel=0.02)
    assert np.mean(product) == pytest.approx(np.mean(first**2) * np.mean(second), rel=0.01)


def test_s_transform_of_marchenko_pastur_belongs_to_its_cauchy_transform():
    # G = (1 - sqrt(1 - 4/z)) / 2 for ratio 1.
    z = 3 * UPPER
    g = 0.5 * (1 - np.sqrt(1 - 4 / z))
    w = z * g - 1
    np.testing.assert_allclose(marchenko_pastur_s_transform(w), (1 + w) / (w * z), rtol=1e-12)


# -- propagation by points


def test_pushforward_of_a_point_mass():
    point = pushforward(point_mass(0.7, UPPER), 0.4, 1.5)
    np.testing.assert_allclose(point.z, 0.4 + 1.5 * UPPER)
    np.testing.assert_allclose(point.cauchy_transform, 1 / (point.z - (0.4 + 1.5 * 0.7)), rtol=1e-13)


@pytest.mark.parametrize("law", [two_point_law(0.3, 1.7), THREE_VALUES])
def test_convolution_with_a_point_mass_scales(law):
    point, u = free_multiplicative_convolution(point_mass(0.7, 20 * UPPER), law)
    scaled = DerivativeLaw(tuple(0.7 * v for v in law.values), law.weights)
    np.testing.assert_allclose(point.cauchy_transform, cauchy_transform(scaled, point.z), rtol=1e-11)
    np.testing.assert_allclose(u, point.z / 0.7, rtol=1e-11)


def test_convolution_of_a_point_mass_with_marchenko_pastur_is_marchenko_pastur():
    point, _ = marchenko_pastur_convolution(point_mass(2.0, 20 * UPPER))
    np.testing.assert_allclose(point.cauchy_transform, (1 - np.sqrt(1 - 8 / point.z)) / 4, rtol=1e-11)


@pytest.mark.parametrize("gaussian_weights", [False, True])
@pytest.mark.parametrize("law", [two_point_law(0.6, 1.4), THREE_VALUES])
def test_derivatives_of_the_steps_are_those_of_finite_differences(law, gaussian_weights):
    def steps(z1):
        point = pushforward(free_multiplicative_convolution(point_mass(0.8, z1), law)[0], 0.5, 1.2)
        point = free_multiplicative_convolution(point, law)[0]
        return marchenko_pastur_convolution(point)[0] if gaussian_weights else point

    z1, step = 20 * UPPER, 1e-6
    point = steps(z1)
    above, below = steps(z1 + step), steps(z1 - step)
    np.testing.assert_allclose(point.dz, (above.z - below.z) / (2 * step), rtol=1e-7)
    np.testing.assert_allclose(point.dh, (above.h - below.h) / (2 * step), rtol=1e-6)
    assert isinstance(point, Point)


# -- moments


def test_fuss_catalan_numbers_are_the_moments_of_two_marchenko_pastur_factors():
    catalan = [1, 2, 5, 14, 42, 132]
    np.testing.assert_allclose(free_multiplicative_moments(catalan, catalan), [1, 3, 12, 55, 273, 1428], rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.995])
def test_moments_by_s_transforms_are_those_by_free_cumulants(alpha):
    mu, gamma = two_point_law(0.35, 2.0), 0.8
    first = [0.3 * 2**k + 0.7 * mu.moment(k) for k in range(1, 7)]
    second = [two_point_law(alpha, gamma).moment(k) for k in range(1, 7)]
    np.testing.assert_allclose(
        free_multiplicative_moments(first, second), compressed_moments(first, alpha, gamma), rtol=1e-10
    )


def test_moments_are_refused_if_they_are_not_as_many():
    with pytest.raises(ValueError, match="as many"):
        free_multiplicative_moments([1.0], [1.0, 2.0])


def test_pushforward_of_moments_is_binomial():
    values, weights = np.array([0.3, 1.1, 2.0]), np.array([0.2, 0.5, 0.3])
    moments = [float(weights @ values**k) for k in range(1, 6)]
    expected = [float(weights @ (0.7 + 1.3 * values) ** k) for k in range(1, 6)]
    np.testing.assert_allclose(pushforward_moments(moments, 0.7, 1.3), expected, rtol=1e-13)


@pytest.mark.parametrize("depth", [3, 10])
def test_moment_recursion_is_that_of_free_cumulants(depth):
    p = signal_propagation(get_activation(FIGURES), depth, sigma2=1.1)
    moments = [1.0] * 5
    for law, q in zip(p.laws, p.moments[1:], strict=True):
        moments = pushforward_moments(compressed_moments(moments, law.alpha, law.gamma), q, 1.1).tolist()
    np.testing.assert_allclose(moment_recursion(p, 5), moments, rtol=1e-10)
    assert moment_recursion(p, 5)[0] == pytest.approx(mean_eigenvalue_recursion(p)[-1], rel=1e-13)


# -- the map through all layers


def fixed_point_cauchy_transform(propagation, z):
    """G of mu_L by nested fixed-point iterations in the upper half plane: the slow oracle.

    For nu [x] mu at y, the subordination equations are z u = y (1 + w) / w, w = h_mu(z) = h_nu(u) (Belinschi,
    Bercovici 2007); z -> h_nu, h_mu are iterated from z = y.
    """
    if propagation.depth == 1:
        return 1 / (z - propagation.moments[0])
    law, q, sigma2 = propagation.laws[-1], propagation.moments[-1], propagation.sigma2[-1]
    inner = propagation.truncated(propagation.depth - 1)
    y = (z - q) / sigma2
    argument = y
    for _ in range(400):
        w = argument * fixed_point_cauchy_transform(inner, argument) - 1
        u = y * (1 + w) / (w * argument)
        v = u * sum(p / (u - x) for x, p in zip(law.values, law.weights, strict=True)) - 1
        updated = y * (1 + v) / (v * u)
        if abs(updated - argument) < 1e-13 * abs(argument):
            break
        argument = updated
    return (1 + w) / y / sigma2


@pytest.mark.parametrize("law", [two_point_law(0.55, 1.4), THREE_VALUES])
@pytest.mark.parametrize("depth", [2, 3])
def test_inversion_agrees_with_the_subordination_fixed_point(law, depth):
    p = SignalPropagation((1.0, 0.8, 0.9)[:depth], (law,) * (depth - 1), (1.0, 1.2, 0.7)[:depth])
    z = np.array([0.9 + 0.3j, 1.5 + 0.2j, 2.6 + 0.3j, 0.2 + 0.5j])
    expected = [fixed_point_cauchy_transform(p, point) for point in z]
    np.testing.assert_allclose(LayerMap(p).inverse(z).cauchy_transform, expected, rtol=1e-9)


def test_map_and_inverse_are_inverse():
    layers = LayerMap(signal_propagation(get_activation(FIGURES), 12))
    target = np.array([0.9, 3.02, 7.5, 11.8, 20.0]) + 0.01j
    roots = layers.inverse(target)
    point = layers(roots.parameter)
    np.testing.assert_allclose(point.z, target, rtol=1e-12)
    np.testing.assert_allclose(point.cauchy_transform, roots.cauchy_transform, rtol=1e-12)
    np.testing.assert_allclose(point.dz, roots.slope, rtol=1e-12)


@pytest.mark.parametrize("gaussian_weights", [False, True])
def test_cauchy_transform_has_the_moments_as_its_expansion_at_infinity(gaussian_weights):
    p = signal_propagation(get_activation("leaky_relu(slope=0.2)"), 6)
    moments = moment_recursion(p, 8, gaussian_weights)
    z = 40 * np.exp(1j * np.linspace(0.1, 3.0, 7)) * moments[0] * (4 if gaussian_weights else 1)
    series = (1 + np.sum(moments / z[:, None] ** np.arange(1, 9), axis=1)) / z
    np.testing.assert_allclose(LayerMap(p, gaussian_weights).inverse(z).cauchy_transform, series, rtol=1e-9)


@pytest.mark.parametrize("depth", [3, 8])
@pytest.mark.parametrize("spec", ["silu", "gelu", "sine"])
def test_cauchy_transform_of_smooth_activations_has_the_moments_as_its_expansion_at_infinity(spec, depth):
    p = signal_propagation(get_activation(spec), depth)
    layers = LayerMap(p)
    moments = moment_recursion(p, 8)
    z = 40 * np.exp(1j * np.linspace(0.1, 3.0, 7)) * layers.support_maximum
    series = (1 + np.sum(moments / z[:, None] ** np.arange(1, 9), axis=1)) / z
    np.testing.assert_allclose(layers.inverse(z).cauchy_transform, series, rtol=1e-9)


def test_equation_has_other_roots_and_none_of_them_is_certified():
    layers = LayerMap(constant_propagation(9, 0.6, 1.0))
    target = np.array([1.7 + 0.05j])
    right = layers.inverse(target).parameter[0]
    rng = generator(0, "test_other_roots")
    starts = (rng.uniform(-3, 5, 400) + 1j * rng.uniform(0.01, 3, 400)).astype(complex)
    found, accepted = layers._newton(np.full(400, target[0]), starts, None)
    solved = np.abs(found.parameter.imag) > 0
    solved &= np.abs(layers(found.parameter).z - target[0]) < 1e-9
    wrong = solved & (np.abs(found.parameter - right) > 1e-6)
    assert wrong.sum() >= 5
    assert accepted.sum() > 10
    assert not np.any(accepted & wrong)


def test_misleading_neighbours_do_not_change_the_result():
    layers = LayerMap(signal_propagation(get_activation("hard_tanh(s=1,g=1)"), 6))
    x = np.linspace(0.3, 2.4, 40) + 1e-6j
    alone = layers.inverse(x)
    misled = layers.inverse(x, near=layers.inverse(np.array([50 + 1e-6j, -30 + 1e-6j])))
    np.testing.assert_allclose(misled.cauchy_transform, alone.cauchy_transform, rtol=1e-6)


def test_order_of_the_targets_does_not_matter():
    layers = LayerMap(signal_propagation(get_activation(FIGURES), 8))
    x = np.linspace(0.8, 8.2, 300) + 1e-4j
    forwards = layers.inverse(x).cauchy_transform
    np.testing.assert_allclose(layers.inverse(x[::-1]).cauchy_transform[::-1], forwards, rtol=1e-9)


def test_failure_names_x_and_the_depth(monkeypatch):
    monkeypatch.setattr(layer_map, "_NEWTON_STEPS", 1)
    layers = LayerMap(constant_propagation(5, 0.6, 1.0))
    with pytest.raises(ConvergenceError, match=r"x = 1\.25, L = 5: no root of the principal branch"):
        layers.inverse(np.array([1.25 + 1e-8j]))


def test_targets_below_the_real_axis_are_refused():
    with pytest.raises(ValueError, match="positive imaginary parts"):
        LayerMap(constant_propagation(3, 0.6, 1.0)).inverse(np.array([1.0 + 0j]))


@pytest.mark.parametrize(
    ("spec", "depth", "gaussian_weights"), [(FIGURES, 20, False), ("relu", 8, False), (FIGURES, 4, True)]
)
def test_support_maximum_is_where_the_cauchy_transform_becomes_real(spec, depth, gaussian_weights):
    layers = LayerMap(signal_propagation(get_activation(spec), depth), gaussian_weights)
    edge = layers.support_maximum
    outside, inside = layers.inverse(edge * np.array([1 + 1e-4 + 1e-9j, 1 - 1e-4 + 1e-9j])).cauchy_transform
    assert abs(outside.imag) < 1e-3 * abs(outside.real)
    if (spec, gaussian_weights) == (FIGURES, False):  # an isolated atom: a pole between real tails
        assert inside.real == pytest.approx(-outside.real, rel=1e-2)
        assert abs(outside.real) > 0.5 / (1e-4 * edge)
    else:
        assert abs(inside.imag) > 100 * abs(outside.imag)
