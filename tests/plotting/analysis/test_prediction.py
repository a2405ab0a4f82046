"""The picture of a prediction: each number of its table where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import TABLES
from plotted_data import curves, error_bars, labels_of, legend_texts, points_of, scales_of

from fisher_spectra.plotting.analysis.prediction import plot


@pytest.fixture
def frame():
    return TABLES["analysis.prediction"]()


def lines(axis):
    """Positions of vertical lines by their style."""
    drawn = [line for line in curves(axis) if line.get_marker() == "None"]
    return {line.get_linestyle(): line.get_xdata()[0] for line in drawn}


def test_lines_are_the_values_of_theory_and_a_band_is_the_stated_error(frame):
    axis = plot(frame).axes[0]
    assert lines(axis) == {":": 20.0, "--": 22.0, "-": 30.0}
    (band,) = axis.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (27.0, 33.0)


def test_points_are_the_networks_and_the_bar_is_the_error_of_their_mean(frame):
    axis = plot(frame).axes[0]
    (points,) = [points_of(line) for line in curves(axis) if line.get_marker() == "o"]
    np.testing.assert_array_equal(points[:, 0], [25.0, 29.0, 36.0])
    ((mean, length),) = error_bars(axis, "x")
    assert (mean[0, 0], length[0]) == (30.0, 2.0)


def test_the_axis_above_has_the_learning_rate_of_each_eigenvalue(frame):
    figure = plot(frame)
    axis = figure.axes[0]
    assert labels_of(axis)[0] == r"largest eigenvalue of $F$"
    assert scales_of(axis)[0] == "log"
    figure.canvas.draw()
    (above,) = axis.child_axes
    assert above.get_xlabel() == "critical learning rate"
    np.testing.assert_allclose(sorted(above.get_xlim()), sorted(3.8 / np.array(axis.get_xlim())))


def test_theory_alone_has_no_points_and_no_data_no_line_of_theirs(frame):
    alone = frame[~frame["source"].isin(["network", "mean_of_networks", "infinite_width_on_data"])]
    figure = plot(alone)
    assert legend_texts(figure) == ["infinite width", "finite size, with its stated error"]
    assert list(lines(figure.axes[0])) == [":", "-"]
