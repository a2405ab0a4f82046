"""The figure of the softmax shows outliers, the largest against the width, and growth around the critical rate."""

from __future__ import annotations

import numpy as np
from figure_tables import karakida_softmax
from plotted_data import curves, labels_of, legend_texts, letters_of, points_of, scales_of, series_with_bars

from fisher_spectra.plotting.karakida.softmax import plot


def _outliers(frame, **wanted):
    rows = frame[frame["quantity"] == "outlier"]
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    return rows


def test_outliers_are_those_of_the_widest_networks_with_the_most_outputs_in_order():
    frame = karakida_softmax()
    axis = plot(frame).axes[0]
    lines = [line for line in curves(axis) if line.get_linestyle() == "--"]
    for position, activation in enumerate(("relu", "tanh")):
        own = _outliers(frame, activation=activation, C=4, M=80).sort_values("place")
        np.testing.assert_array_equal(points_of(lines[position]), own[["place", "theory"]].to_numpy())
        np.testing.assert_array_equal(series_with_bars(axis)[position].lines[0].get_ydata(), own["empirical_mean"])
        lengths = [(one[1] - one[0])[1] / 2 for one in series_with_bars(axis)[position].lines[2][0].get_segments()]
        np.testing.assert_allclose(lengths, 2 * own["empirical_std"] / np.sqrt(5))


def test_the_largest_stands_against_the_width_beside_linear_outputs():
    frame = karakida_softmax()
    axis = plot(frame).axes[1]
    drawn = {tuple(points_of(line)[:, 1]) for line in curves(axis)}
    for activation in ("relu", "tanh"):
        for outputs in (2, 4):
            own = _outliers(frame, activation=activation, C=outputs, place=1).sort_values("M")
            assert tuple(own["theory"]) in drawn
        linear = _outliers(frame, activation=activation, place=1).drop_duplicates("M").sort_values("M")
        assert tuple(linear["linear_outputs"]) in drawn
    assert len(series_with_bars(axis)) == 4


def test_growth_has_the_curve_of_each_momentum_and_the_networks_of_each_activation():
    frame = karakida_softmax()
    axis = plot(frame).axes[2]
    drawn = {tuple(points_of(line)[:, 1]) for line in curves(axis)}
    curve, growth = (frame[frame["quantity"] == name] for name in ("growth_curve", "growth"))
    for momentum in (0.0, 0.9):
        assert tuple(curve[curve["momentum"] == momentum].sort_values("place")["theory"]) in drawn
    found = sorted(y for series in series_with_bars(axis) for y in series.lines[0].get_ydata())
    np.testing.assert_allclose(found, sorted(growth["empirical_mean"]))
    assert sum(set(line.get_xdata()) == {1.0} for line in axis.get_lines()) == 1
    assert sum(set(line.get_ydata()) == {1.0} for line in axis.get_lines()) == 1


def test_axes_letters_and_legend():
    figure = plot(karakida_softmax())
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)"]
    assert [labels_of(axis) for axis in figure.axes] == [
        ("number $j$", r"outlier $\lambda_j$, $C = 4$"),
        ("width $M$", r"$\lambda_1$"),
        (r"$\eta\, \lambda_1\, /\, 2 (1 + \mu)$", "growth in a step"),
    ]
    assert [scales_of(axis) for axis in figure.axes] == [("linear", "log"), ("log", "log"), ("linear", "linear")]
    assert legend_texts(figure) == [
        "ReLU",
        "tanh",
        "$C = 2$",
        "$C = 4$",
        "(b): linear outputs, Theorem 4",
        r"(c): $\mu = 0$",
        r"(c): $\mu = 0.9$",
    ]
