"""Networks with activations and variances of each layer: their law, and their dual Fisher matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import fisher_spectra as fs
from fisher_spectra.common.errors import UserError
from fisher_spectra.networks import layered_network
from fisher_spectra.networks.layered_network import LayeredNetwork, layered_dual_fisher, sample_layered_network

TANH, RELU, GELU = (fs.get_activation(name) for name in ("tanh", "relu", "gelu"))
WIDTHS = (6, 9, 4, 7, 3)
MIXED = (TANH, RELU, GELU)
W2, B2 = (1.5, 2.0, 0.7, 1.0), (0.1, 0.0, 0.4, 0.2)


def rng():
    return np.random.default_rng(3)


def explicit_dual(network, inputs, biases):
    """J J^T / T with the Jacobian by automatic differentiation of the network written out."""
    functions = {TANH: torch.tanh, RELU: torch.relu, GELU: torch.nn.functional.gelu}
    x = torch.tensor(inputs)

    def outputs(weights, offsets):
        h = x
        for layer, (weight, offset) in enumerate(zip(weights, offsets, strict=True)):
            h = h @ weight.T + offset
            if layer < len(weights) - 1:
                h = functions[network.activations[layer]](h)
        return h

    parameters = [torch.tensor(w) for w in network.weights], [torch.tensor(b) for b in network.biases]
    by_weights, by_biases = torch.func.jacrev(outputs, argnums=(0, 1))(*parameters)
    parts = [*by_weights, *(by_biases if biases else ())]
    samples, count = parts[0].shape[:2]
    rows = (
        torch.cat([part.reshape(samples, count, -1) for part in parts], 2).transpose(0, 1).reshape(samples * count, -1)
    )
    return (rows @ rows.T / samples).numpy()


@pytest.mark.parametrize("biases", [True, False])
def test_the_dual_matrix_is_that_of_the_explicit_jacobian(biases):
    network = sample_layered_network(rng(), WIDTHS, MIXED, W2, B2)
    inputs = fs.gaussian_inputs(rng(), 5, WIDTHS[0])
    found = layered_dual_fisher(network, inputs, biases)
    np.testing.assert_allclose(found, explicit_dual(network, inputs, biases), rtol=1e-10, atol=1e-12)
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("biases", [True, False])
def test_with_one_activation_and_one_pair_of_variances_it_is_the_network_of_the_papers(biases):
    plain = fs.sample_network(rng(), WIDTHS, "tanh", 1.7, 0.3)
    network = sample_layered_network(rng(), WIDTHS, (TANH,) * 3, (1.7,) * 4, (0.3,) * 4)
    for one, other in zip((*plain.weights, *plain.biases), (*network.weights, *network.biases), strict=True):
        np.testing.assert_array_equal(one, other)
    inputs = fs.gaussian_inputs(rng(), 8, WIDTHS[0])
    np.testing.assert_allclose(
        layered_dual_fisher(network, inputs, biases), fs.dual_fisher(plain, inputs, biases), rtol=1e-12
    )


@pytest.mark.parametrize("initialisation", ["gaussian", "uniform", "orthogonal"])
def test_entries_have_the_variances_of_their_layer(initialisation):
    widths = (200, 300, 100)
    network = sample_layered_network(rng(), widths, (TANH,), (2.0, 0.5), (0.3, 0.0), initialisation)
    for weight, variance in zip(network.weights, (2.0 / 200, 0.5 / 300), strict=True):
        # 30000 entries: the relative error of a variance is sqrt(2 / 30000) = 0.8 %, and none of Haar matrices
        assert np.mean(weight**2) == pytest.approx(variance, rel=0.03)
    assert np.mean(network.biases[0] ** 2) == pytest.approx(0.3, rel=0.3)
    assert not network.biases[1].any()


def test_orthogonal_weights_have_equal_singular_values_and_uniform_ones_a_bound():
    network = sample_layered_network(rng(), (20, 50, 10), (TANH,), (2.0, 1.5), (0.0, 0.0), "orthogonal")
    for weight in network.weights:
        values = np.linalg.svd(weight, compute_uv=False)
        np.testing.assert_allclose(values, values[0], rtol=1e-12)
    bounded = sample_layered_network(rng(), (20, 50, 10), (TANH,), (2.0, 1.5), (0.2, 0.2), "uniform")
    bounds = (np.sqrt(3 * 2.0 / 20), np.sqrt(3 * 1.5 / 50))
    for weight, bias, bound in zip(bounded.weights, bounded.biases, bounds, strict=True):
        assert 0.9 * bound < np.abs(weight).max() <= bound
        assert np.abs(bias).max() <= np.sqrt(0.6)


def test_another_initialisation_is_refused():
    with pytest.raises(ValueError, match="initialisation = 'he': must be gaussian, orthogonal or uniform"):
        sample_layered_network(rng(), WIDTHS, MIXED, W2, B2, "he")


@pytest.mark.parametrize("inputs", [np.ones((3, 5)), np.ones(6), np.ones((0, 6)), np.full((2, 6), np.nan)])
def test_inputs_that_do_not_fit_are_refused(inputs):
    network = sample_layered_network(rng(), WIDTHS, MIXED, W2, B2)
    with pytest.raises(ValueError, match="inputs"):
        layered_dual_fisher(network, inputs)


def test_a_matrix_that_does_not_fit_into_memory_is_refused_before_it_is_made(monkeypatch):
    network = LayeredNetwork((np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)), (TANH,))
    monkeypatch.setattr("fisher_spectra.common.memory.available_memory", lambda: 1000)
    assert layered_network.layered_dual_fisher(network, np.ones((5, 2))).shape == (5, 5)
    with pytest.raises(UserError, match="use fewer samples or outputs"):
        layered_dual_fisher(network, np.ones((10, 2)))
