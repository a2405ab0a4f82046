"""Fisher-Rao norm of sampled networks against the explicit Jacobian and known special cases."""

from __future__ import annotations

import numpy as np
import pytest
from explicit_jacobian import TORCH_ACTIVATIONS, explicit_jacobian

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.karakida.sampled_fisher_rao_norm import sampled_fisher_rao_norm
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs, sample_network


def small_network(spec, widths, sigma_b2=0.4, samples=6, sigma_w2=1.9):
    rng = generator(0, "test_sampled_fisher_rao", spec, samples, *widths)
    network = sample_network(rng, widths, get_activation(spec), sigma_w2, sigma_b2)
    return network, gaussian_inputs(rng, samples, widths[0])


@pytest.mark.parametrize("widths", [(4, 7, 1), (5, 8, 3), (6, 5, 9, 1), (3, 8, 4, 2), (7, 3, 6, 4, 3)])
@pytest.mark.parametrize("spec", sorted(TORCH_ACTIVATIONS))
def test_norm_is_the_quadratic_form_of_the_explicit_fisher_matrix_over_the_weights(spec, widths):
    network, inputs = small_network(spec, widths)
    jacobian = explicit_jacobian(network, inputs, spec, biases=False)
    fisher = jacobian.T @ jacobian / len(inputs)
    theta = np.concatenate([weight.ravel() for weight in network.weights])
    assert sampled_fisher_rao_norm(network, inputs) == pytest.approx(theta @ fisher @ theta, rel=1e-12)


@pytest.mark.parametrize("spec", ["linear", "relu", "leaky_relu(slope=0.1)"])
def test_norm_of_a_homogeneous_network_is_depth_squared_times_the_mean_squared_output(spec):
    # Without biases f is homogeneous of degree L in the weights, so sum_l W^l . df/dW^l = L f (Euler).
    network, inputs = small_network(spec, (7, 30, 20, 10, 3), sigma_b2=0.0)
    outputs = forward(network, inputs).outputs
    assert sampled_fisher_rao_norm(network, inputs) == pytest.approx(
        4**2 * np.mean(np.sum(outputs**2, axis=1)), rel=1e-12
    )


@pytest.mark.parametrize(
    ("spec", "sigma_w2", "sigma_b2", "corrected", "printed"),
    [("tanh", 3.0, 0.64, 3.95, 5.73), ("linear", 1.0, 0.1, 9.5, 3.3), ("relu", 2.0, 0.1, 18.5, 6.3)],
)
def test_sampled_norm_for_each_output_is_the_corrected_value_of_theorem_5(spec, sigma_w2, sigma_b2, corrected, printed):
    # L = 3, all widths 400. The norm of one output fluctuates as a chi-square variable, so 400 outputs of each
    # network are averaged. What is left is the fluctuation of the hidden layers, 7 % for each ReLU network: the
    # tolerance is three standard errors of 16 of them.
    norms = []
    for seed in range(16):
        rng = generator(0, "test_theorem_5", spec, seed)
        network = sample_network(rng, (400, 400, 400, 400), get_activation(spec), sigma_w2, sigma_b2)
        norms.append(sampled_fisher_rao_norm(network, gaussian_inputs(rng, 200, 400)) / 400)
    assert np.mean(norms) == pytest.approx(corrected, rel=0.055)
    assert abs(np.mean(norms) - printed) > 0.2 * printed


def test_inputs_of_another_width_are_refused():
    network, inputs = small_network("tanh", (4, 7, 1))
    with pytest.raises(ValueError, match="M_0 = 4"):
        sampled_fisher_rao_norm(network, inputs[:, :3])
