"""Signal propagation, atoms, recursions, limits of large depth and finite-width scatter (Hayase and Karakida)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.derivative_law import two_point_law
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    moment_scatter,
    signal_propagation,
)

# The setting of all figures: s^2 = 0.125, g = 1.0013.
FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


# -- laws of the derivative


def test_a_network_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="depth = 0"):
        signal_propagation(get_activation("relu"), 0)
    with pytest.raises(ValueError, match="depth = 0"):
        constant_propagation(0, 0.5, 1.0)
    for sigma2 in ((1.0, 1.0), (1.0,) * 4, -1.0):
        with pytest.raises(ValueError, match="must be one positive number or 3 of them"):
            signal_propagation(get_activation("relu"), 3, sigma2=sigma2)
    with pytest.raises(ValueError, match="must be L, L - 1, L"):
        SignalPropagation((1.0, 1.0), (), (1.0, 1.0))
    with pytest.raises(ValueError, match="positive and finite"):
        SignalPropagation((1.0, -1.0), (two_point_law(0.5, 1.0),), (1.0, 1.0))
    with pytest.raises(ValueError, match="depth = 4"):
        constant_propagation(3, 0.5, 1.0).truncated(4)


# -- propagation


def test_second_moments_follow_the_gaussian_mean_of_each_layer():
    s, g = 0.8, 1.1
    sigma2 = (1.2, 0.7, 1.0, 1.4)
    p = signal_propagation(get_activation(f"hard_tanh(s={s},g={g})"), 4, sigma2=sigma2, input_moment=1.3)
    q = [1.3]
    for variance in sigma2[:-1]:
        root = math.sqrt(variance * q[-1])
        kink = 1 / (s * g * root)
        mean, _ = quad(lambda z, r=root: (g * r * z) ** 2 * norm.pdf(z), -kink, kink, epsabs=1e-13)
        q.append(mean + 2 * norm.sf(kink) / s**2)
    np.testing.assert_allclose(p.moments, q, rtol=1e-12)
    assert p.depth == 4
    np.testing.assert_allclose(p.gamma, g**2)


def test_a_network_keeps_numbers_and_laws_of_its_own_whatever_it_was_given():
    laws = [two_point_law(0.5, 1.0)]
    given = SignalPropagation(np.ones(2), laws, [1, 1])
    laws.clear()
    assert given == SignalPropagation((1.0, 1.0), (two_point_law(0.5, 1.0),), (1.0, 1.0))
    assert hash(given) == hash(constant_propagation(2, 0.5, 1.0))


def test_one_layer_is_a_network_without_laws():
    assert constant_propagation(1, 0.5, 1.0) == SignalPropagation((1.0,), (), (1.0,))


def test_truncated_network_is_the_shallower_one():
    activation = get_activation(FIGURES)
    assert signal_propagation(activation, 12).truncated(5) == signal_propagation(activation, 5)


def test_second_moment_of_the_figures_falls_from_1_to_0_81_at_depth_100():
    p = signal_propagation(get_activation(FIGURES), 100)
    assert p.moments[0] == 1
    assert p.moments[-1] == pytest.approx(0.81, abs=0.005)
    assert np.all(np.diff(p.moments) < 0)


# -- finite width


@pytest.mark.parametrize("gaussian_weights", [False, True])
def test_each_layer_scatters_with_its_own_variance_of_the_weights(gaussian_weights):
    """ReLU networks are homogeneous: relative to the moments the scatter is that of equal variances."""
    relative = []
    for sigma2 in (2.0, (2.0, 8.0, 0.25, 3.0)):
        propagation = signal_propagation(get_activation("relu"), 4, sigma2)
        found = moment_scatter(get_activation("relu"), propagation, 10, gaussian_weights)
        relative.append(found / np.outer(propagation.moments, propagation.moments))
    np.testing.assert_allclose(relative[1], relative[0], rtol=1e-9)
    # Var relu^2 / (E relu^2)^2 = 5; the part along z^2, E relu^2 (z^2 - 1) = 2 E relu^2, is fixed on the sphere.
    assert relative[0][1, 1] == pytest.approx((5 if gaussian_weights else 3) / 10, rel=1e-9)


def test_weights_are_orthogonal_unless_said_otherwise():
    propagation = signal_propagation(get_activation("relu"), 3, 2.0)
    found, orthogonal, gaussian = (
        moment_scatter(get_activation("relu"), propagation, 10, *law) for law in ((), (False,), (True,))
    )
    np.testing.assert_array_equal(found, orthogonal)
    assert not np.allclose(found, gaussian)


@pytest.mark.parametrize("gaussian_weights", [False, True])
@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)", "relu"])
def test_scatter_of_second_moments_is_that_of_sampled_layers(spec, gaussian_weights):
    activation = get_activation(spec)
    width, depth, samples = 1000, 4, 4000
    p = signal_propagation(activation, depth)
    expected = moment_scatter(activation, p, width, gaussian_weights)
    rng = generator(0, "test_moment_scatter", spec, int(gaussian_weights))
    moments = np.ones((samples, depth))
    for layer in range(1, depth):
        h = rng.standard_normal((samples, width)) * np.sqrt(moments[:, layer - 1 : layer])
        if not gaussian_weights:  # on the sphere
            h *= np.sqrt(moments[:, layer - 1] * width)[:, None] / np.linalg.norm(h, axis=1, keepdims=True)
        moments[:, layer] = np.mean(activation(h) ** 2, axis=1)
    sampled = np.cov(moments.T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))[1:, 1:]
    # A sample covariance of 4000 has a relative error of 2.2 % (more with few saturated units, of which the skewed
    # scatter comes); corrections to the leading order are about 1 / M.
    assert np.max(np.abs(sampled - expected)[1:, 1:] / scale) < 0.09
    assert np.all(expected[0] == 0)
