"""Networks whose layers differ: against the plain ones, an explicit Jacobian, and the variances they are drawn with."""

from __future__ import annotations

import numpy as np
import pytest
from layered_jacobian import layered_dual_fisher

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import forward as plain_forward
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.networks.layered import (
    INITIALISATIONS,
    LayeredNetwork,
    dual_fisher_of_pass,
    forward,
    sample_layered_network,
)

WIDTHS, SPECS = (4, 7, 3, 5, 2), ("tanh", "relu", "erf")
W2, B2 = (1.5, 2.0, 0.7, 1.0), (0.1, 0.0, 0.3, 0.2)


def rng_of(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_the_dual_matrix_is_that_of_the_explicit_jacobian(initialisation, biases):
    network = sample_layered_network(rng_of(0), WIDTHS, SPECS, W2, B2, initialisation)
    inputs = np.asarray(gaussian_inputs(rng_of(1), 6, 4))
    found = dual_fisher_of_pass(forward(network, inputs), biases)
    np.testing.assert_allclose(
        found, layered_dual_fisher(network, inputs, SPECS, biases=biases), rtol=1e-11, atol=1e-13
    )
    assert np.all(found == found.T)


def test_layers_that_are_alike_give_the_numbers_of_the_plain_network():
    plain = sample_network(rng_of(2), WIDTHS, "gelu", 1.5, 0.1)
    alike = sample_layered_network(rng_of(2), WIDTHS, ["gelu"] * 3, [1.5] * 4, [0.1] * 4)
    inputs = gaussian_inputs(rng_of(3), 5, 4)
    for one, other in zip(plain.weights + plain.biases, alike.weights + alike.biases, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(forward(alike, inputs).outputs, plain_forward(plain, inputs).outputs, rtol=1e-14)
    found = dual_fisher_of_pass(forward(alike, inputs))
    np.testing.assert_allclose(found, dual_fisher(plain, inputs), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_weights_and_biases_have_the_variance_of_their_layer(initialisation):
    widths, w2, b2 = (60, 90, 40, 2000), (1.5, 3.0, 0.5), (0.2, 0.0, 0.4)
    network = sample_layered_network(rng_of(4), widths, ("relu", "relu"), w2, b2, initialisation)
    for weight, below, variance in zip(network.weights, widths, w2, strict=False):
        # 3600 entries and more: 2.4 % of one standard deviation, and less where the matrix is orthogonal
        assert np.mean(weight**2) * below == pytest.approx(variance, rel=0.1)
    assert np.all(network.biases[1] == 0.0)
    assert np.mean(network.biases[2] ** 2) == pytest.approx(0.4, rel=0.15)


def test_orthogonal_weights_keep_lengths_up_to_their_variance():
    network = sample_layered_network(
        rng_of(5), (6, 6, 3, 9), ("tanh", "tanh"), (2.0, 3.0, 1.5), (0.0,) * 3, "orthogonal"
    )
    square, wide, tall = network.weights
    np.testing.assert_allclose(square @ square.T, 2.0 * np.eye(6), atol=1e-12)
    np.testing.assert_allclose(wide @ wide.T, 3.0 * np.eye(3), atol=1e-12)
    np.testing.assert_allclose(tall.T @ tall, 1.5 * 9 / 3 * np.eye(3), atol=1e-12)


def test_uniform_weights_are_bounded_by_the_root_of_three_variances():
    weight = sample_layered_network(rng_of(6), (50, 80, 1), ("tanh",), (2.0, 1.0), (0.0, 0.0), "uniform").weights[0]
    bound = np.sqrt(3 * 2.0 / 50)
    assert 0.99 * bound < np.abs(weight).max() <= bound


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((4, 3), (), (1.0,), (0.0,)), "at least one hidden width"),
        (((4, 0, 1), ("tanh",), (1.0, 1.0), (0.0, 0.0)), "widths = 0: must be a whole number >= 1"),
        (((4, 3, 1), ("tanh", "tanh"), (1.0, 1.0), (0.0, 0.0)), "must be 1, one for each hidden layer"),
        (((4, 3, 1), ("tanh",), (1.0,), (0.0, 0.0)), "sigma_w2 = .*: must be 2 finite numbers >= 0"),
        (((4, 3, 1), ("tanh",), (1.0, 1.0), (0.0, -1.0)), "sigma_b2 = .*: must be 2 finite numbers >= 0"),
        (((4, 3, 1), ("tanh",), (1.0, 1.0), (0.0, 0.0), "xavier"), "must be gaussian, uniform or orthogonal"),
    ],
)
def test_what_is_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        sample_layered_network(rng_of(0), *arguments)


def test_inputs_of_another_width_are_refused_and_so_is_a_missing_activation():
    network = sample_layered_network(rng_of(0), (4, 3, 1), ("tanh",), (1.0, 1.0), (0.0, 0.0))
    with pytest.raises(ValueError, match=r"inputs of shape \(2, 3\): must be \(T, M_0\) with T >= 1 and M_0 = 4"):
        forward(network, np.ones((2, 3)))
    with pytest.raises(ValueError, match="must be 1, one for each hidden layer"):
        LayeredNetwork(network.weights, network.biases, get_activation("tanh"))


def test_a_matrix_that_does_not_fit_into_memory_is_refused_before_it_is_made(monkeypatch):
    network = LayeredNetwork((np.ones((3, 2)), np.ones((1, 3))), (np.zeros(3), np.zeros(1)), "tanh", ("tanh",))
    monkeypatch.setattr("fisher_spectra.common.memory.available_memory", lambda: 1000)
    assert dual_fisher_of_pass(forward(network, np.ones((5, 2)))).shape == (5, 5)
    with pytest.raises(UserError, match="use fewer samples or outputs"):
        dual_fisher_of_pass(forward(network, np.ones((10, 2))))
