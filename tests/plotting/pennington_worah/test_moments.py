"""The figure of moments shows sampled moments and extreme eigenvalues over their limits."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import NONLINEARITIES, pennington_moments
from plotted_data import (
    curves,
    error_bars,
    labels_of,
    legend_looks,
    letters_of,
    look_of,
    panel,
    scales_of,
    series_with_bars,
)

from fisher_spectra.plotting.pennington_worah.moments import plot


def rows_of(frame, name, statistic):
    return frame[(frame["nonlinearity"] == name) & (frame["statistic"] == statistic)].sort_values("n")


@pytest.mark.parametrize("statistic", ["m1", "m2"])
def test_moments_are_shown_as_relative_deviations_with_two_standard_errors(statistic):
    frame = pennington_moments()
    axis = panel(plot(frame), f"m_{statistic[1]}")
    for (points, bars), name in zip(error_bars(axis), NONLINEARITIES, strict=True):
        rows = rows_of(frame, name, statistic)
        np.testing.assert_allclose(points[:, 0], rows["n"], rtol=0.1)  # marks of one width lie side by side
        np.testing.assert_allclose(points[:, 1], rows["empirical_mean"] / rows["theory"] - 1, rtol=1e-12)
        np.testing.assert_allclose(bars, 2 * rows["empirical_std"] / 4 / rows["theory"], rtol=1e-9)  # 16 networks


@pytest.mark.parametrize(
    ("statistic", "names"),
    [("lambda_min", NONLINEARITIES[1:]), ("lambda_max", NONLINEARITIES)],  # linear has the lower edge 0
)
def test_extreme_eigenvalues_are_shown_over_the_edge_with_one_standard_deviation_unless_the_edge_is_0(statistic, names):
    frame = pennington_moments()
    axis = panel(plot(frame), f"lambda_{{\\{statistic[-3:]}}}")
    for (points, bars), name in zip(error_bars(axis), names, strict=True):
        rows = rows_of(frame, name, statistic)
        np.testing.assert_allclose(points[:, 0], rows["n"], rtol=0.1)
        np.testing.assert_allclose(points[:, 1], rows["empirical_mean"] / rows["theory"], rtol=1e-12)
        np.testing.assert_allclose(bars, rows["empirical_std"] / rows["theory"], rtol=1e-9)


def test_bounds_that_are_not_the_edges_are_lines_and_one_of_0_points_downward():
    frame = pennington_moments()
    edge = (frame["nonlinearity"] == "f_opt") & (frame["statistic"] == "lambda_max")
    frame.loc[edge, "theory"] = 5.0  # its bound
    for axis, statistic in zip(plot(frame).axes[2:], ("lambda_min", "lambda_max"), strict=True):
        shown = frame[(frame["statistic"] == statistic) & (frame["theory"] > 0) & (frame["bound"] != frame["theory"])]
        rows = [row for _, row in shown.drop_duplicates("nonlinearity").iterrows() if row["bound"] > 0]
        lines = [line for line in curves(axis) if len(set(line.get_ydata())) == 1][1:]
        assert [line.get_ydata()[0] for line in lines] == pytest.approx([row["bound"] / row["theory"] for row in rows])
        assert [text.get_text() for text in axis.texts] == ["bound 0"]


def test_marks_of_different_nonlinearities_do_not_hide_each_other():
    for axis in plot(pennington_moments()).axes:
        places = [points[0, 0] for points, _ in error_bars(axis)]
        assert places == sorted(set(places))


def test_one_per_cent_is_gray_and_agreement_a_line():
    first, second, *edges = plot(pennington_moments()).axes
    for axis in (first, second):
        (band,) = axis.patches
        assert (band.get_y(), band.get_y() + band.get_height()) == (-0.01, 0.01)
    heights = [axis.get_lines()[0].get_ydata()[0] for axis in (first, second, *edges)]
    assert heights == [0.0, 0.0, 1.0, 1.0]


def test_axes_are_logarithmic_those_of_deviations_linear_around_0_and_all_are_named():
    axes = plot(pennington_moments()).axes
    assert [scales_of(axis) for axis in axes] == [("log", "symlog")] * 2 + [("log", "log")] * 2
    assert [(*labels_of(axis), axis.get_title()) for axis in axes] == [
        ("width $n$", "relative deviation", "$m_1$ over (27)"),
        ("width $n$", "", "$m_2$ over (27)"),
        ("width $n$", r"$\lambda_{\min} / z_1$", ""),
        ("width $n$", r"$\lambda_{\max} / z_6$", ""),
    ]
    widths = [[int(label.get_text()) for label in axis.get_xticklabels()] for axis in axes]
    assert widths == [list(axis.get_xticks()) for axis in axes]
    assert widths == [[16, 128, 1024], [16, 128, 1024], [16, 64], [32, 512]]
    for tick, label in zip(axes[0].get_yticks(), axes[0].get_yticklabels(), strict=True):
        assert float(label.get_text().removesuffix(" %")) == pytest.approx(100 * tick)
    assert letters_of(axes) == ["(a)", "(b)", "(c)", "(d)"]


def test_the_legend_names_every_nonlinearity():
    figure = plot(pennington_moments())
    names = ("linear", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", r"$f_{\mathrm{opt}}$")
    drawn = series_with_bars(figure.axes[0])
    assert legend_looks(figure) == dict(zip(names, map(look_of, drawn), strict=True))
    assert len(set(legend_looks(figure).values())) == len({series.lines[0].get_marker() for series in drawn}) == 4


def test_a_nonlinearity_has_one_colour_in_all_panels():
    colours = [[look_of(series)[0] for series in series_with_bars(axis)] for axis in plot(pennington_moments()).axes]
    assert colours == [colours[0], colours[0], colours[0][1:], colours[0]]


def test_a_nonlinearity_of_the_users_own_is_drawn_and_named():
    figure = plot(pennington_moments().replace({"nonlinearity": {"srelu_0": "swish"}}))
    assert "swish" in legend_looks(figure)
