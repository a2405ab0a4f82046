"""The law of the bulk in bins over its mean: its moments, its edge, and the law of Marchenko and Pastur."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.finite_size.bulk import bulk_density, bulk_distribution, bulk_moments
from fisher_spectra.finite_size.ensemble import layered_ensemble


@pytest.fixture(scope="module")
def odd():
    return layered_ensemble((200, 200, 200, 1), "tanh", 2.0)


def test_moments_and_edge_are_those_of_the_density(odd):
    found = bulk_moments(odd, 100)
    x, density = bulk_density(odd, 100, points=400)
    assert np.trapezoid(x * density, x) == pytest.approx(found.mean, rel=0.01)
    assert np.trapezoid(x**2 * density, x) == pytest.approx(found.second_moment * found.mean**2, rel=0.01)
    assert x[-1] / 1.02 == pytest.approx(found.edge * found.mean, rel=1e-5)


def test_the_mean_square_of_a_linear_network_is_that_of_two_wishart_matrices_on_each_other():
    samples, width = 50, 100
    found = bulk_moments(layered_ensemble((width, width, 1), "linear", 1.0, biases=False), samples)
    # F* = (M/T) (X_0 + X_1) with X_0 = x x^T / M and X_1 = h h^T / M, of which X_0 is the covariance. With g = T / M
    # and normalised traces tr X_0 = tr X_1 = 1, tr X_0^2 = tr X_0 X_1 = 1 + g, tr X_1^2 = tr X_0^2 + g (tr X_0)^2.
    ratio = samples / width
    assert found.mean == pytest.approx(2 / ratio, rel=1e-6)
    assert found.second_moment == pytest.approx((1 + ratio + 2 * (1 + ratio) + 1 + 2 * ratio) / 4, rel=1e-3)


def test_fixed_samples_and_growing_width_bring_all_eigenvalues_together():
    spread = [
        bulk_moments(layered_ensemble((width, width, 1), "relu", 2.0, 0.1), 20).second_moment - 1
        for width in (1000, 2000, 4000)
    ]
    np.testing.assert_allclose(np.divide(spread[1:], spread[:-1]), 0.5, rtol=0.05)


def test_shares_below_edges_rise_from_0_to_1_with_the_mean_of_the_law(odd):
    edges = np.linspace(0.0, 4.0, 161)
    density, shares = bulk_distribution(odd, 100, edges)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert np.all(np.diff(shares) >= 0.0)
    centres = 0.5 * (edges[1:] + edges[:-1])
    assert float(centres @ np.diff(shares)) == pytest.approx(1.0, rel=0.005)
    assert np.trapezoid(density, edges) == pytest.approx(1.0, rel=0.01)
    assert not density[edges > bulk_moments(odd, 100).edge].any()
