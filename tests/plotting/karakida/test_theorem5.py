"""The figure of Theorem 5 shows both formulas and the sampled networks of its table."""

from __future__ import annotations

import numpy as np
from figure_tables import karakida_theorem5
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

from fisher_spectra.plotting.karakida.theorem5 import plot

NAMES = {"tanh": "tanh", "relu": "ReLU"}


def test_the_corrected_formula_is_a_solid_line_and_the_printed_one_dashed():
    frame = karakida_theorem5()
    figure = plot(frame)
    for activation, name in NAMES.items():
        rows = frame[(frame["activation"] == activation) & (frame["M"] == 50)].sort_values("L")
        solid, dashed = curves(panel(figure, name))
        assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
        np.testing.assert_array_equal(points_of(solid), rows[["L", "corrected"]].to_numpy())
        np.testing.assert_array_equal(points_of(dashed), rows[["L", "paper"]].to_numpy())


def test_points_are_the_mean_norms_of_every_width_with_two_standard_errors():
    frame = karakida_theorem5()
    figure = plot(frame)
    for activation, name in NAMES.items():
        for (points, bars), width in zip(error_bars(panel(figure, name)), (50, 800), strict=True):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("L")
            np.testing.assert_allclose(points[:, 0], rows["L"], rtol=0.05)  # marks of one depth lie side by side
            np.testing.assert_array_equal(points[:, 1], rows["empirical_mean"])
            np.testing.assert_allclose(bars, 2 * rows["empirical_sem"], rtol=1e-12)


def test_marks_of_different_widths_do_not_hide_each_other():
    (narrow, _), (wide, _) = error_bars(panel(plot(karakida_theorem5()), "tanh"))
    assert (narrow[:, 0] < wide[:, 0]).all()


def test_every_width_is_shown_and_named_however_many_there_are():
    widths = [10 * 2**k for k in range(9)]
    figure = plot(karakida_theorem5(widths))
    assert len(error_bars(panel(figure, "tanh"))) == len(widths)
    assert "networks, M = 2560" in legend_looks(figure)


def test_the_norm_is_on_a_logarithmic_axis_against_the_depths_of_the_table():
    axes = plot(karakida_theorem5()).axes
    for axis in axes:
        assert scales_of(axis) == ("linear", "log")
        assert list(axis.get_xticks()) == [2, 3, 6]
    norm = r"Fisher-Rao norm $\langle\Vert\theta\Vert_{FR}\rangle$"
    assert [labels_of(axis) for axis in axes] == [("depth $L$", norm), ("depth $L$", "")]
    assert letters_of(axes) == ["(a)", "(b)"]


def test_the_legend_names_both_formulas_and_every_width():
    figure = plot(karakida_theorem5())
    drawn = [*curves(figure.axes[0]), *series_with_bars(figure.axes[0])]
    names = ["corrected", "as printed (20)", "networks, M = 50", "networks, M = 800"]
    assert legend_looks(figure) == dict(zip(names, map(look_of, drawn), strict=True))
