"""Eigenvalues beyond the edges of the limiting density: bounds in closed form, and networks that respect them."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.outliers import extreme_bounds

WIDTH = 24


def own_directions(first, second):
    """The two directions of each hidden unit as orthonormal columns, shape (2 n^2, 2 n)."""
    n = len(first)
    columns = []
    for a in range(n):
        of_first, of_second = np.zeros((n, n)), np.zeros((n, n))
        of_first[a], of_second[:, a] = first[a], second[:, a]
        columns += [np.append(of_first, np.zeros((n, n))), np.append(np.zeros((n, n)), of_second)]
    matrix = np.array(columns).T
    return matrix / np.linalg.norm(matrix, axis=0)


def test_bounds_of_the_quadratic_optimum_are_those_of_its_hermite_coefficients():
    # (x f', f) has means (sqrt(24/13), 0), variances 49/13 and 1, covariance 25/13
    bounds = extreme_bounds(get_activation("optimal_quadratic"))
    covariance = np.array([[49, 25], [25, 13]]) / 13
    assert bounds.smallest_at_most == pytest.approx(np.linalg.eigvalsh(covariance)[0], rel=1e-9)
    covariance[0, 0] += 4 * 24 / 13
    assert bounds.largest_at_least == pytest.approx(np.linalg.eigvalsh(covariance)[1], rel=1e-9)


def test_bounds_are_the_edges_themselves_for_linear_networks():
    bounds = extreme_bounds(get_activation("linear"))
    assert bounds.smallest_at_most == pytest.approx(0, abs=1e-12)
    assert bounds.largest_at_least == 8


def test_a_rescaling_that_changes_a_shifted_relu_by_a_constant_alone_costs_nothing():
    # x f' and f differ by a constant: growing W1 and shrinking W2 of a unit moves the outputs by a constant vector
    assert extreme_bounds(get_activation("shifted_leaky_relu(alpha=0)")).smallest_at_most == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("activation", ["normalised_erf(alpha=1)", "shifted_leaky_relu(alpha=0)", "optimal_quadratic"])
def test_a_network_has_an_eigenvalue_below_z1_for_each_hidden_unit(activation):
    function = get_activation(activation)
    first, second = sample_weights(np.random.default_rng(3), WIDTH)
    fisher = population_fisher(first, second, function).dense()
    basis = own_directions(first, second)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2 * WIDTH), atol=1e-12)
    restricted = np.linalg.eigvalsh(basis.T @ fisher @ basis)
    eigenvalues = np.linalg.eigvalsh(fisher)
    bounds = extreme_bounds(function)
    z_1 = nonlinearity_constants(function).features[0]
    assert bounds.smallest_at_most < z_1
    # Rayleigh and Ritz, and the limit of the restriction up to fluctuations of relative order 1/sqrt(n)
    assert eigenvalues[0] <= restricted[0]
    assert restricted[-1] <= eigenvalues[-1]
    assert restricted[0] < max(1.5 * bounds.smallest_at_most, 0.01)
    assert np.sum(eigenvalues < z_1 / 2) >= WIDTH  # one for each unit, besides what a small width smears out
