"""The picture of a phase diagram: each value in its cell, the edge of chaos where it is."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import TABLES
from matplotlib.colors import LogNorm
from plotted_data import curves, labels_of, maps_of, panels_without_colour_bars, points_of, value_at

from fisher_spectra.analysis.phase_diagram import QUANTITIES
from fisher_spectra.plotting.analysis.phase_diagram import LABELS, plot


@pytest.fixture
def frame():
    return TABLES["analysis.phase_diagram"]()


def test_each_cell_has_its_value_and_what_is_none_is_left_out(frame):
    frame.loc[(frame["sigma_w2"] == 2.0) & (frame["sigma_b2"] == 0.5), "value"] = np.nan
    (axis,) = panels_without_colour_bars(plot(frame))
    (mesh,) = maps_of(axis)
    for row in frame[frame["kind"] == "cell"].itertuples():
        found = value_at(mesh, row.sigma_w2, row.sigma_b2)
        assert np.ma.is_masked(found) if np.isnan(row.value) else found == row.value
    assert labels_of(axis) == (r"$\sigma_w^2$", r"$\sigma_b^2$")


def test_the_edge_of_chaos_is_a_line_and_may_be_nowhere(frame):
    (axis,) = panels_without_colour_bars(plot(frame))
    (line,) = curves(axis)
    np.testing.assert_array_equal(points_of(line), [[1.0, 0.0], [2.5, 0.5]])
    assert axis.get_xlim() == (1.0, 3.0)
    figure = plot(frame[frame["kind"] == "cell"])
    assert curves(panels_without_colour_bars(figure)[0]) == []
    assert figure.legends == []


def test_a_wide_range_of_positive_values_has_a_logarithmic_scale(frame):
    for factor, logarithmic in ((1.0, False), (100.0, True), (-1.0, False)):
        scaled = frame.copy()
        scaled.loc[0, "value"] = scaled["value"][:6].max() / factor
        (mesh,) = maps_of(panels_without_colour_bars(plot(scaled))[0])
        assert isinstance(mesh.norm, LogNorm) == logarithmic


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_colour_bar_names_the_quantity(frame, quantity):
    frame.loc[frame["kind"] == "cell", "quantity"] = quantity
    bar = plot(frame).axes[1]
    assert bar.get_ylabel() == LABELS[quantity]
