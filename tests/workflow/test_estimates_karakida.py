"""Memory that a job asks for is what its arrays take; run times grow as the work does."""

from __future__ import annotations

import tracemalloc

import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.workflow.estimates.karakida import (
    followed_mb,
    followed_seconds,
    prediction_seconds,
    sampled_network_mb,
    sampling_seconds,
    training_seconds,
)
from fisher_spectra.workflow.estimates.rates import BASE_MB, limit_minutes


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


def test_run_times_are_those_of_the_operations_that_dominate():
    def networks(*cell, number=100, **options):
        return sampling_seconds([cell], number, **options)

    assert 3.5 < networks(3, 4000, 100, 1) / networks(3, 2000, 100, 1) < 4.5  # the weights
    assert 4 < networks(3, 1000, 3000, 1) / networks(3, 1000, 1000, 1) < 9.5  # the dual matrix, of order T
    assert networks(3, 400, 400, 1, all_eigenvalues=True) > networks(3, 400, 400, 1)
    assert networks(3, 400, 400, 1, dual_matrix=False) < networks(3, 400, 400, 1)
    assert 1.2 < networks(3, 320, 100, 160) / networks(3, 320, 100, 40) < 4  # passes, with a part for each output


def test_training_costs_what_its_matrix_products_cost_and_no_less_than_its_steps():
    layers = [784, 1024, 1024, 1024, 10]
    assert training_seconds(layers, 500, 100, 10) == pytest.approx(10 * training_seconds(layers, 500, 100, 1))
    assert 1.7 < training_seconds(layers, 1000, 100, 1) / training_seconds(layers, 500, 100, 1) < 2.0
    assert training_seconds([8, 8, 8, 8, 1], 1, 1000, 1, compiled=False) > 0.1
    assert 0.005 < training_seconds([8, 8, 8, 8, 1], 1, 1000, 1) < 0.05
    square = [1024, 1024, 1024, 10]
    assert training_seconds(square, 100, 100, 1, in_span=True) < 0.6 * training_seconds(square, 100, 100, 1)


def test_a_followed_network_costs_its_steps_and_its_eigenvalues():
    layers = [512, 512, 512, 512, 10]
    assert 1.4 < followed_seconds(layers, 100, 400) / followed_seconds(layers, 100, 200) < 2.0
    assert followed_seconds(layers, 100, 200) > 2 * training_seconds(layers, 100, 200, 1)  # double precision, and looks
    assert followed_mb(layers, 200) > followed_mb(layers, 100) > followed_mb([256, 256, 256, 256, 10], 100)


def test_a_prediction_costs_a_kernel_for_each_width():
    def widths(number, closed_form):
        return prediction_seconds(50000, 784, 2000, number, 4, closed_form=closed_form)

    assert widths(7, True) - widths(6, True) == pytest.approx(widths(2, True) - widths(1, True))
    assert widths(7, False) > 1.3 * widths(7, True)  # recorded: 1.2 to 1.3


def test_a_retry_asks_for_more_time():
    assert [limit_minutes(60, attempt) for attempt in (1, 2)] == [14, 28]
