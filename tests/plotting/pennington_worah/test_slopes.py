"""The figure of slopes shows how the derivative of the density diverges or stays continuous."""

from __future__ import annotations

import numpy as np
from figure_tables import pennington_slopes
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, panel, points_of, scales_of

from fisher_spectra.plotting.pennington_worah.slopes import STEP, plot

DISTANCES = np.array([1e-5, 1e-3, 1e-2])


def test_slopes_that_diverge_as_the_theory_says_lie_on_its_line_each_raised_above_the_one_before():
    _, *series = curves(panel(plot(pennington_slopes()), "diverges"))
    lines, diverging = series[::2], series[1::2]
    expected = np.stack([DISTANCES, np.log(DISTANCES / 1e-2)], axis=1)
    for k, (line, marks) in enumerate(zip(lines, diverging, strict=True)):
        np.testing.assert_allclose(points_of(line), expected + np.array([0, STEP * k]), atol=1e-12)
        np.testing.assert_allclose(points_of(marks), expected + np.array([0, STEP * k]), atol=1e-9)
    assert [marks.get_label() for marks in diverging] == [r"linear, $z_5$", r"$\mathrm{erf}_1$, $z_2$"]


def test_a_slope_that_diverges_twice_as_fast_lies_twice_as_low():
    frame = pennington_slopes()
    frame.loc[frame["nonlinearity"] == "linear", "theory"] /= 2
    _, _, linear, _, erf = curves(panel(plot(frame), "diverges"))
    np.testing.assert_allclose(points_of(linear)[:, 1], 2 * (points_of(erf)[:, 1] - STEP), atol=1e-9)


def test_the_jump_is_shown_in_size():
    (jump,) = curves(panel(plot(pennington_slopes()), "continuous"))
    np.testing.assert_allclose(points_of(jump), np.stack([DISTANCES, 3 * DISTANCES], axis=1))
    assert jump.get_label() == r"$\mathrm{erf}_1$, $z_3$"


def test_the_legends_name_every_series_and_marks_differ():
    for axis in plot(pennington_slopes()).axes:
        named = [line for line in curves(axis) if not str(line.get_label()).startswith("_")]
        assert legend_looks(axis) == {line.get_label(): look_of(line) for line in named}
        assert len(set(legend_looks(axis).values())) == len(named)


def test_distances_are_on_logarithmic_axes_and_axes_are_named():
    diverging, continuous = plot(pennington_slopes()).axes
    assert (scales_of(diverging), scales_of(continuous)) == (("log", "linear"), ("log", "log"))
    assert labels_of(diverging) == ("distance $t$", "change of the slope / coefficient, 2 apart")
    assert labels_of(continuous) == ("distance $t$", "slope to the right minus left")
    assert letters_of([diverging, continuous]) == ["(a)", "(b)"]


def test_a_nonlinearity_of_the_users_own_is_drawn_and_named():
    diverging, _ = plot(pennington_slopes().replace({"nonlinearity": {"linear": "swish"}})).axes
    assert "swish, $z_5$" in legend_looks(diverging)
