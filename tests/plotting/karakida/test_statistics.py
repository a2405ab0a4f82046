"""Figures 1 and C.1 show the theory and the samples of their table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_tables import ACTIVATIONS, STATISTICS, karakida_statistics
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

from fisher_spectra.plotting.karakida.statistics import plot

NAMES = ("tanh", "ReLU", "linear")


@pytest.fixture(params=["M", "T"])
def against(request):
    return request.param


def rows_of(frame, statistic, activation, against):
    part = frame[(frame["statistic"] == statistic) & (frame["activation"] == activation)]
    return part.sort_values(against)


def test_lines_are_the_theory_in_rising_order_one_for_each_activation(against):
    frame = karakida_statistics(against)
    for axis, statistic in zip(plot(frame).axes, STATISTICS, strict=False):
        for line, activation in zip(curves(axis), ACTIVATIONS, strict=True):
            rows = rows_of(frame, statistic, activation, against)
            np.testing.assert_array_equal(points_of(line), rows[[against, "theory"]].to_numpy())


def test_points_are_means_and_bars_standard_deviations_of_the_samples(against):
    frame = karakida_statistics(against)
    for axis, statistic in zip(plot(frame).axes, STATISTICS, strict=False):
        for (points, bars), activation in zip(error_bars(axis), ACTIVATIONS, strict=True):
            rows = rows_of(frame, statistic, activation, against)
            np.testing.assert_array_equal(points, rows[[against, "empirical_mean"]].to_numpy())
            np.testing.assert_allclose(bars, rows["empirical_std"], rtol=1e-12)


@pytest.mark.parametrize(("against", "across", "number"), [("M", "width $M$", 4), ("T", "number of samples $T$", 3)])
def test_axes_are_logarithmic_and_named_after_what_varies(against, across, number):
    axes = plot(karakida_statistics(against)).axes
    heights = (
        r"mean $m_\lambda$",
        r"second moment $s_\lambda$",
        r"maximum $\lambda_{\max}$",
        r"excess of $s_\lambda$ over theory",
    )
    assert [labels_of(axis) for axis in axes] == [(across, height) for height in heights[:number]]
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert letters_of(axes) == ["(a)", "(b)", "(c)", "(d)"][:number]


def test_lines_and_points_of_an_activation_share_a_colour_and_activations_differ_in_colour_and_mark(against):
    axis = plot(karakida_statistics(against)).axes[0]
    lines = [line.get_color() for line in curves(axis)]
    marks = [container.lines[0].get_color() for container in series_with_bars(axis)]
    shapes = [container.lines[0].get_marker() for container in series_with_bars(axis)]
    assert lines == marks
    assert len(set(lines)) == len(set(shapes)) == len(ACTIVATIONS)


def test_the_legend_names_theory_and_networks_of_each_activation_side_by_side(against):
    figure = plot(karakida_statistics(against))
    axis = figure.axes[0]
    looks = legend_looks(figure)
    for line, series, name in zip(curves(axis), series_with_bars(axis), NAMES, strict=True):
        assert looks.pop(f"{name}, theory") == look_of(line)
        assert looks.pop(f"{name}, networks") == look_of(series)
    assert looks == {}


def test_excess_of_the_second_moment_is_shown_with_two_standard_errors_and_falls_as_one_over_the_width():
    frame = karakida_statistics("M", values=(10, 100, 1000))
    second = frame["statistic"] == "second_moment"
    frame.loc[second, "empirical_mean"] = frame["theory"][second] * (1 + 3.0 / frame["M"][second])
    axis = plot(frame).axes[3]
    for (points, bars), activation in zip(error_bars(axis), ACTIVATIONS, strict=True):
        rows = rows_of(frame, "second_moment", activation, "M")
        np.testing.assert_allclose(points, np.column_stack([rows["M"], 3.0 / rows["M"]]), rtol=1e-12)
        np.testing.assert_allclose(bars, 2 * rows["empirical_std"] / 10 / rows["theory"], rtol=1e-10)
    (guide,) = curves(axis)
    np.testing.assert_allclose(points_of(guide), [[10, 0.3], [1000, 0.003]], rtol=1e-12)
    assert legend_looks(axis) == {r"$\propto 1/M$": look_of(guide)}


def test_a_sampled_moment_below_the_theory_has_no_place_on_the_logarithmic_axis_of_the_excess():
    frame = karakida_statistics("M")
    below = (frame["statistic"] == "second_moment") & (frame["M"] == 300)
    frame.loc[below, "empirical_mean"] = 0.9 * frame["theory"][below]
    for points, _ in error_bars(plot(frame).axes[3]):
        assert set(points[:, 0]) == {30, 3000}


def test_an_activation_of_the_users_own_has_a_line_a_mark_and_a_name_too():
    frame = karakida_statistics().replace({"activation": {"relu": "swish"}})
    figure = plot(frame)
    assert len(curves(figure.axes[0])) == 3
    assert {"swish, theory", "swish, networks"} <= set(legend_looks(figure))


def test_the_figure_does_not_depend_on_the_order_of_the_rows(against):
    frame = karakida_statistics(against)
    shuffled = pd.concat([frame[frame["activation"] == a].sample(frac=1, random_state=1) for a in ACTIVATIONS])
    for one, other in zip(plot(frame).axes, plot(shuffled).axes, strict=True):
        for line, same in zip(one.get_lines(), other.get_lines(), strict=True):
            np.testing.assert_array_equal(sorted(points_of(line)[:, 1]), sorted(points_of(same)[:, 1]))
            assert line.get_linestyle() == "None" or list(line.get_xdata()) == list(same.get_xdata())
