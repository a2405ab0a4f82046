"""The figure of many outputs shows the sampled statistics between their bounds."""

from __future__ import annotations

import numpy as np
from figure_tables import STATISTICS, karakida_many_outputs
from plotted_data import curves, labels_of, legend_looks, letters_of, points_of, scales_of

from fisher_spectra.plotting.karakida.many_outputs import plot

ACTIVATIONS = ("tanh", "relu")
MISPRINTED = ("mean", "second_moment")


def panels(figure):
    """The axes with activation and statistic, row by row."""
    places = [(activation, statistic) for activation in ACTIVATIONS for statistic in STATISTICS]
    return zip(figure.axes, places, strict=True)


def rows_of(frame, activation, statistic):
    return frame[(frame["activation"] == activation) & (frame["statistic"] == statistic)].sort_values("M")


def test_statistics_are_shown_between_their_bounds_and_the_printed_ones_where_these_differ():
    frame = karakida_many_outputs()
    for axis, (activation, statistic) in panels(plot(frame)):
        rows = rows_of(frame, activation, statistic)
        columns = ["lower_bound", "upper_bound"]
        columns += ["lower_bound_printed", "upper_bound_printed"] if statistic in MISPRINTED else []
        lines = curves(axis)
        for line, column in zip(lines, [*columns, "empirical_mean"], strict=True):
            np.testing.assert_array_equal(points_of(line), rows[["M", column]].to_numpy())
        styles = [line.get_linestyle() for line in lines]
        assert styles == ["-", "--", *([":", ":"] if statistic in MISPRINTED else []), "None"]
        assert lines[0].get_color() == lines[1].get_color() == lines[-1].get_color()


def test_each_panel_has_the_band_of_one_activation_from_one_bound_to_the_other():
    frame = karakida_many_outputs()
    for axis, (activation, statistic) in panels(plot(frame)):
        (band,) = axis.collections
        rows = rows_of(frame, activation, statistic)
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
        bounds = rows[["M", "lower_bound"]].to_numpy().tolist() + rows[["M", "upper_bound"]].to_numpy().tolist()
        assert corners == {tuple(point) for point in bounds}


def test_axes_are_logarithmic_and_named_after_the_statistics_and_rows_after_the_activations():
    axes = plot(karakida_many_outputs()).axes
    heights = (r"mean $m_\lambda$", r"second moment $s_\lambda$", r"maximum $\lambda_{\max}$")
    assert [labels_of(axis) for axis in axes[3:]] == [("width $M$", height) for height in heights]
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert [label.get_text() for label in axes[3].get_xticklabels()] == ["20", "40", "80"]
    assert letters_of(axes) == [f"({letter})" for letter in "abcdef"]
    assert [axis.texts[0].get_text() for axis in axes[2::3]] == ["tanh", "ReLU"]


def test_the_legend_tells_the_bounds_by_their_style():
    looks = legend_looks(plot(karakida_many_outputs()))
    assert {name: style for name, (_, style) in looks.items()} == {
        "networks": "o",
        "lower bound": "-",
        "upper bound": "--",
        "(17) as printed": ":",
    }


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
