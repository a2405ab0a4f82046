"""Memory that a job asks for is what its arrays take."""

from __future__ import annotations

import tracemalloc

import pytest

from fisher_spectra.activations import get_activation
from fisher_spectra.dual_fisher import dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks import gaussian_inputs, sample_network
from fisher_spectra.resource_estimates import BASE_MB, sampled_network_mb
from fisher_spectra.seeds import generator


@pytest.mark.parametrize(
    ("depth", "width", "samples", "outputs", "all_eigenvalues"),
    [(3, 800, 100, 1, False), (3, 100, 900, 1, False), (3, 160, 50, 80, False), (2, 100, 900, 1, True)],
)
def test_the_estimate_for_a_sampled_network_is_its_measured_peak_within_a_factor(
    depth, width, samples, outputs, all_eigenvalues
):
    rng = generator(0, "memory", depth, width, samples, outputs)
    tracemalloc.start()
    try:
        network = sample_network(rng, [*[width] * depth, outputs], get_activation("tanh"), 3.0, 0.64)
        inputs = gaussian_inputs(rng, samples, width)
        fisher_statistics(network, inputs)
        if all_eigenvalues:
            eigenvalues(dual_fisher(network, inputs))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    estimate = sampled_network_mb(depth, width, samples, outputs, all_eigenvalues=all_eigenvalues) - BASE_MB
    assert peak > 10  # large enough to be compared
    assert 0.75 * peak < estimate < 3 * peak


@pytest.mark.parametrize("larger", [(9, 400, 400, 1), (3, 800, 400, 1), (3, 400, 800, 1), (3, 400, 400, 9)])
def test_larger_networks_ask_for_more_memory(larger):
    assert sampled_network_mb(*larger) > sampled_network_mb(3, 400, 400, 1)
