"""Sampled spectra in bins beside the limiting density."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah.binned_spectra import (
    NetworkSpectrum,
    binned_rows,
    cells_of,
    density_grid,
    network_spectra,
    poisson_mass,
    quadrature_rows,
)
from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.fisher_matrix import sample_weights
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.linear_case import linear_eigenvalues
from fisher_spectra.spectra.lanczos import SpectralQuadrature, stochastic_lanczos_quadrature

ERF = LimitingSpectrum(NonlinearityConstants(1.0, 1.2257000037856907, 0.9135828428288514))
OPTIMAL = LimitingSpectrum(NonlinearityConstants(1.0, 25 / 13, 1 / 13))
LINEAR = LimitingSpectrum(NonlinearityConstants(1.0, 1.0, 1.0))


def even_grid(edges, points=3):
    return edges[0] + (edges[-1] - edges[0]) * (np.arange(points * (len(edges) - 1)) + 0.5) / points / (len(edges) - 1)


@pytest.mark.parametrize("limit", [ERF, OPTIMAL, LINEAR])
def test_the_grid_comes_close_to_every_feature_and_has_a_finite_density_everywhere(limit):
    grid = density_grid(limit, np.linspace(0.0, 9.0, 50))
    assert np.all(np.diff(grid) > 0)
    assert np.all(np.isfinite(limit.density(grid)))
    for feature in limit.constants.features:
        assert np.min(np.abs(grid - feature)) < 1e-5 * limit.constants.features[5]
    assert not {limit.constants.features[0], limit.constants.features[3]} & set(grid)


@pytest.mark.parametrize("limit", [ERF, OPTIMAL])
def test_eigenvalues_drawn_from_the_limit_fill_the_bins_as_the_limit_does(limit):
    rng = np.random.default_rng(0)
    edges = np.linspace(0.0, 8.4, 22)
    spectra = [NetworkSpectrum(limit.sample(20_000, rng)) for _ in range(16)]
    rows = binned_rows(limit, spectra, edges, density_grid(limit, even_grid(edges)))
    bins = rows.drop_duplicates("bin_low")
    width = bins["bin_high"] - bins["bin_low"]
    assert (bins["density_empirical"] * width).sum() == pytest.approx(1.0, abs=1e-12)
    assert (bins["density_theory_bin"] * width).sum() == pytest.approx(1.0, abs=1e-12)
    filled = bins[bins["density_empirical_sem"] > 0]
    pulls = (filled["density_empirical"] - filled["density_theory_bin"]) / filled["density_empirical_sem"]
    assert np.max(np.abs(pulls)) < 5
    empty = bins[bins["density_theory_bin"] == 0]
    assert (empty["density_empirical"] == 0).all()


def test_every_row_has_the_density_of_the_limit_at_its_point_and_of_the_sample_in_its_bin():
    eigenvalues = np.array([0.0, 0.0, 0.5, 1.5, 1.75, 3.9])
    edges = np.array([0.0, 1.0, 2.0, 4.0])
    grid = np.array([0.25, 0.75, 1.5, 3.0])
    rows = binned_rows(LINEAR, [NetworkSpectrum(eigenvalues)], edges, grid)
    np.testing.assert_allclose(rows["density_empirical"], [1 / 6, 1 / 6, 2 / 6, 1 / 6 / 2])
    np.testing.assert_array_equal(rows["density_theory"], LINEAR.density(grid))
    np.testing.assert_allclose(rows["bin_low"], [0, 0, 1, 2])
    np.testing.assert_allclose(rows["bin_high"], [1, 1, 2, 4])
    assert rows["density_empirical_sem"].isna().all()  # one network says nothing about the scatter
    assert set(rows["atom_empirical"]) == {2 / 6}
    assert set(rows["atom_theory"]) == {0.5}
    assert set(rows["n_networks"]) == {1}


def test_the_atom_is_not_part_of_the_binned_density_of_the_limit():
    edges = np.linspace(0.0, 8.0, 17)
    rows = binned_rows(LINEAR, [NetworkSpectrum(np.ones(4))], edges, even_grid(edges))
    bins = rows.drop_duplicates("bin_low")
    assert (bins["density_theory_bin"] * 0.5).sum() == pytest.approx(0.5, abs=1e-12)


def test_the_error_is_the_standard_error_over_networks():
    edges = np.array([0.0, 1.0, 2.0])
    spectra = [NetworkSpectrum(np.array(values)) for values in ([0.5, 0.5], [0.5, 1.5], [1.5, 1.5], [0.5, 1.5])]
    rows = binned_rows(ERF, spectra, edges, np.array([0.5, 1.5]))
    np.testing.assert_allclose(rows["density_empirical"], [0.5, 0.5])
    expected = np.std([1.0, 0.5, 0.0, 0.5], ddof=1) / 2
    np.testing.assert_allclose(rows["density_empirical_sem"], [expected, expected])


@pytest.mark.parametrize(("bound", "share"), [(-0.1, 0), (0.0, 0), (0.1, 2 / 6), (1.5, 3 / 6), (1.6, 4 / 6), (9.0, 1)])
def test_the_share_below_a_bound_counts_eigenvalues_below_it_zeros_among_them(bound, share):
    eigenvalues = np.array([1.5, 0.0, 0.5, 3.9, 0.0, 1.75])
    assert NetworkSpectrum(eigenvalues).share_below(bound) == share


@pytest.mark.parametrize("bound", [0.0, 0.3, 1.0, 1.1, 5.0])
def test_the_share_below_a_bound_of_a_quadrature_is_the_mean_weight_of_its_probes_below_it(bound):
    nodes = (np.array([0.1, 1.0, 2.0]), np.array([0.2, 0.9]))
    weights = (np.array([0.5, 0.25, 0.25]), np.array([0.75, 0.25]))
    expected = np.mean(
        [sum(w for x, w in zip(*probe, strict=True) if x < bound) for probe in zip(nodes, weights, strict=True)]
    )
    spectrum = NetworkSpectrum(SpectralQuadrature(nodes, weights))
    assert spectrum.share_below(bound) == pytest.approx(expected, abs=1e-15)


def test_points_outside_the_bins_are_refused():
    with pytest.raises(ValueError, match="must lie in a bin"):
        binned_rows(ERF, [NetworkSpectrum(np.ones(3))], np.array([0.0, 1.0, 2.0]), np.array([0.5, 2.5]))


def test_a_quadrature_fills_the_bins_as_the_eigenvalues_it_stands_for():
    eigenvalues = np.sort(ERF.sample(3000, np.random.default_rng(1)))
    rng = np.random.default_rng(2)
    quadrature = stochastic_lanczos_quadrature(lambda v: eigenvalues * v, eigenvalues.size, 120, 30, rng)
    edges = np.linspace(0.5, 8.0, 8)  # above the singularities, which no quadrature resolves
    exact, estimated = (NetworkSpectrum(what).density(edges) for what in (eigenvalues, quadrature))
    # probe noise of a fraction F: sqrt(2 F (1 - F) / P / probes) < 0.0024, doubled for the two ends of a bin
    assert np.max(np.abs(exact - estimated)) < 4 * 0.0024 * np.sqrt(2) / np.diff(edges)[0]
    assert NetworkSpectrum(quadrature).atom_at_zero() == 0.0
    distances = [NetworkSpectrum(what).kolmogorov_distance(ERF) for what in (eigenvalues, quadrature)]
    assert distances[0] == pytest.approx(distances[1], abs=0.015)


def test_spectra_are_read_back_from_tables_of_nodes_and_of_eigenvalues():
    quadratures = [
        SpectralQuadrature((np.array([1.0, 2.0]), np.array([3.0])), (np.array([0.25, 0.75]), np.array([1.0]))),
        SpectralQuadrature((np.array([4.0]),), (np.array([1.0]),)),
    ]
    rows = [
        {"network": number, "method": "lanczos"} | row
        for number, quadrature in ((7, quadratures[0]), (2, quadratures[1]))
        for row in quadrature_rows(quadrature)
    ]
    second, first = network_spectra(pd.DataFrame(rows))  # in the order of the numbers
    for found, expected in ((first.eigenvalues, quadratures[0]), (second.eigenvalues, quadratures[1])):
        assert isinstance(found, SpectralQuadrature)
        for a, b in zip((*found.nodes, *found.weights), (*expected.nodes, *expected.weights), strict=True):
            np.testing.assert_array_equal(a, b)
    table = pd.DataFrame({"network": [1, 0, 1], "method": "dense", "eigenvalue": [5.0, 6.0, 7.0]})
    np.testing.assert_array_equal(network_spectra(table)[0].eigenvalues, [6.0])
    np.testing.assert_array_equal(network_spectra(table)[1].eigenvalues, [5.0, 7.0])


def test_poisson_mass_is_eps_times_the_imaginary_part_of_the_stieltjes_transform():
    eigenvalues = np.random.default_rng(3).uniform(0, 3, 200)
    epsilons = np.array([1e-3, 0.1, 2.0])
    for location in (0.7, -1.0):
        direct = [eps * abs(np.mean(1 / (location + 1j * eps - eigenvalues)).imag) for eps in epsilons]
        np.testing.assert_allclose(poisson_mass(eigenvalues, location, epsilons), direct, rtol=1e-12)


def test_poisson_mass_tends_to_the_share_of_eigenvalues_at_the_place():
    eigenvalues = np.array([0.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose(poisson_mass(eigenvalues, 0.0, np.array([1e-6])), [0.75], rtol=1e-10)
    assert poisson_mass(eigenvalues, 0.5, np.array([1e-6]))[0] < 1e-11


def test_the_linear_network_comes_close_to_its_limit_with_an_atom():
    rng = np.random.default_rng(4)
    spectrum = NetworkSpectrum(linear_eigenvalues(*sample_weights(rng, 128)))
    assert spectrum.kolmogorov_distance(LINEAR) < 0.02
    wrong = NetworkSpectrum(spectrum.eigenvalues[spectrum.eigenvalues > 0])
    assert wrong.kolmogorov_distance(LINEAR) > 0.48


def test_a_quadrature_is_not_compared_with_a_limit_that_has_an_atom():
    quadrature = SpectralQuadrature((np.array([0.0, 1.0]),), (np.array([0.5, 0.5]),))
    with pytest.raises(UserError, match="no Kolmogorov distance to a limit with an atom, at 0"):
        NetworkSpectrum(quadrature).kolmogorov_distance(LINEAR)


def test_cells_are_told_apart_by_nonlinearity_width_and_method_in_order_of_appearance():
    keys = [("erf_1", 6, "lanczos"), ("erf_1", 4, "dense"), ("linear", 4, "dense"), ("erf_1", 6, "lanczos")]
    parts = pd.DataFrame(keys, columns=["nonlinearity", "n", "method"]).assign(network=range(4))
    found = [(name, n, method, list(rows["network"])) for name, n, method, rows in cells_of(parts)]
    assert found == [("erf_1", 6, "lanczos", [0, 3]), ("erf_1", 4, "dense", [1]), ("linear", 4, "dense", [2])]
