"""The figure of spectral laws shows distances to the limit and deviations of the largest eigenvalue."""

from __future__ import annotations

import numpy as np
from figure_tables import hayase_laws
from plotted_data import (
    curves,
    error_bars,
    labels_of,
    legend_looks,
    letters_of,
    look_of,
    points_of,
    scales_of,
    series_with_bars,
)

from fisher_spectra.plotting.hayase_karakida.laws import plot

CELLS = {
    ("isometry", 3): "near isometry, $L = 3$",
    ("isometry", 10): "near isometry, $L = 10$",
    ("saturating", 10): "$s = g = 1$, $L = 10$",
}


def rows_of(frame, name, depth):
    return frame[(frame["panel"] == name) & (frame["L"] == depth)].sort_values("M")


def test_the_distance_of_every_setting_and_depth_is_a_line_over_the_width():
    frame = hayase_laws()
    *lines, tolerated = curves(plot(frame).axes[0])
    for line, (name, depth) in zip(lines, CELLS, strict=True):
        np.testing.assert_array_equal(points_of(line), rows_of(frame, name, depth)[["M", "kolmogorov_distance"]])
    assert list(tolerated.get_ydata()) == [0.03, 0.03]
    assert tolerated.get_linestyle() == "--"


def test_the_maximum_is_shown_as_deviation_from_theory_in_per_cent_with_two_standard_errors():
    frame = hayase_laws()
    for (points, bars), (name, depth) in zip(error_bars(plot(frame).axes[1]), CELLS, strict=True):
        rows = rows_of(frame, name, depth)
        np.testing.assert_allclose(points[:, 0], rows["M"], rtol=0.05)  # marks of one width lie side by side
        np.testing.assert_allclose(points[:, 1], 100 * (rows["maximum_empirical"] / rows["maximum_theory"] - 1))
        np.testing.assert_allclose(bars, 200 * rows["maximum_sem"] / rows["maximum_theory"], rtol=1e-9)


def test_marks_of_different_settings_do_not_hide_each_other():
    places = [points[0, 0] for points, _ in error_bars(plot(hayase_laws()).axes[1])]
    assert len(set(places)) == len(CELLS)


def test_gray_are_two_per_cent_to_either_side():
    (band,) = plot(hayase_laws()).axes[1].patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (-2, 2)


def test_axes_are_logarithmic_in_the_width():
    axes = plot(hayase_laws()).axes
    assert {scales_of(axis) for axis in axes} == {("log", "linear")}
    assert [labels_of(axis) for axis in axes] == [
        ("width $M$", "Kolmogorov distance"),
        ("width $M$", r"maximum over theory $-\,1$ (%)"),
    ]
    for axis in axes:
        assert [label.get_text() for label in axis.get_xticklabels()] == ["100", "1000"]
    assert letters_of(axes) == ["(a)", "(b)"]


def test_the_legend_names_every_setting_and_depth_which_have_one_look_in_both_panels():
    figure = plot(hayase_laws())
    distances, maxima = figure.axes
    *lines, _ = curves(distances)
    assert legend_looks(figure) == dict(zip(CELLS.values(), map(look_of, lines), strict=True))
    for line, series in zip(lines, series_with_bars(maxima), strict=True):
        assert line.get_color() == series.lines[0].get_color()
        assert line.get_marker() == series.lines[0].get_marker()
