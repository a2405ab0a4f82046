"""The figure of misprinted formulas shows printed and corrected values over the sampled ones."""

from __future__ import annotations

import numpy as np
from figure_tables import errata
from plotted_data import curves, error_bars, labels_of, legend_looks, look_of, points_of, scales_of, series_with_bars

from fisher_spectra.plotting.claims.errata import plot


def marks(axis):
    return {line.get_label(): points_of(line) for line in curves(axis)}


def test_printed_and_corrected_values_are_shown_over_the_sampled_one():
    (axis,) = plot(errata()).axes
    np.testing.assert_allclose(marks(axis)["as printed"], [[1.6, 0], [0.5, 1]])
    np.testing.assert_allclose(marks(axis)["right"], [[0.8, 0], [1.1, 1]])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["first one: (1)", "second: (2)"]
    assert list(axis.get_yticks()) == [0, 1]


def test_the_sampled_value_is_1_with_two_standard_errors():
    ((points, bars),) = error_bars(plot(errata()).axes[0], "x")
    np.testing.assert_array_equal(points, [[1, 0], [1, 1]])
    np.testing.assert_allclose(bars, [0.08, 0.05])


def test_the_axis_is_logarithmic_and_as_wide_to_either_side_of_1_as_the_farthest_value():
    (axis,) = plot(errata()).axes
    low, high = axis.get_xlim()
    assert low < 0.5 < 2 < high
    np.testing.assert_allclose(low * high, 1)
    assert scales_of(axis) == ("log", "linear")
    assert labels_of(axis)[0] == "value / sampled value"
    assert {float(label.get_text()) for label in axis.get_xticklabels()} == set(axis.get_xticks())


def test_a_formula_of_which_nothing_is_printed_has_no_mark_for_it():
    (axis,) = plot(errata().assign(printed=[float("nan"), -0.4])).axes
    found = marks(axis)["as printed"]
    np.testing.assert_allclose(found[np.isfinite(found[:, 0])], [[0.5, 1]])
    assert np.isfinite(axis.get_xlim()).all()


def test_the_legend_names_the_three_kinds_of_marks():
    figure = plot(errata())
    (axis,) = figure.axes
    looks = {line.get_label(): look_of(line) for line in curves(axis)}
    assert legend_looks(figure) == looks | {"sampled, two standard errors": look_of(series_with_bars(axis)[0])}
    assert len(set(looks.values())) == 2


def test_where_all_formulas_are_right_the_axis_has_ticks_beside_1_and_room_for_the_bars():
    frame = errata()
    frame["printed"] = frame["corrected"] = frame["sampled"] * 1.01
    (axis,) = plot(frame).axes
    shown = [float(label.get_text()) for label in axis.get_xticklabels()]
    assert len(shown) >= 3
    assert 1.0 in shown
    assert axis.get_xlim()[1] > 1.08 > axis.get_xlim()[0]
