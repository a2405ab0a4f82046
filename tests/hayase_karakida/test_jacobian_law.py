"""The law of J J^T: against tables, closed special cases, free moments, an integrated density and sampled networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hayase_karakida_laws import law_of_two_free_projections

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import sample_orthogonal_network
from fisher_spectra.hayase_karakida.derivative_law import two_point_law
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.jacobian_law import JacobianLaw
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    signal_propagation,
)
from fisher_spectra.hayase_karakida.spectral_moments import free_multiplicative_moments
from fisher_spectra.networks.fully_connected import forward
from fisher_spectra.networks.haar_measure import sphere_inputs


def law_of(s_squared, g, layers):
    """Of that many factors D_l W_l: of a network with one layer more."""
    return JacobianLaw(signal_propagation(get_activation(HardTanh(s_squared, g).function), layers + 1))


def law_with(alphas, gammas=None, sigma2=None):
    gammas = gammas or [1.0] * len(alphas)
    laws = tuple(two_point_law(alpha, gamma) for alpha, gamma in zip(alphas, gammas, strict=True))
    depth = len(alphas) + 1
    return JacobianLaw(SignalPropagation((1.0,) * depth, laws, sigma2 or (1.0,) * depth))


# m1, m2, atoms at zero and at the top, derived and checked apart from this code for J of so many factors
TABLE = [
    (3, 0.125, 1.0013, 0.9940, 1.0017, 0.0047, 0.9862),
    (3, 0.5, 1.05, 0.8619, 1.0979, 0.178, 0.591),
    (3, 1.0, 1.0, 0.5116, 0.4649, 0.317, 0.415),
    (10, 0.125, 1.0013, 0.9836, 1.0087, 0.0047, 0.9576),
    (10, 0.5, 1.05, 1.031, 2.126, 0.178, 0.105),
    (10, 1.0, 1.0, 0.381, 0.302, 0.317, 0.127),
]


@pytest.mark.parametrize(("layers", "s_squared", "g", "mean", "second", "zero", "top"), TABLE)
def test_moments_and_atoms_are_those_of_the_table(layers, s_squared, g, mean, second, zero, top):
    law = law_of(s_squared, g, layers)
    assert law.mean == pytest.approx(mean, abs=6e-4 if mean > 1 else 6e-5 if layers == 3 else 1e-4)
    assert law.second_moment == pytest.approx(second, abs=6e-4 if layers == 10 else 6e-5)
    assert law.weight_at_zero == pytest.approx(zero, abs=6e-4)
    assert law.weight_at_top == pytest.approx(top, abs=6e-4)
    assert law.maximum == law.top == pytest.approx(g ** (2 * layers))


def test_beyond_one_cut_for_each_direction_the_maximum_is_the_end_of_the_band():
    law = law_of(0.8, 1.15, 12)
    assert law.weight_at_top == 0
    assert law.top == pytest.approx(28.6, abs=0.05)
    assert law.maximum == pytest.approx(18.25, abs=0.005)
    assert law_of(2.0, 1.0, 6).maximum == pytest.approx(0.9999, abs=5e-5)


@pytest.mark.parametrize("alphas", [(0.75, 0.75), (0.9, 0.6), (0.4, 0.7), (0.3, 0.2), (0.999, 0.9)])
def test_two_factors_have_the_law_of_two_free_projections(alphas):
    plain, law = law_of_two_free_projections(*alphas), law_with(alphas)
    np.testing.assert_allclose(law.band, plain.band, atol=1e-12)
    low, high = plain.band
    for x in (low + share * (high - low) for share in (0.03, 0.2, 0.5, 0.8, 0.97)):
        assert float(law.cdf(x)) == pytest.approx(plain.cdf(x), abs=1e-8)


@pytest.mark.parametrize("alphas", [(0.9, 0.8, 0.85), (0.5, 0.6, 0.4, 0.7), (0.95,) * 7])
def test_moments_of_the_distribution_function_are_those_of_the_free_product(alphas):
    gammas = [1.1 + 0.1 * k for k in range(len(alphas))]
    law, orders = law_with(alphas, gammas), np.arange(1, 5)
    product = np.ones(4)
    for alpha, gamma in zip(alphas, gammas, strict=True):
        product = free_multiplicative_moments(product, alpha * gamma**orders)
    # int x^k dF = top^k - k int x^(k-1) F dx; the distribution function rises like a root at both ends of the band
    low, high = law.band
    angles = (np.arange(400) + 0.5) * math.pi / 400
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angles)
    inside = (high - low) / 2 * np.sin(angles) * math.pi / 400 * law.cdf(x)
    for order, moment in zip(orders, product, strict=True):
        below = law.weight_at_zero * low**order
        above = (1 - law.weight_at_top) * (law.top**order - high**order)
        found = law.top**order - below - above - order * float((x ** (order - 1) * inside).sum())
        assert found == pytest.approx(moment, rel=2e-4)
    assert (law.mean, law.second_moment) == pytest.approx(tuple(product[:2]))


@pytest.mark.parametrize("setting", [(0.125, 1.0013, 99), (1.0, 1.0, 29), (0.8, 1.15, 12)])
def test_the_distribution_function_has_its_density_from_the_map_followed_from_far_away(setting):
    law = law_of(*setting)
    alphas = np.array([one.alpha for one in law.propagation.laws])
    low, high = law.band
    for share in (0.2, 0.5, 0.8):
        x, w = low + share * (high - low), None
        for height in np.geomspace(1e3 * law.top, 1e-9 * law.top, 400):
            z = x + 1j * height
            w = law.mean / z if w is None else w
            for _ in range(50):  # Newton's method for the logarithm of x = G_0 prod (w + alpha) / (w (1 + w)^(n - 1))
                excess = np.log(law.top) + np.log(w + alphas).sum() - np.log(w) - (len(alphas) - 1) * np.log(1 + w)
                slope = (1 / (w + alphas)).sum() - 1 / w - (len(alphas) - 1) / (1 + w)
                step = (excess - np.log(z)) / slope
                w -= step
                if abs(step) < 1e-13 * abs(w):
                    break
        density = -((1 + w) / z).imag / math.pi
        step = 1e-4 * x
        assert float(np.diff(law.cdf([x - step, x + step]))[0]) / (2 * step) == pytest.approx(density, rel=1e-4)


def test_the_distribution_function_rises_from_one_atom_to_the_other():
    law = law_of(1.0, 1.0, 9)
    low, high = law.band
    x = np.linspace(0, 1.1 * law.top, 300)
    assert np.all(np.diff(law.cdf(x)) >= 0)
    assert law.cdf([-1e-9, 0.0, low, low * (1 + 1e-9)]) == pytest.approx([0.0, *[law.weight_at_zero] * 3], abs=1e-5)
    between = (high + law.top) / 2
    assert law.cdf([high * (1 - 1e-9), between]) == pytest.approx([1 - law.weight_at_top] * 2, abs=1e-5)
    assert law.cdf([law.top * (1 - 1e-12), law.top]) == pytest.approx([1 - law.weight_at_top, 1.0])
    assert law.cdf(np.full((2, 3), between)).shape == (2, 3)


def test_layers_that_cut_nothing_and_variances_scale_the_law_and_the_order_of_layers_is_nothing():
    law = law_with((0.9, 0.6))
    scaled = law_with((0.6, 1.0, 0.9), gammas=[2.0, 3.0, 0.5], sigma2=(1.5, 1.0, 2.0, 7.0))
    assert scaled.top == pytest.approx(2 * 3 * 0.5 * 1.5 * 2)  # without the last layer
    assert (scaled.weight_at_zero, scaled.weight_at_top) == pytest.approx((0.4, 0.5))
    x = np.array([0.1, 0.3, 0.5, 0.9])
    np.testing.assert_allclose(scaled.cdf(scaled.top * x), law.cdf(x), atol=1e-10)


def test_fewer_than_two_cutting_layers_leave_no_band():
    for law, zero in ((law_with((1.0, 1.0)), 0.0), (law_with((1.0, 0.7)), 0.3)):
        assert law.band is None
        assert law.maximum == 1
        assert law.cdf([-0.1, 0.0, 0.5, 1.0]) == pytest.approx([0.0, zero, zero, 1.0])


def test_eigenvalues_of_the_jacobian_of_a_network_follow_the_law():
    width, depth, networks = 150, 6, 4
    activation = get_activation("hard_tanh(s=1,g=1.2)")
    found = []
    for number in range(networks):
        rng = generator(0, "jacobian", number)
        network = sample_orthogonal_network(rng, width, depth, activation)
        passed = forward(network, sphere_inputs(rng, 1, width))
        jacobian = np.eye(width)
        for weight, slopes in zip(network.weights[:-1], passed.slopes, strict=False):
            jacobian = slopes[0][:, None] * (weight @ jacobian)
        found.append(np.linalg.eigvalsh(jacobian @ jacobian.T))
    law = JacobianLaw(signal_propagation(activation, depth))
    # atoms scatter by some units in 150 around their place, to either side of which the two functions are compared
    low, high = law.band
    x = np.linspace(low, high, 50)[1:-1]
    empirical = np.searchsorted(np.sort(np.concatenate(found)), x, side="right") / (networks * width)
    assert np.abs(empirical - law.cdf(x)).max() < 0.04
    other = JacobianLaw(signal_propagation(activation, depth - 1))
    assert np.abs(empirical - other.cdf(x)).max() > 0.06


def test_what_has_no_such_law_is_refused():
    with pytest.raises(ValueError, match="L = 1"):
        JacobianLaw(constant_propagation(1, 0.5, 1.0))
    for spec in ("tanh", "leaky_relu(slope=0.1)"):
        with pytest.raises(ValueError, match="several values"):
            JacobianLaw(signal_propagation(get_activation(spec), 3))
