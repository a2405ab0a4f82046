"""The predicted bulk of several outputs, against sampled eigenvalues and against that of one output."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.finite_size.bulk import bulk_density
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.networks.fully_connected import gaussian_inputs
from fisher_spectra.networks.layered import dual_fisher_of_pass, forward, sample_layered_network
from fisher_spectra.own_networks.bulk_of_outputs import bulk_of_outputs

SAMPLES = 60


def sampled_bulk(ensemble, networks=6):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(networks):
        drawn = (ensemble.widths, ensemble.activations, ensemble.sigma_w2, ensemble.sigma_b2)
        passed = forward(sample_layered_network(rng, *drawn), gaussian_inputs(rng, SAMPLES, ensemble.widths[0]))
        values = np.linalg.eigvalsh(dual_fisher_of_pass(passed, ensemble.biases))
        found.append(values[: -ensemble.outputs])  # the outliers are its largest
    return np.sort(np.concatenate(found))


def largest_distance(values, x, density):
    """Kolmogorov's, of a sample and a density on a fine grid."""
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))])
    return np.abs(np.searchsorted(values, x, side="right") / len(values) - cumulative / cumulative[-1]).max()


def test_eigenvalues_of_several_outputs_are_spread_as_predicted_and_not_as_those_of_one():
    ensemble = layered_ensemble((150, 200, 150, 8), "relu", 2.0, 0.1)
    values = sampled_bulk(ensemble)
    x = np.geomspace(values[0] / 3, 2 * values[-1], 800)
    together = bulk_of_outputs(ensemble, x, SAMPLES)
    _, single = bulk_density(ensemble, SAMPLES, x)
    # 0.075 and 0.200 with these six networks
    assert largest_distance(values, x, together) < 0.1
    assert largest_distance(values, x, single) > 0.15


def test_of_one_output_nothing_is_spread():
    ensemble = layered_ensemble((80, 100, 1), "tanh", 3.0, 0.64)
    x = np.geomspace(0.5, 50.0, 60)
    _, expected = bulk_density(ensemble, SAMPLES, x)
    np.testing.assert_array_equal(bulk_of_outputs(ensemble, x, SAMPLES), expected)


def test_densities_integrate_to_one_on_data_as_well():
    ensemble = layered_ensemble((30, 60, 5), "gelu", 2.0)
    inputs = np.random.default_rng(1).normal(size=(40, 30)) * np.linspace(0.5, 2.0, 30)
    x = np.geomspace(1e-3, 100.0, 1500)
    density = bulk_of_outputs(ensemble, x, overlaps=inputs @ inputs.T / 30)
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=0.03)


def test_points_that_are_not_positive_and_no_samples_are_refused():
    ensemble = layered_ensemble((30, 60, 5), "gelu", 2.0)
    with pytest.raises(ValueError, match="points: must be numbers > 0"):
        bulk_of_outputs(ensemble, [0.0, 1.0], 10)
    with pytest.raises(ValueError, match="samples = None: give the number"):
        bulk_of_outputs(ensemble, [1.0])
