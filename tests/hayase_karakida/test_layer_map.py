"""The certified inversion of the map through all layers."""

from __future__ import annotations

import numpy as np
import pytest
from hayase_karakida_subordination import fixed_point_cauchy_transform

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import layer_map
from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw, two_point_law
from fisher_spectra.hayase_karakida.layer_map import ConvergenceError, LayerMap
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    signal_propagation,
)
from fisher_spectra.hayase_karakida.spectral_moments import moment_recursion

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
THREE_VALUES = DerivativeLaw((0.0, 0.3, 1.5), (0.2, 0.5, 0.3))


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
