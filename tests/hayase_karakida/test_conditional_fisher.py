"""Haar distributed weights, H_L and Theta against an explicit Jacobian, and the fast sampler of the spectrum."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import conditional_fisher_torch
from fisher_spectra.hayase_karakida.conditional_fisher import (
    block_diagonal_eigenvalues,
    conditional_fisher,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.largest_eigenvalue_of_theta import theta_maximum
from fisher_spectra.hayase_karakida.theta import scaled_theta, theta_statistics
from fisher_spectra.networks import haar_measure_torch
from fisher_spectra.networks.fully_connected import forward, sample_network
from fisher_spectra.networks.haar_measure import haar_orthogonal, sphere_inputs
from fisher_spectra.networks.layer_variances import layer_variances

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
# At M = 6 few units are saturated with s^2 = 0.125; half of them are here.
SATURATED = "hard_tanh(s=1.2,g=1.1)"


def small_network(spec, depth=4, width=6, sigma2=1.3):
    rng = generator(0, "test_conditional_fisher", spec, depth, width)
    return sample_orthogonal_network(rng, width, depth, get_activation(spec), sigma2), rng


def explicit_theta(network, inputs):
    """Theta / M by autograd: the Jacobian of all outputs at all inputs by all weights."""
    activation = network.activation
    weights = [torch.from_numpy(w) for w in network.weights]

    def outputs(*w):
        h = torch.from_numpy(inputs)
        for weight in w[:-1]:
            h = activation(h @ weight.T)
        return h @ w[-1].T

    jacobians = torch.func.jacrev(outputs, argnums=tuple(range(len(weights))))(*weights)
    size = inputs.shape[0] * network.n_outputs
    jacobian = torch.cat([j.reshape(size, -1) for j in jacobians], dim=1).numpy()
    return jacobian @ jacobian.T / (len(inputs) * network.n_outputs)


# -- Haar measure


def test_haar_matrix_is_orthogonal():
    q = haar_orthogonal(generator(0, "haar"), 30)
    np.testing.assert_allclose(q @ q.T, np.eye(30), atol=1e-13)
    frame = haar_orthogonal(generator(0, "haar"), 30, 4)
    np.testing.assert_allclose(frame.T @ frame, np.eye(4), atol=1e-13)


def test_haar_traces_have_the_moments_of_the_orthogonal_group():
    # Diaconis, Shahshahani 1994: E tr Q = 0, E (tr Q)^2 = 1, E (tr Q^2) = 1, E (tr Q^2)^2 = 1 + 2. Without the
    # correction of signs E tr Q is not 0.
    rng = generator(0, "haar traces")
    samples = 3000
    q = np.array([haar_orthogonal(rng, 8) for _ in range(samples)])
    first = np.trace(q, axis1=1, axis2=2)
    second = np.trace(q @ q, axis1=1, axis2=2)
    error = 4 / math.sqrt(
        samples
    )  # of means of variables of variance about 1 (2 and 6 for squares), four standard errors
    assert abs(first.mean()) < error
    assert abs(np.mean(first**2) - 1) < error * math.sqrt(2)
    assert abs(second.mean() - 1) < error * math.sqrt(2)
    assert abs(np.mean(second**2) - 3) < error * math.sqrt(60)


def test_haar_columns_and_rows_are_uniform_on_the_sphere():
    rng = generator(0, "haar columns")
    q = np.array([haar_orthogonal(rng, 5) for _ in range(2000)])
    uniform = sphere_inputs(rng, 2000, 5, moment=0.2)
    for entry in (q[:, 0, 0], q[:, 4, 0], q[:, 0, 4], q[:, 3, 3]):
        assert ks_2samp(entry, uniform[:, 0]).pvalue > 1e-4


def test_haar_refuses_more_columns_than_rows():
    with pytest.raises(ValueError, match="columns = 4"):
        haar_orthogonal(generator(0, "haar"), 3, 4)


def test_inputs_have_exactly_the_moment_asked_for():
    x = sphere_inputs(generator(0, "inputs"), 7, 20, moment=1.7)
    np.testing.assert_allclose(np.mean(x**2, axis=1), 1.7, rtol=1e-13)


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


@pytest.mark.parametrize("one", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0)])
def test_one_number_of_any_type_is_the_variance_of_all_layers(one):
    assert layer_variances(one, 3) == layer_variances([2, 2.0, np.float32(2)], 3) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("wrong", [(), (1.0, 1.0), [[1.0, 1.0, 1.0]], 0.0, (1.0, -1.0, 1.0), np.nan, np.inf])
def test_variances_that_do_not_fit_the_layers_are_refused(wrong):
    with pytest.raises(ValueError, match="must be one positive number or 3 of them"):
        layer_variances(wrong, 3)


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


def test_torch_gives_the_same_haar_matrix():
    first = haar_orthogonal(generator(0, "torch haar"), 40)
    second = haar_measure_torch.haar_orthogonal(generator(0, "torch haar"), 40, torch.device("cpu"))
    np.testing.assert_allclose(second.numpy(), first, rtol=1e-9, atol=1e-12)


# -- several inputs


@pytest.mark.parametrize("spec", [SATURATED, "tanh"])
@pytest.mark.parametrize("samples", [1, 3, 9])
@pytest.mark.parametrize("depth", [1, 4])
def test_theta_is_the_product_of_explicit_jacobians(spec, samples, depth):
    network, rng = small_network(spec, depth)
    x = sphere_inputs(rng, samples, 6)
    np.testing.assert_allclose(scaled_theta(network, x), explicit_theta(network, x), rtol=1e-11, atol=1e-14)


def test_diagonal_blocks_of_theta_are_conditional_fisher_matrices():
    network, rng = small_network("tanh")
    x = sphere_inputs(rng, 4, 6)
    theta = scaled_theta(network, x).reshape(4, 6, 4, 6)
    for n in range(4):
        np.testing.assert_allclose(theta[n, :, n], conditional_fisher(network, x[n]) / 4, rtol=1e-12, atol=1e-14)


def test_theta_pairs_a_layer_with_its_input_and_not_with_its_output_as_printed():
    # With L = 2 and one input the printed Sigma_l gives q_1 and ||f||^2 / M in place of q_0 and q_1.
    network, rng = small_network(SATURATED, depth=2)
    x = sphere_inputs(rng, 3, 6)
    passed = forward(network, x)
    shifted = [float(h[0] @ h[0]) / 6 for h in (*passed.activations[1:], passed.outputs)]
    right = [float(h[0] @ h[0]) / 6 for h in passed.activations]
    jacobian = network.weights[1] * passed.slopes[0][0]
    expected = conditional_fisher(network, x[0])
    np.testing.assert_allclose(
        right[0] * jacobian @ jacobian.T + right[1] * np.eye(6), expected, rtol=1e-12, atol=1e-14
    )
    assert np.max(np.abs(shifted[0] * jacobian @ jacobian.T + shifted[1] * np.eye(6) - expected)) > 0.05


@pytest.mark.parametrize("depth", [1, 5])
@pytest.mark.parametrize(("samples", "width"), [(1, 8), (5, 8), (12, 60)])
def test_statistics_are_those_of_the_full_spectrum(samples, width, depth):
    network, rng = small_network("hard_tanh(s=0.7,g=1.1)", depth, width)
    x = sphere_inputs(rng, samples, width)
    spectrum = np.linalg.eigvalsh(scaled_theta(network, x))
    blocks = block_diagonal_eigenvalues(network, x)
    statistics = theta_statistics(network, x)
    assert blocks.shape == (samples, width)
    assert statistics.mean == pytest.approx(spectrum.mean(), rel=1e-12)
    assert statistics.maximum == pytest.approx(spectrum[-1], rel=1e-8)
    assert statistics.block_maximum == pytest.approx(blocks.max(), rel=1e-12)
    # The mean of all eigenvalues is the mean over the inputs of the normalised traces of H_L / N.
    traces = [np.trace(conditional_fisher(network, y)) / width for y in x]
    assert statistics.mean == pytest.approx(np.mean(traces) / samples, rel=1e-12)


@pytest.mark.parametrize("call", [scaled_theta, theta_statistics, block_diagonal_eigenvalues, theta_maximum])
def test_inputs_of_another_shape_are_refused(call):
    network, _ = small_network("tanh")
    for inputs in (np.ones(6), np.ones((2, 5)), np.ones((0, 6))):
        with pytest.raises(ValueError, match="inputs of shape"):
            call(network, inputs)


@pytest.mark.parametrize(("call", "message"), [(theta_statistics, "NaN"), (theta_maximum, "not finite")])
def test_inputs_that_are_not_finite_have_no_largest_eigenvalue(call, message):
    network, _ = small_network("linear", width=60)
    with pytest.raises(ValueError, match=message):
        call(network, np.full((12, 60), np.nan))


# -- the spectrum without the weights


def plain_spectrum(rng, width, depth, activation, sigma2=1.0):
    network = sample_orthogonal_network(rng, width, depth, activation, sigma2)
    return np.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0]))


@pytest.mark.parametrize(
    ("spec", "depth", "width"),
    [("hard_tanh(s=0.6,g=1.1)", 5, 12), (SATURATED, 3, 7), ("relu", 4, 10), (FIGURES, 6, 30)],
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
