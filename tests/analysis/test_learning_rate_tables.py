"""Tables in which a page looks things up: they hold what the library says of single networks."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.activations.catalogue import as_activation
from fisher_spectra.analysis.learning_rate_tables import VarianceGrid, bulk_shapes, learning_rate_table
from fisher_spectra.analysis.signal_phases import phases

GRID = VarianceGrid(np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0]), np.array([0.0, 0.25, 0.5]), (2, 3, 7))


@pytest.mark.parametrize("name", ["tanh", "erf", "relu", "gelu", "linear"])
def test_a_table_has_the_kappas_of_mean_field_theory_at_random_points(name):
    table, rng = learning_rate_table(name, GRID), np.random.default_rng(0)
    for _ in range(8):
        layer, row, column = (int(rng.integers(size)) for size in table.kappa_1.shape)
        order = fs.mean_field(name, GRID.sigma_w2[column], GRID.sigma_b2[row], GRID.depths[layer])
        assert table.kappa_1[layer, row, column] == pytest.approx(order.kappa_1, rel=1e-9)
        assert table.kappa_2[layer, row, column] == pytest.approx(order.kappa_2, rel=1e-9)


def test_kappa_2_is_exactly_zero_for_odd_activations_without_biases_and_nowhere_else():
    kappa_2 = learning_rate_table("erf", GRID).kappa_2
    assert (kappa_2[:, 0] == 0.0).all()
    assert (kappa_2[:, 1:] > 0.0).all()
    assert (learning_rate_table("relu", GRID).kappa_2 > 0.0).all()


def test_chi_is_one_on_the_edge_of_chaos_and_crosses_it():
    table = learning_rate_table("erf", GRID)
    diagram = fs.phase_diagram("erf", (0.5, 3.0), (0.0, 0.5), depth=2, points=(6, 3))
    assert table.chi.ravel() == pytest.approx(diagram.table["chi"].to_numpy())
    assert table.edge_sigma_w2 == pytest.approx(diagram.edge_of_chaos["sigma_w2"].to_numpy())
    for side, ordered in ((-0.01, True), (0.01, False)):
        beside = phases(as_activation("erf"), table.edge_sigma_w2 + side, table.edge_sigma_b2)
        assert ((beside.slope < 1.0) == ordered).all()


def test_a_network_without_an_edge_of_chaos_has_no_line():
    below = VarianceGrid(np.array([0.2, 0.4]), np.array([0.0, 0.5]), (2,))
    table = learning_rate_table("relu", below)
    assert len(table.edge_sigma_w2) == len(table.edge_sigma_b2) == 0
    assert (table.chi < 1.0).all()


def test_a_bulk_has_the_density_of_the_library_in_units_of_its_mean():
    one = VarianceGrid(np.array([2.0]), np.array([0.5]), (3,))
    x = np.linspace(0.0, 4.0, 81)
    (((shape,),),) = bulk_shapes("erf", one, 0.25, x)
    ensemble = fs.layered_ensemble((1000, 1000, 1000, 1), "erf", 2.0, 0.5)  # the width is of no consequence
    order = fs.mean_field("erf", 2.0, 0.5, 3)
    mean = 2 * (order.kappa_1 - order.kappa_2) * 1000 / 250
    inside = x[(shape > 0.0)]
    _, density = fs.bulk_density(ensemble, 250, inside * mean)
    assert shape[shape > 0.0] == pytest.approx(density * mean, rel=0.01, abs=1e-3)  # steep at the edges
    assert np.trapezoid(shape, x) == pytest.approx(1.0, abs=0.02)
    assert np.trapezoid(x * shape, x) == pytest.approx(1.0, abs=0.02)
