"""The figure of other laws shows networks over theory, case by case, and where Gaussian biases would lie."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import STATISTICS, karakida_universality
from plotted_data import curves, labels_of, legend_texts, letters_of, points_of, series_with_bars

from fisher_spectra.plotting.karakida.universality import plot

LINES = ["weights: binary", "biases: binary", "layers: both"]


@pytest.mark.parametrize(("number", "statistic"), list(enumerate(STATISTICS)))
def test_the_widest_networks_are_shown_over_theory_with_two_standard_errors(number, statistic):
    frame = karakida_universality()
    axis = plot(frame).axes[number]
    rows = frame[(frame["statistic"] == statistic) & (frame["M"] == 40)]
    for series, activation in zip(series_with_bars(axis), ("tanh", "relu", "mixed"), strict=True):
        own = rows[rows["activation"] == activation]
        ratios = np.asarray(series.lines[0].get_xdata(), dtype=float)
        np.testing.assert_allclose(ratios, own["empirical_mean"] / own["theory"])
        lengths = [(segment[1] - segment[0])[0] / 2 for segment in series.lines[2][0].get_segments()]
        np.testing.assert_allclose(lengths, 2 * own["empirical_sem"] / own["theory"], rtol=1e-9)


def test_narrower_networks_have_marks_without_bars_on_the_line_of_their_case():
    frame = karakida_universality()
    axis = plot(frame).axes[0]
    rows = frame[(frame["statistic"] == "mean") & (frame["M"] == 20)]
    small = [line for line in axis.get_lines() if line.get_markersize() == 2.2 and len(line.get_xdata())]
    ratios = sorted(x for line in small for x in line.get_xdata())
    np.testing.assert_allclose(ratios, sorted(rows["empirical_mean"] / rows["theory"]))


def test_a_cross_stands_where_theory_with_gaussian_biases_differs_and_nowhere_else():
    crosses = [line for line in plot(karakida_universality()).axes[2].get_lines() if line.get_marker() == "x"]
    places = [tuple(point) for line in crosses if len(line.get_xdata()) for point in points_of(line)]
    assert [x for x, _ in places] == [pytest.approx(1.1)]


def test_lines_are_named_after_group_and_case_and_activations_share_the_line_of_a_case():
    figure = plot(karakida_universality())
    first = figure.axes[0]
    assert [label.get_text() for label in first.get_yticklabels()] == LINES
    heights = {round(y) for series in series_with_bars(first) for y in series.lines[0].get_ydata()}
    assert len(heights) == len(LINES)
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)"]
    assert [labels_of(axis)[0] for axis in figure.axes] == [
        r"mean $m_\lambda$ / theory",
        r"second moment $s_\lambda$ / theory",
        r"maximum $\lambda_{\max}$ / theory",
    ]
    wanted = ["tanh", "ReLU", "mixed", "narrower networks", "theory with Gaussian biases"]
    assert sorted(legend_texts(figure)) == sorted(wanted)
    assert any(set(line.get_xdata()) == {1.0} for line in curves(first) if len(line.get_xdata()))
