"""Networks with Haar distributed weights, H_L against an explicit Jacobian, and the fast sampler of its spectrum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hayase_karakida_theta import explicit_theta
from scipy.stats import ks_2samp
from small_orthogonal_networks import SATURATED, small_network

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import conditional_fisher_torch
from fisher_spectra.hayase_karakida.conditional_fisher import (
    conditional_fisher,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.frames import spectrum_by_frames
from fisher_spectra.networks.fully_connected import forward, sample_network
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


# -- Haar measure


def test_network_has_scaled_orthogonal_weights_and_no_biases():
    network = sample_orthogonal_network(generator(0, "network"), 9, 3, get_activation("relu"), (1.0, 2.0, 0.5))
    assert network.depth == 3
    for weight, sigma2 in zip(network.weights, (1.0, 2.0, 0.5), strict=True):
        np.testing.assert_allclose(weight @ weight.T, sigma2 * np.eye(9), atol=1e-13)
    assert not any(bias.any() for bias in network.biases)


def test_network_refuses_impossible_shapes():
    rng = generator(0, "refused")
    with pytest.raises(ValueError, match="width = 0"):
        sample_orthogonal_network(rng, 0, 3, get_activation("relu"))
    with pytest.raises(ValueError, match="depth = 0"):
        sample_orthogonal_network(rng, 5, 0, get_activation("relu"))
    with pytest.raises(ValueError, match="sigma2"):
        sample_orthogonal_network(rng, 5, 3, get_activation("relu"), (1.0, 1.0))


# -- one input


@pytest.mark.parametrize("spec", [SATURATED, "tanh", "relu", "leaky_relu(slope=0.1)", "linear"])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_conditional_fisher_is_the_product_of_explicit_jacobians(spec, depth):
    network, rng = small_network(spec, depth)
    x = sphere_inputs(rng, 1, 6)
    np.testing.assert_allclose(conditional_fisher(network, x[0]), explicit_theta(network, x), rtol=1e-12, atol=1e-14)


def test_conditional_fisher_holds_for_any_weights():
    network = sample_network(generator(0, "any weights"), (7, 7, 7, 7), get_activation("tanh"), 1.5, 0.0)
    x = sphere_inputs(generator(0, "any weights input"), 1, 7)
    np.testing.assert_allclose(conditional_fisher(network, x[0]), explicit_theta(network, x), rtol=1e-12)


def test_conditional_fisher_is_a_finite_difference_of_the_outputs():
    network, rng = small_network("tanh", depth=3, width=4)
    x = sphere_inputs(rng, 1, 4)
    columns = []
    for layer, weight in enumerate(network.weights):
        for index in np.ndindex(weight.shape):
            changed = []
            for sign in (1, -1):
                moved = [w.copy() for w in network.weights]
                moved[layer][index] += sign * 1e-6
                changed.append(forward(type(network)(tuple(moved), network.biases, network.activation), x).outputs[0])
            columns.append((changed[0] - changed[1]) / 2e-6)
    jacobian = np.array(columns).T
    np.testing.assert_allclose(conditional_fisher(network, x[0]), jacobian @ jacobian.T / 4, rtol=1e-7)


def test_conditional_fisher_refuses_other_shapes():
    network, _ = small_network("tanh")
    with pytest.raises(ValueError, match="one input"):
        conditional_fisher(network, np.ones((2, 6)))
    with pytest.raises(ValueError, match="inputs of shape"):
        conditional_fisher(network, np.ones(5))
    with pytest.raises(ValueError, match="constant width"):
        conditional_fisher(sample_network(generator(0, "x"), (3, 4, 2), get_activation("tanh"), 1.0, 0.0), np.ones(3))


@pytest.mark.parametrize("spec", [SATURATED, "tanh"])
def test_torch_gives_the_same_matrix_and_eigenvalues(spec):
    network, rng = small_network(spec, depth=5, width=12)
    x = sphere_inputs(rng, 1, 12)[0]
    weights = [torch.from_numpy(w) for w in network.weights]
    expected = conditional_fisher(network, x)
    found = conditional_fisher_torch.conditional_fisher(weights, network.activation, torch.from_numpy(x))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-14)
    eigenvalues = conditional_fisher_torch.conditional_eigenvalues(weights, network.activation, x)
    np.testing.assert_allclose(eigenvalues, np.linalg.eigvalsh(expected), rtol=1e-11)
    rounded = conditional_fisher_torch.conditional_eigenvalues([w.float() for w in weights], network.activation, x)
    np.testing.assert_allclose(rounded, eigenvalues, rtol=1e-4)


# -- the spectrum without the weights


def plain_spectrum(rng, width, depth, activation, sigma2=1.0):
    network = sample_orthogonal_network(rng, width, depth, activation, sigma2)
    return np.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0]))


@pytest.mark.parametrize(
    ("spec", "depth", "width"),
    [
        ("hard_tanh(s=0.6,g=1.1)", 5, 12),
        (SATURATED, 3, 7),
        (SATURATED, 12, 6),  # every direction is cut
        ("relu", 4, 10),
        ("relu", 5, 2),  # at times no unit is active
        ("shifted_relu(b=-0.2)", 5, 8),
        ("shifted_leaky_relu(alpha=0)", 6, 9),  # not linear on the kept units
        ("shifted_leaky_relu(alpha=1)", 4, 8),  # of both signs, and none is cut
        (FIGURES, 6, 30),
    ],
)
def test_fast_sampler_has_the_law_of_plain_sampling(spec, depth, width):
    activation, samples = get_activation(spec), 600
    rng = generator(0, "fast sampler", spec, depth, width)
    plain = np.array([plain_spectrum(rng, width, depth, activation, 1.1) for _ in range(samples)])
    fast = np.array(
        [sample_conditional_eigenvalues(rng, width, depth, activation, 1.1).eigenvalues for _ in range(samples)]
    )
    statistics = {
        "mean": lambda s: s.mean(axis=1),
        "second moment": lambda s: (s**2).mean(axis=1),
        "third moment": lambda s: (s**3).mean(axis=1),
        "maximum": lambda s: s[:, -1],
        "minimum": lambda s: s[:, 0],
        "an eigenvalue inside": lambda s: s[:, width // 3],
        "multiplicity of the maximum": lambda s: np.sum(s > s[:, -1:] - 1e-9, axis=1),
    }
    for name, statistic in statistics.items():
        # Rounding, of which ties of eigenvalues differ by, must not enter a rank test.
        assert ks_2samp(np.round(statistic(plain), 8), np.round(statistic(fast), 8)).pvalue > 1e-4, name


def test_frames_without_what_layers_add_have_the_law_of_the_jacobian_of_full_networks():
    width, depth, number = 9, 5, 300
    activation, sigma2 = get_activation("hard_tanh(s=1,g=1.2)"), (1.5, 1.0, 0.7, 1.1, 2.0)
    plain = []
    for sample in range(number):
        rng = generator(0, "plain jacobian", sample)
        network = sample_orthogonal_network(rng, width, depth, activation, sigma2)
        passed = forward(network, sphere_inputs(rng, 1, width))
        jacobian = np.eye(width)
        for weight, slopes in zip(network.weights[:-1], passed.slopes, strict=False):
            jacobian = slopes[0][:, None] * (weight @ jacobian)
        plain.append(np.linalg.eigvalsh(jacobian @ jacobian.T))
    fast = [
        spectrum_by_frames(generator(0, "jacobian", k), width, depth, activation, sigma2, of_jacobian=True).eigenvalues
        for k in range(number)
    ]
    for name, statistic in {
        "mean": lambda s: s.mean(axis=1),
        "second moment": lambda s: (s**2).mean(axis=1),
        "maximum": lambda s: s[:, -1],
        "number of zeros": lambda s: np.sum(s < 1e-9, axis=1),
        "an eigenvalue inside": lambda s: s[:, 2 * width // 3],
    }.items():
        pair = (np.round(statistic(np.array(spectra)), 8) for spectra in (plain, fast))
        assert ks_2samp(*pair).pvalue > 1e-4, name


def test_fast_sampler_gives_the_moments_of_its_layers():
    sample = sample_conditional_eigenvalues(generator(0, "moments"), 50, 6, get_activation(FIGURES))
    assert sample.moments.shape == (6,)
    assert sample.moments[0] == 1
    assert sample.eigenvalues.shape == (50,)
    assert np.all(np.diff(sample.eigenvalues) >= 0)
    gains = 1.0013 ** (2 * np.arange(6)[::-1])
    assert sample.eigenvalues[-1] == pytest.approx(float(gains @ sample.moments), rel=1e-12)


def test_fast_sampler_of_a_linear_network_is_exact():
    sample = sample_conditional_eigenvalues(generator(0, "linear"), 20, 7, get_activation("linear"), 0.9, 1.4)
    np.testing.assert_allclose(sample.eigenvalues, 1.4 * 7 * 0.9**6, rtol=1e-12)
    one = sample_conditional_eigenvalues(generator(0, "linear"), 20, 1, get_activation("linear"), 0.9, 1.4)
    np.testing.assert_allclose(one.eigenvalues, 1.4, rtol=1e-15)


def test_fast_sampler_refuses_activations_with_other_slopes():
    rng = generator(0, "refused")
    for spec in ("tanh", "leaky_relu(slope=0.1)"):
        with pytest.raises(ValueError, match="0 or \\+-g"):
            sample_conditional_eigenvalues(rng, 10, 3, get_activation(spec))
    with pytest.raises(ValueError, match="width = 1"):
        sample_conditional_eigenvalues(rng, 1, 3, get_activation("relu"))
