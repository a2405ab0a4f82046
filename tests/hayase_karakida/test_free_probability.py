"""Transforms of the laws of layers, and free convolutions by points."""

from __future__ import annotations

import numpy as np
import pytest
from hayase_karakida_transforms import cauchy_transform, h_transform

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw, derivative_law, two_point_law
from fisher_spectra.hayase_karakida.free_probability import (
    Point,
    free_multiplicative_convolution,
    inverse_h_transform,
    marchenko_pastur_convolution,
    point_mass,
    pushforward,
    s_transform,
)
from fisher_spectra.networks.haar_measure import haar_orthogonal

THREE_VALUES = DerivativeLaw((0.0, 0.3, 1.5), (0.2, 0.5, 0.3))
UPPER = np.array([0.5 + 1.0j, -2.0 + 0.3j, 4.0 + 0.5j, 1.2 + 3.0j])


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


@pytest.mark.parametrize("spec", ["tanh", "silu", "leaky_relu(slope=0.1)"])
def test_a_root_solves_the_equation_in_complex_numbers(spec):
    law = derivative_law(get_activation(spec), 1.0)
    u = law.values[-1] * (1.5 + generator(0, "roots", spec).standard_normal(50) + 0.3j)
    w = h_transform(law, u)
    np.testing.assert_allclose(inverse_h_transform(law, w, u * (1 + 1e-3)), u, rtol=1e-12)


@pytest.mark.parametrize("unit", [2.0**-400, 2.0**400])
def test_roots_are_in_the_units_of_the_law(unit):
    law = derivative_law(get_activation("silu"), 1.0)
    other = DerivativeLaw(tuple(unit * value for value in law.values), law.weights, is_quadrature=True)
    w = np.concatenate([np.geomspace(1e-6, 1e3, 20).astype(complex), 0.01 * UPPER])
    assert np.array_equal(inverse_h_transform(other, w), unit * inverse_h_transform(law, w))


def test_a_root_does_not_depend_on_what_else_is_asked_for():
    law = derivative_law(get_activation("tanh"), 1.0)
    w = np.geomspace(1e-6, 1e6, 40).astype(complex)
    alone = [complex(inverse_h_transform(law, one)) for one in w]
    np.testing.assert_allclose(inverse_h_transform(law, w.reshape(5, 8)).ravel(), alone, rtol=1e-14)


def test_a_convolution_with_a_smooth_law_has_its_derivative():
    law = derivative_law(get_activation("silu"), 1.0)

    def at(z):
        point, u, du = free_multiplicative_convolution(point_mass(1.0, z), law)
        return point.z, u, point.dz, du

    z, h = np.array([8.0 + 1.0j, 20.0 + 0.1j]), 1e-6
    for value, change in ((0, 2), (1, 3)):
        np.testing.assert_allclose(at(z)[change], (at(z + h)[value] - at(z - h)[value]) / (2 * h), rtol=1e-7)


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


# -- propagation by points


def test_pushforward_of_a_point_mass():
    point = pushforward(point_mass(0.7, UPPER), 0.4, 1.5)
    np.testing.assert_allclose(point.z, 0.4 + 1.5 * UPPER)
    np.testing.assert_allclose(point.cauchy_transform, 1 / (point.z - (0.4 + 1.5 * 0.7)), rtol=1e-13)


@pytest.mark.parametrize("law", [two_point_law(0.3, 1.7), THREE_VALUES])
def test_convolution_with_a_point_mass_scales(law):
    point, u, _ = free_multiplicative_convolution(point_mass(0.7, 20 * UPPER), law)
    scaled = DerivativeLaw(tuple(0.7 * v for v in law.values), law.weights)
    np.testing.assert_allclose(point.cauchy_transform, cauchy_transform(scaled, point.z), rtol=1e-11)
    np.testing.assert_allclose(u, point.z / 0.7, rtol=1e-11)


def test_convolution_of_a_point_mass_with_marchenko_pastur_is_marchenko_pastur():
    point, u = marchenko_pastur_convolution(point_mass(2.0, 20 * UPPER))
    np.testing.assert_allclose(point.cauchy_transform, (1 - np.sqrt(1 - 8 / point.z)) / 4, rtol=1e-11)
    # u is where h of the Marchenko-Pastur law itself is that of the convolution
    np.testing.assert_allclose((1 - np.sqrt(1 - 4 / u)) / 2 * u - 1, point.h, rtol=1e-9)


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
