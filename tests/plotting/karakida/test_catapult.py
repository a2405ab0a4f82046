"""The figure of the catapult shows the borders of its table and what runs of the largest width go through."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import ACTIVATIONS, karakida_catapult
from plotted_data import curves, labels_of, legend_looks, letters_of, points_of, scales_of, series_with_bars

from fisher_spectra.plotting.karakida.catapult import plot

MOMENTA = (0.9, 0.0)


@pytest.fixture
def frame():
    return karakida_catapult()


def panel(frame, row, column):
    return plot(frame).axes[2 * row + column]


@pytest.mark.parametrize("column", range(2))
def test_the_first_row_has_both_borders_against_the_width_with_the_uncertainty_of_the_grid(frame, column):
    axis = panel(frame, 0, column)
    columns = frame[frame["momentum"] == MOMENTA[column]].drop_duplicates(["activation", "M"])
    open_lines = [line for line in curves(axis) if line.get_marker() != "None"]
    for activation, container, line in zip(ACTIVATIONS, series_with_bars(axis), open_lines, strict=True):
        own = columns[columns["activation"] == activation].sort_values("M")
        data, _, (bars,) = container.lines
        np.testing.assert_array_equal(points_of(data), own[["M", "border"]].to_numpy())
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        factor = np.exp(own["border_half_width"].to_numpy())
        np.testing.assert_allclose(ends, np.column_stack([own["border"] / factor, own["border"] * factor]))
        np.testing.assert_array_equal(points_of(line), own[["M", "border_over_theorem_7"]].to_numpy())
        assert line.get_markerfacecolor() == "white"


@pytest.mark.parametrize("column", range(2))
@pytest.mark.parametrize(("row", "end", "peak"), [(1, "end_ratio", "peak_ratio"), (2, "loss_late", "peak_loss")])
def test_ratios_and_losses_of_the_largest_width_are_drawn_at_their_peak_and_at_the_end(frame, column, row, end, peak):
    axis = panel(frame, row, column)
    rows = frame[(frame["momentum"] == MOMENTA[column]) & (frame["M"] == 256)]
    lines = [line for line in axis.get_lines() if line.get_marker() != "None"]
    for place, activation in enumerate(ACTIVATIONS):
        own = rows[rows["activation"] == activation].sort_values("factor")
        unit = own["start_loss"] if row == 2 else 1.0
        for line, values in zip(lines[2 * place : 2 * place + 2], (own[end], own[peak]), strict=True):
            np.testing.assert_array_equal(points_of(line), np.column_stack([own["factor"], values / unit]))


@pytest.mark.parametrize("column", range(2))
def test_the_last_row_has_dead_units_and_every_lower_row_the_border_of_the_largest_width(frame, column):
    rows = frame[(frame["momentum"] == MOMENTA[column]) & (frame["M"] == 256)]
    borders = {rows[rows["activation"] == activation]["border"].iloc[0] for activation in ACTIVATIONS}
    for row in (1, 2, 3):
        upright = [line for line in panel(frame, row, column).get_lines() if len(set(line.get_xdata())) == 1]
        assert {line.get_xdata()[0] for line in upright} == borders
    lines = [line for line in panel(frame, 3, column).get_lines() if line.get_marker() != "None"]
    for line, activation in zip(lines, ACTIVATIONS, strict=True):
        own = rows[rows["activation"] == activation].sort_values("factor")
        np.testing.assert_array_equal(points_of(line), own[["factor", "dead"]].to_numpy())


def test_a_border_outside_of_the_grid_has_no_bar(frame):
    outside = frame["M"] == 16
    axis = panel(frame.assign(border_half_width=frame["border_half_width"].where(~outside, np.inf)), 0, 0)
    for container in series_with_bars(axis):
        (bars,) = container.lines[2]
        lengths = [segment[1, 1] - segment[0, 1] for segment in bars.get_segments()]
        assert lengths[0] == 0 < min(lengths[1:])


def test_axes_titles_legend_and_letters(frame):
    figure = plot(frame)
    axes = figure.axes
    assert [scales_of(axis) for axis in axes] == [("log", "log")] * 6 + [("log", "linear")] * 2
    assert [axis.get_title() for axis in axes[:2]] == ["momentum 0.9", "momentum 0"]
    assert labels_of(axes[0])[0] == labels_of(axes[1])[0] == "width $M$"
    assert letters_of(axes) == [f"({letter})" for letter in "abcdefgh"]
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["16", "64", "256"]
    assert list(legend_looks(figure)) == [
        "tanh",
        "ReLU",
        "linear",
        "own border; end of training",
        "border over Theorem 7; peak",
    ]
