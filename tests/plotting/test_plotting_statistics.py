"""Figures 1 and C.1 show the theory and the samples of their table."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plotted_data import curves, error_bars, legend_texts, points_of

from fisher_spectra.plotting.statistics import COLUMNS, STATISTICS, plot_statistics
from fisher_spectra.plotting.style import use_style

ACTIVATIONS = ("tanh", "relu", "linear")


def table(against, values=(300, 30, 3000)):
    """A table with values of no meaning, all different, in no order."""
    rng = np.random.default_rng(0)
    rows = []
    for activation in ACTIVATIONS:
        for statistic in STATISTICS:
            for value in values:
                theory = np.exp(rng.normal())
                rows.append(
                    {"activation": activation, "M": 100, "T": 100, "L": 3, "C": 1, "statistic": statistic}
                    | {"theory": theory, "empirical_mean": theory * rng.uniform(0.9, 1.5)}
                    | {"empirical_std": rng.uniform(0.01, 0.1), "n_seeds": 100, against: value}
                )
    return pd.DataFrame(rows)[list(COLUMNS)]


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


@pytest.fixture(params=["M", "T"])
def against(request):
    return request.param


def rows_of(frame, statistic, activation, against):
    part = frame[(frame["statistic"] == statistic) & (frame["activation"] == activation)]
    return part.sort_values(against)


def test_lines_are_the_theory_in_rising_order_one_for_each_activation(against):
    frame = table(against)
    figure = plot_statistics(frame)
    for axis, statistic in zip(figure.axes, STATISTICS, strict=False):
        drawn = [points_of(line) for line in curves(axis)]
        assert len(drawn) == len(ACTIVATIONS)
        for points, activation in zip(drawn, ACTIVATIONS, strict=True):
            rows = rows_of(frame, statistic, activation, against)
            np.testing.assert_array_equal(points, rows[[against, "theory"]].to_numpy())


def test_points_are_means_and_bars_standard_deviations_of_the_samples(against):
    frame = table(against)
    figure = plot_statistics(frame)
    for axis, statistic in zip(figure.axes, STATISTICS, strict=False):
        for (points, bars), activation in zip(error_bars(axis), ACTIVATIONS, strict=True):
            rows = rows_of(frame, statistic, activation, against)
            np.testing.assert_array_equal(points, rows[[against, "empirical_mean"]].to_numpy())
            np.testing.assert_allclose(bars, rows["empirical_std"], rtol=1e-12)


def test_axes_are_logarithmic_and_named_after_what_varies(against):
    figure = plot_statistics(table(against))
    name = {"M": "width", "T": "samples"}[against]
    for axis, label in zip(figure.axes, STATISTICS.values(), strict=False):
        assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
        assert name in axis.get_xlabel()
        assert axis.get_ylabel() == label


def test_the_three_statistics_have_a_panel_each():
    assert [axis.get_ylabel() for axis in plot_statistics(table("T")).axes] == list(STATISTICS.values())


def test_lines_and_points_of_an_activation_share_a_colour_and_activations_differ_in_it(against):
    axis = plot_statistics(table(against)).axes[0]
    lines = [line.get_color() for line in curves(axis)]
    marks = [container.lines[0].get_color() for container in axis.containers]
    shapes = [container.lines[0].get_marker() for container in axis.containers]
    assert lines == marks
    assert len(set(lines)) == len(set(shapes)) == len(ACTIVATIONS)


def test_the_legend_names_theory_and_networks_of_each_activation_once(against):
    names = legend_texts(plot_statistics(table(against)))
    assert sorted(names) == sorted(
        f"{a}, {what}" for a in ("tanh", "ReLU", "linear") for what in ("theory", "networks")
    )


def test_excess_of_the_second_moment_is_shown_with_two_standard_errors_and_falls_as_one_over_the_width():
    frame = table("M", values=(10, 100, 1000))
    second = frame["statistic"] == "second_moment"
    frame.loc[second, "empirical_mean"] = frame["theory"][second] * (1 + 3.0 / frame["M"][second])
    axis = plot_statistics(frame).axes[3]
    for (points, bars), activation in zip(error_bars(axis), ACTIVATIONS, strict=True):
        rows = rows_of(frame, "second_moment", activation, "M")
        np.testing.assert_allclose(points, np.column_stack([rows["M"], 3.0 / rows["M"]]), rtol=1e-12)
        np.testing.assert_allclose(bars, 2 * rows["empirical_std"] / 10 / rows["theory"], rtol=1e-10)
    (guide,) = curves(axis)
    np.testing.assert_allclose(points_of(guide), [[10, 0.3], [1000, 0.003]], rtol=1e-12)


def test_an_activation_of_the_users_own_has_a_line_a_mark_and_a_name_too():
    frame = table("M").replace({"activation": {"relu": "swish"}})
    figure = plot_statistics(frame)
    assert len(curves(figure.axes[0])) == 3
    assert {"swish, theory", "swish, networks"} <= set(legend_texts(figure))


def test_the_figure_does_not_depend_on_the_order_of_the_rows(against):
    frame = table(against)
    shuffled = pd.concat([frame[frame["activation"] == a].sample(frac=1, random_state=1) for a in ACTIVATIONS])
    for one, other in zip(plot_statistics(frame).axes, plot_statistics(shuffled).axes, strict=True):
        for line, same in zip(one.get_lines(), other.get_lines(), strict=True):
            np.testing.assert_array_equal(sorted(points_of(line)[:, 1]), sorted(points_of(same)[:, 1]))
            assert line.get_linestyle() == "None" or list(line.get_xdata()) == list(same.get_xdata())
