"""Theta and its largest eigenvalue, against explicit Jacobians and the full spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hayase_karakida_theta import explicit_theta
from small_orthogonal_networks import SATURATED, small_network

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import conditional_fisher as conditional_fisher_module
from fisher_spectra.hayase_karakida.conditional_fisher import (
    block_diagonal_eigenvalues,
    block_diagonal_means,
    conditional_fisher,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.theta import scaled_theta, theta_maximum
from fisher_spectra.networks.fully_connected import RandomNetwork, forward
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@pytest.mark.parametrize("spec", [SATURATED, "tanh"])
@pytest.mark.parametrize("samples", [1, 3, 9])
@pytest.mark.parametrize("depth", [1, 4])
def test_theta_is_the_product_of_explicit_jacobians(spec, samples, depth):
    network, rng = small_network(spec, depth)
    x = sphere_inputs(rng, samples, 6)
    np.testing.assert_allclose(scaled_theta(network, x), explicit_theta(network, x), rtol=1e-11, atol=1e-14)


def test_theta_of_a_network_in_single_precision_is_in_double_precision():
    network, rng = small_network(SATURATED, 3)
    x = sphere_inputs(rng, 2, 6)
    single = RandomNetwork(
        *(tuple(part.astype(np.float32) for part in parts) for parts in (network.weights, network.biases)),
        network.activation,
    )
    theta = scaled_theta(single, x.astype(np.float32))
    assert theta.dtype == np.float64
    np.testing.assert_allclose(theta, scaled_theta(network, x), atol=1e-5)


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
def test_block_diagonal_has_the_mean_of_the_full_spectrum_and_not_its_maximum(samples, width, depth):
    network, rng = small_network("hard_tanh(s=0.7,g=1.1)", depth, width)
    x = sphere_inputs(rng, samples, width)
    spectrum = np.linalg.eigvalsh(scaled_theta(network, x))
    blocks = block_diagonal_eigenvalues(network, x)
    assert blocks.shape == (samples, width)
    for row, y in zip(blocks, x, strict=True):
        np.testing.assert_allclose(row, np.linalg.eigvalsh(conditional_fisher(network, y)) / samples, rtol=1e-10)
    assert blocks.mean() == pytest.approx(spectrum.mean(), rel=1e-12)
    np.testing.assert_allclose(block_diagonal_means(network, x), blocks.mean(axis=1), rtol=1e-12)
    assert theta_maximum(network, x) == pytest.approx(spectrum[-1], rel=1e-4)
    assert (spectrum[-1] > blocks.max() * (1 + 1e-9)) == (samples > 1)


@pytest.mark.parametrize("call", [scaled_theta, block_diagonal_eigenvalues, block_diagonal_means, theta_maximum])
def test_inputs_of_another_shape_are_refused(call):
    network, _ = small_network("tanh")
    for inputs in (np.ones(6), np.ones((2, 5)), np.ones((0, 6))):
        with pytest.raises(ValueError, match="inputs of shape"):
            call(network, inputs)


def test_means_do_not_depend_on_how_many_inputs_are_taken_at_a_time(monkeypatch):
    network, rng = small_network(SATURATED, 4, 10)
    x = sphere_inputs(rng, 7, 10)
    whole = block_diagonal_means(network, x)
    monkeypatch.setattr(conditional_fisher_module, "_NUMBERS_AT_A_TIME", 300)  # three inputs
    np.testing.assert_allclose(block_diagonal_means(network, x), whole, rtol=1e-14)


@pytest.mark.parametrize("call", [block_diagonal_eigenvalues, theta_maximum])
def test_inputs_that_are_not_finite_have_no_largest_eigenvalue(call):
    network, _ = small_network("linear", width=60)
    with pytest.raises(ValueError, match="inputs has the entry nan: every one must be finite"):
        call(network, np.full((12, 60), np.nan))


@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)", "relu"])
@pytest.mark.parametrize(("depth", "samples"), [(2, 3), (30, 10)])
def test_largest_eigenvalue_is_that_of_the_matrix_to_1e_4(spec, depth, samples):
    rng = generator(0, "theta_maximum", spec, depth)
    network = sample_orthogonal_network(rng, 40, depth, get_activation(spec))
    inputs = sphere_inputs(rng, samples, 40)
    exact = np.linalg.eigvalsh(scaled_theta(network, inputs))[-1]
    assert theta_maximum(network, inputs) == pytest.approx(exact, rel=1e-4)


def test_largest_eigenvalue_is_the_same_number_each_time():
    rng = generator(0, "again")
    network = sample_orthogonal_network(rng, 30, 20, get_activation(FIGURES))
    inputs = sphere_inputs(rng, 5, 30)
    assert theta_maximum(network, inputs) == theta_maximum(network, inputs)


@pytest.mark.parametrize(("samples", "width"), [(1, 1), (1, 2), (2, 1)])
def test_largest_eigenvalue_holds_for_the_smallest_matrices(samples, width):
    rng = generator(0, "smallest")
    network = sample_orthogonal_network(rng, width, 3, get_activation("tanh"))
    inputs = sphere_inputs(rng, samples, width)
    exact = np.linalg.eigvalsh(scaled_theta(network, inputs))[-1]
    assert theta_maximum(network, inputs) == pytest.approx(exact, rel=1e-12)


def test_largest_eigenvalue_is_zero_where_no_output_depends_on_a_weight():
    network = sample_orthogonal_network(generator(0, "zero"), 20, 3, get_activation("relu"))
    assert theta_maximum(network, np.zeros((4, 20))) == 0
