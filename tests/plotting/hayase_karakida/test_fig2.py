"""Figure 2 shows largest and mean eigenvalues against depth and number of inputs."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_fig2
from plotted_data import (
    curves,
    error_bars,
    labels_of,
    legend_looks,
    letters_of,
    look_of,
    panel,
    points_of,
    scales_of,
    series_with_bars,
)

from fisher_spectra.plotting.hayase_karakida.fig2 import plot

FIXED = {"L": "$N = 10$", "N": "$L = 10$"}


def rows_of(frame, varied, statistic):
    return frame[(frame["varied"] == varied) & (frame["statistic"] == statistic)].sort_values(varied)


@pytest.mark.parametrize("varied", ["L", "N"])
def test_lines_are_the_theory_of_maximum_and_mean(varied):
    frame = hayase_fig2()
    full, top, mean = curves(panel(plot(frame), FIXED[varied]))
    np.testing.assert_array_equal(points_of(full), rows_of(frame, varied, "maximum")[[varied, "theory_full"]])
    np.testing.assert_array_equal(points_of(top), rows_of(frame, varied, "maximum")[[varied, "theory"]])
    np.testing.assert_array_equal(points_of(mean), rows_of(frame, varied, "mean")[[varied, "theory"]])
    assert [line.get_linestyle() for line in (full, top, mean)] == [":", "-", "--"]


@pytest.mark.parametrize("varied", ["L", "N"])
def test_points_are_sampled_means_with_two_standard_errors(varied):
    frame = hayase_fig2()
    expected = [("maximum", "full"), ("maximum", "block_diagonal"), ("mean", "full")]
    for (points, bars), (statistic, matrix) in zip(
        error_bars(panel(plot(frame), FIXED[varied])), expected, strict=True
    ):
        rows = rows_of(frame, varied, statistic)
        np.testing.assert_array_equal(points, rows[[varied, matrix]])
        np.testing.assert_allclose(bars, 2 * rows[f"{matrix}_sem"])


def test_a_single_network_has_no_bar():
    frame = hayase_fig2().assign(full_sem=np.nan)
    (_, bars), *_ = error_bars(plot(frame).axes[0])
    np.testing.assert_array_equal(bars, 0.0)


def test_axes_are_logarithmic_and_named_after_what_varies():
    axes = plot(hayase_fig2()).axes
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    value = r"eigenvalue of $\Theta/M$"
    assert [labels_of(axis) for axis in axes] == [("depth $L$", value), ("number of inputs $N$", value)]
    assert letters_of(axes) == ["(a)", "(b)"]


def test_the_legend_names_every_line_and_every_kind_of_points():
    figure = plot(hayase_fig2())
    axis = figure.axes[0]
    names = [
        "maximum, full, at exact isometry",
        r"maximum, theory $\Vert\mu_L\Vert_\infty/N$",
        r"mean, theory $m_1(\mu_L)/N$",
        "maximum, full",
        "maximum, block diagonal",
        "mean, both",
    ]
    drawn = [*curves(axis), *series_with_bars(axis)]
    assert legend_looks(figure) == dict(zip(names, map(look_of, drawn), strict=True))
    assert len(set(legend_looks(figure).values())) == len(names)
