"""The picture of a module's spectrum shows the numbers of its table."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_tables import TABLES
from matplotlib.patches import StepPatch
from plotted_data import series_with_bars

from fisher_spectra.plotting.analysis.spectrum import plot


@pytest.fixture
def frame():
    return TABLES["analysis.spectrum"]()


@pytest.fixture
def axis(frame):
    return plot(frame).axes[0]


def vertical(axis, colour=None, style=None):
    lines = [line for line in axis.get_lines() if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2]
    return [float(line.get_xdata()[0]) for line in lines if style is None or line.get_linestyle() == style]


def test_bins_have_the_numbers_of_the_table_with_their_errors(axis, frame):
    bins = frame[frame["kind"] == "bin"]
    for patch in [one for one in axis.patches if isinstance(one, StepPatch)]:
        values, edges, _ = patch.get_data()
        np.testing.assert_allclose(values, bins["eigenvalues"])
        np.testing.assert_allclose(edges, [*bins["lambda_low"], bins["lambda_high"].iloc[-1]])
    (bars,) = series_with_bars(axis)
    filled = bins[bins["eigenvalues"] > 0]
    segments = bars.lines[2][0].get_segments()
    np.testing.assert_allclose([np.ptp(one[:, 1]) / 2 for one in segments], filled["eigenvalues_error"])
    np.testing.assert_allclose([one[0, 0] for one in segments], np.sqrt(filled["lambda_low"] * filled["lambda_high"]))


def test_the_largest_eigenvalues_and_those_of_theory_are_marked(axis):
    assert vertical(axis, style="-") == [6.0, 2.0, 1.1]
    assert vertical(axis, style="--") == [5.0]
    assert vertical(axis, style=":") == [2.5]


def test_without_theory_nothing_is_said_of_it(frame):
    figure = plot(frame[frame["kind"].isin(["bin", "largest"])])
    assert not any("theory" in text.get_text() for text in figure.legends[0].get_texts())
    assert vertical(figure.axes[0], style="--") == []


def test_the_upper_axis_has_the_learning_rate_of_each_eigenvalue(frame):
    figure = plot(frame)
    figure.canvas.draw()
    (upper,) = figure.axes[0].child_axes
    assert upper.get_xlabel() == r"learning rate $2(1+\mu)/\lambda$"
    np.testing.assert_allclose(sorted(upper.get_xlim()), sorted(3.8 / np.array(figure.axes[0].get_xlim())))


def test_the_loss_is_named(axis):
    assert axis.get_xlabel() == r"eigenvalue $\lambda$ (loss half sum)"


def test_eigenvalues_that_are_all_known_have_no_errors(frame):
    figure = plot(frame.assign(eigenvalues_error=0.0))
    assert series_with_bars(figure.axes[0]) == []
    assert figure.legends[0].get_texts()[0].get_text() == "number of eigenvalues"
    plt.close(figure)
