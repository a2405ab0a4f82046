"""Theory of infinite width layer by layer, against the papers' where layers are alike and against sampling."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.karakida.mean_field import (
    eigenvalue_maximum,
    eigenvalue_mean,
    eigenvalue_second_moment,
    mean_field,
)
from fisher_spectra.networks.dual_fisher import fisher_statistics
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.layered import forward
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.eigenvalue_bins import bin_counts, bin_edges
from fisher_spectra.own_networks.inputs import overlapping_inputs
from fisher_spectra.own_networks.layer_variables import predicted_variables, sampled_variables
from fisher_spectra.own_networks.moments import infinite_width, infinite_width_on_data


def test_alike_layers_have_the_statistics_of_the_paper():
    width, samples = 4000, 30
    found = infinite_width(layered_ensemble([width] * 3 + [1], "tanh", 3.0, 0.64), samples)
    order = mean_field("tanh", 3.0, 0.64, 3)
    # the paper leaves out the biases' share, 1 / M, and parameters beyond the leading ones
    assert found.mean == pytest.approx(eigenvalue_mean(order, width, 1), rel=2e-3)
    assert found.second_moment == pytest.approx(eigenvalue_second_moment(order, samples, 1), rel=4e-3)
    assert found.maximum == pytest.approx(eigenvalue_maximum(order, width, samples), rel=2e-3)


@pytest.mark.parametrize("overlap", [0.0, 0.4])
def test_of_samples_with_one_overlap_data_and_moments_say_the_same(overlap):
    ensemble = layered_ensemble((50, 80, 60, 3), ("relu", "tanh"), (2.0, 1.0, 1.5), (0.1, 0.0, 0.2))
    samples = 12
    overlaps = np.full((samples, samples), overlap) + (1 - overlap) * np.eye(samples)
    on_data, by_moments = infinite_width_on_data(ensemble, overlaps), infinite_width(ensemble, samples, 1.0, overlap)
    # of ReLU kernels both are in closed form, of tanh interpolated
    assert on_data.mean == pytest.approx(by_moments.mean, rel=1e-6)
    assert on_data.second_moment == pytest.approx(by_moments.second_moment, rel=1e-6)
    assert on_data.maximum == pytest.approx(by_moments.maximum, rel=1e-6)


def test_wide_networks_have_the_predicted_statistics():
    ensemble = layered_ensemble((300, 300, 300, 1), "tanh", 3.0, 0.64)
    rng = np.random.default_rng(0)
    found = [
        fisher_statistics(
            sample_network(rng, ensemble.widths, "tanh", 3.0, 0.64), overlapping_inputs(rng, 20, 300, 0.3)
        )
        for _ in range(20)
    ]
    predicted = infinite_width(ensemble, 20, 1.0, 0.3)
    # single networks scatter by 12 %, their mean over 20 by 3 %; O(1 / M) is as large
    assert np.mean([one.mean for one in found]) == pytest.approx(predicted.mean, rel=0.1)
    assert np.mean([one.maximum for one in found]) == pytest.approx(predicted.maximum, rel=0.12)


def test_variables_of_a_wide_network_are_those_of_theory_in_every_layer():
    own = OwnNetwork.of((400, 600, 500, 4), ["relu", "tanh"], [2.0, 1.5, 1.0], [0.1, 0.0, 0.2], "gaussian", biases=True)
    theory = {found[:2]: found.value for found in predicted_variables(own.ensemble, 1.0, 0.3)}
    sums = dict.fromkeys(theory, 0.0)
    rng = np.random.default_rng(1)
    for _ in range(10):
        for found in sampled_variables(forward(own.sample(rng), overlapping_inputs(rng, 8, 400, 0.3))):
            sums[found[:2]] += found.value / 10
    assert {layer for name, layer in theory if name == "q"} == {1, 2, 3}
    assert {layer for name, layer in theory if name == "q_hat"} == {0, 1, 2}
    for key, value in theory.items():
        # of four outputs q^3 scatters by a quarter for one network
        assert sums[key] == pytest.approx(value, rel=0.3 if key[0] in ("q", "q_st") and key[1] == 3 else 0.06), key


def test_bins_are_of_equal_length_in_the_logarithm_and_leave_out_zeros():
    values = [0.0, 1e-20, 0.3, 1.0, 1.05, 99.0]
    assert bin_counts(values) == {-11: 1, 0: 2, 39: 1}
    np.testing.assert_allclose(bin_edges(np.arange(-20, 1))[[0, -2]], [0.1, 1.0])
    with pytest.raises(ValueError, match="at least one must be > 0"):
        bin_counts([0.0])
