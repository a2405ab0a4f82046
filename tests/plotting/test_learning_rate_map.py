"""Maps over learning rate and width or depth: cells where they belong, borders along power laws."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import Normalize, to_rgba
from plotted_data import look_of, maps_of, points_of, scales_of, value_at

from fisher_spectra.plotting.learning_rate_map import (
    DIVERGED,
    Prediction,
    draw_borders,
    draw_cells,
    legend_handles,
    log_edges,
    title_of,
    typical_factor,
)

WIDTHS, RATES = np.array([16.0, 64.0, 1024.0]), np.array([0.01, 0.1, 1.0])
PREDICTIONS = (
    Prediction("paper", "of the paper", "paper", {"color": "red", "linestyle": "-", "linewidth": 3.0}),
    Prediction("exact", "exact one", "exact", {"color": "black", "linestyle": "--", "linewidth": 1.0}),
)


@pytest.fixture
def axis():
    return plt.subplots()[1]


def test_edges_lie_halfway_between_centres_on_a_logarithmic_axis():
    np.testing.assert_allclose(log_edges(np.array([1.0, 100.0, 1000.0])), [0.1, 10, 10**2.5, 10**3.5], rtol=1e-12)
    np.testing.assert_allclose(log_edges(np.array([5.0])), [5 * np.exp(-0.5), 5 * np.exp(0.5)], rtol=1e-12)


def test_every_cell_holds_its_value_and_what_is_not_a_number_is_gray(axis):
    cells = pd.DataFrame(np.arange(9.0).reshape(3, 3), index=RATES, columns=WIDTHS)
    cells.loc[1.0, 1024.0] = np.nan
    draw_cells(axis, cells, Normalize(0, 8))
    (mesh,) = maps_of(axis)
    for eta in RATES:
        for width in WIDTHS:
            if (eta, width) == (1.0, 1024.0):
                assert np.ma.is_masked(value_at(mesh, width, eta))
            else:
                assert value_at(mesh, width, eta) == cells.loc[eta, width]
    assert to_rgba(axis.get_facecolor()) == to_rgba(DIVERGED)  # what shows where no cell is drawn
    assert scales_of(axis) == ("log", "log")
    assert axis.get_xlim() == pytest.approx((8.0, 4096.0))
    assert axis.get_ylim() == pytest.approx((10**-2.5, 10**0.5))


def test_gray_is_no_colour_of_the_map(axis):
    mesh = draw_cells(axis, pd.DataFrame(np.ones((3, 3)), index=RATES, columns=WIDTHS), Normalize(0, 1))
    colours = mesh.get_cmap()(np.linspace(0, 1, 256))
    assert np.min(np.abs(colours - to_rgba(DIVERGED)).max(axis=1)) > 0.1


def test_predicted_borders_are_lines_in_the_style_of_the_legend_and_measured_ones_diamonds(axis):
    columns = pd.DataFrame({"paper": 3.0 / WIDTHS, "exact": [0.3, 0.2, 0.01]})
    measured = pd.Series([0.1, np.nan, 0.02])
    draw_borders(axis, WIDTHS, columns, PREDICTIONS, measured, 3.0)
    paper, exact, diamonds = axis.get_lines()
    x, y = points_of(paper).T
    np.testing.assert_allclose(y, 3.0 / x)  # a power law stays one, to the edges of the map
    np.testing.assert_allclose(x, log_edges(WIDTHS))
    y = np.log(points_of(exact)[:, 1])
    np.testing.assert_allclose(y[1:3], [np.log(0.3 * 0.2) / 2, np.log(0.2 * 0.01) / 2])  # halfway between two centres
    np.testing.assert_allclose(y[0], np.log(0.3) - np.log(0.2 / 0.3) / 2)  # half a step before the first centre
    np.testing.assert_allclose(y[-1], np.log(0.01) + np.log(0.01 / 0.2) / 2)
    np.testing.assert_array_equal(points_of(diamonds), np.column_stack([WIDTHS, measured]))
    *handles, diverged = legend_handles(PREDICTIONS)
    assert [look_of(handle) for handle in handles] == [look_of(line) for line in (paper, exact, diamonds)]
    assert [handle.get_label() for handle in handles] == ["of the paper", "exact one", "measured border"]
    assert to_rgba(diverged.get_facecolor()) == to_rgba(DIVERGED)


def test_a_single_column_has_level_lines(axis):
    columns = pd.DataFrame({"paper": [0.3], "exact": [0.2]})
    draw_borders(axis, WIDTHS[:1], columns, PREDICTIONS, pd.Series([0.1]), 3.0)
    np.testing.assert_allclose(points_of(axis.get_lines()[0])[:, 1], 0.3)


def test_the_typical_factor_is_the_median_over_columns_whichever_border_is_higher():
    assert typical_factor(pd.Series([1.0, 2.0, 8.0, np.nan]), pd.Series([2.0, 2.0, 2.0, 2.0])) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("dataset", "title"),
    [
        ("mnist", "MNIST"),
        ("my_images", "my_images"),
        ("cifar10, jpeg mirror", "CIFAR-10, jpeg mirror"),
        ("digits", "few digits"),
        ("own:mnist", "own data: mnist"),
        ("own:digits, jpeg mirror", "own data: digits, jpeg mirror"),
        (r"own:$\frac$", r"own data: \$\frac\$"),
    ],
)
def test_data_sets_are_titled_by_their_printed_name_and_variant(dataset, title):
    assert title_of(dataset, {"digits": "few digits"}) == title
