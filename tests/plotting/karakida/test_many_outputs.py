"""The figure of many outputs shows the sampled statistics between their bounds."""

from __future__ import annotations

import numpy as np
from figure_tables import STATISTICS, karakida_many_outputs
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, points_of, scales_of

from fisher_spectra.plotting.karakida.many_outputs import plot

ACTIVATIONS = ("tanh", "relu")


def rows_of(frame, activation, statistic):
    return frame[(frame["activation"] == activation) & (frame["statistic"] == statistic)].sort_values("M")


def test_statistics_are_shown_between_their_lower_and_upper_bound():
    frame = karakida_many_outputs()
    for axis, statistic in zip(plot(frame).axes, STATISTICS, strict=True):
        lines = iter(curves(axis))
        for activation in ACTIVATIONS:
            rows = rows_of(frame, activation, statistic)
            lower, upper, sampled = next(lines), next(lines), next(lines)
            for line, column in ((lower, "lower_bound"), (upper, "upper_bound"), (sampled, "empirical_mean")):
                np.testing.assert_array_equal(points_of(line), rows[["M", column]].to_numpy())
            assert (lower.get_linestyle(), upper.get_linestyle(), sampled.get_linestyle()) == ("-", "--", "None")
            assert lower.get_color() == upper.get_color() == sampled.get_color()
        assert next(lines, None) is None


def test_the_band_of_an_activation_reaches_from_one_bound_to_the_other():
    frame = karakida_many_outputs()
    for axis, statistic in zip(plot(frame).axes, STATISTICS, strict=True):
        for band, activation in zip(axis.collections, ACTIVATIONS, strict=True):
            rows = rows_of(frame, activation, statistic)
            corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
            bounds = rows[["M", "lower_bound"]].to_numpy().tolist() + rows[["M", "upper_bound"]].to_numpy().tolist()
            assert corners == {tuple(point) for point in bounds}


def test_axes_are_logarithmic_and_named_after_the_statistics():
    axes = plot(karakida_many_outputs()).axes
    heights = (r"mean $m_\lambda$", r"second moment $s_\lambda$", r"maximum $\lambda_{\max}$")
    assert [labels_of(axis) for axis in axes] == [("width $M$", height) for height in heights]
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["20", "40", "80"]
    assert letters_of(axes) == ["(a)", "(b)", "(c)"]


def test_the_legend_tells_activations_by_colour_and_bounds_by_style():
    figure = plot(karakida_many_outputs())
    looks = legend_looks(figure)
    lower, upper, tanh, *_, relu = curves(figure.axes[0])
    assert (looks.pop("tanh, networks"), looks.pop("ReLU, networks")) == (look_of(tanh), look_of(relu))
    styles = {name: style for name, (_, style) in looks.items()}
    assert styles == {"lower bound": look_of(lower)[1], "upper bound": look_of(upper)[1]}


def test_an_axis_that_no_power_of_ten_lies_on_has_labels_all_the_same():
    frame = karakida_many_outputs()
    means = frame["statistic"] == "mean"
    for column, factor in (("lower_bound", 0.4), ("empirical_mean", 0.5), ("upper_bound", 0.66)):
        frame.loc[means, column] = factor
        frame.loc[~means, column] = 100 * factor * frame.loc[~means, "M"]
    figure = plot(frame)
    figure.canvas.draw()
    for axis in figure.axes:
        low, high = axis.get_ylim()
        ticks = axis.yaxis.get_major_ticks() + axis.yaxis.get_minor_ticks()
        assert any(tick.label1.get_text() for tick in ticks if low <= tick.get_loc() <= high)
