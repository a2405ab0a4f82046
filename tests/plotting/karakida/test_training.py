"""The colour maps of Figures 2 and C.2 show losses, diverged cells in gray, predictions and measured borders."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import RATES, karakida_training
from matplotlib.colors import to_rgba
from plotted_data import (
    labels_of,
    legend_looks,
    look_of,
    maps_of,
    panels_without_colour_bars,
    scales_of,
    value_at,
)

from fisher_spectra.plotting.karakida.training import PREDICTIONS, plot
from fisher_spectra.plotting.learning_rate_map import DIVERGED

THRESHOLD = 1000.0


@pytest.fixture
def frame():
    return karakida_training()


@pytest.fixture
def panels(frame):
    """The axis, its colour map and its rows for every data set and activation."""
    axes = panels_without_colour_bars(plot(frame))
    places = [(dataset, activation) for activation in ("relu", "tanh") for dataset in ("digits", "gaussian")]
    return [
        (axis, mesh, frame[(frame["dataset"] == dataset) & (frame["activation"] == activation)])
        for axis, (dataset, activation) in zip(axes, places, strict=True)
        for mesh in maps_of(axis)
    ]


def test_every_cell_shows_the_loss_of_its_width_and_learning_rate(panels):
    assert len(panels) == 4
    for _, mesh, rows in panels:
        finite = rows[rows["loss"] <= THRESHOLD]
        assert 0 < len(finite) < len(rows)
        for cell in finite.itertuples():
            assert value_at(mesh, cell.M, cell.eta) == cell.loss


def test_cells_above_the_threshold_or_not_a_number_are_gray(panels):
    for axis, mesh, rows in panels:
        assert to_rgba(axis.get_facecolor()) == to_rgba(DIVERGED)  # what shows where no cell is drawn
        for cell in rows[~(rows["loss"] <= THRESHOLD)].itertuples():
            assert np.ma.is_masked(value_at(mesh, cell.M, cell.eta))


def test_the_colours_of_a_data_set_span_its_finite_losses(panels, frame):
    for _, mesh, rows in panels:
        part = frame[frame["dataset"] == rows["dataset"].iloc[0]]
        finite = part["loss"][part["loss"] <= THRESHOLD]
        assert (mesh.norm.vmin, mesh.norm.vmax) == (finite.min(), finite.max())


def test_the_four_predictions_are_lines_through_their_columns_told_apart_by_style_and_width(panels):
    for axis, _, rows in panels:
        columns = rows.drop_duplicates("M").sort_values("M")
        lines = [line for line in axis.get_lines() if line.get_marker() == "None"]
        widths = [line.get_linewidth() for line in lines]
        assert widths == sorted(set(widths), reverse=True)  # where they coincide, none hides the one below it
        assert lines[-1].get_linestyle() != lines[0].get_linestyle()
        for line, name in zip(lines, ("eta_c", "eta_c_overlap", "eta_c_finite_size", "eta_c_data"), strict=True):
            x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
            at_widths = np.exp(np.interp(np.log(columns["M"]), np.log(x), np.log(y)))
            np.testing.assert_allclose(at_widths, columns[name], rtol=1e-10)  # ~ 1/M is straight on these axes
            assert (x[0], x[-1]) == axis.get_xlim()


def test_the_measured_border_is_marked_at_every_width(panels):
    for axis, _, rows in panels:
        columns = rows.drop_duplicates("M").sort_values("M")
        (marks,) = [line for line in axis.get_lines() if line.get_marker() == "D"]
        np.testing.assert_array_equal(marks.get_xdata(), columns["M"])
        np.testing.assert_array_equal(marks.get_ydata(), columns["border"])


def test_each_panel_says_by_what_factor_each_line_misses_and_shows_the_best_in_bold(panels):
    for axis, _, _ in panels:
        texts = {text.get_text(): text.get_fontweight() for text in axis.texts}
        assert texts == {
            "paper: x 2.00": "normal",
            "mean overlap: x 1.25": "normal",
            "finite size: x 2.00": "normal",
            "overlap matrix: x 1.10": "bold",
        }


def test_the_legend_names_every_line_the_border_and_gray(panels, frame):
    looks = legend_looks(plot(frame))
    axis = panels[0][0]
    assert looks.pop("diverged") == look_of(axis.patch)
    assert list(looks) == [
        r"$\eta_c$ of the paper",
        r"$\eta_c$, data's mean overlap",
        r"$\eta_c$ at finite size",
        r"$\eta_c$, data's overlap matrix",
        "measured border",
    ]
    assert list(looks.values()) == [look_of(line) for line in axis.get_lines()]
    assert len(set(looks.values())) == len(PREDICTIONS) + 1


def test_titles_name_the_data_and_labels_activation_learning_rate_width_and_loss(frame):
    figure = plot(frame)
    axes = panels_without_colour_bars(figure)
    assert [axis.get_title() for axis in axes[:2]] == ["handwritten digits (8 x 8)", "Gaussian inputs, teacher network"]
    assert [labels_of(axis) for axis in axes] == [
        ("", "ReLU\nlearning rate $\\eta$"),
        ("", ""),
        ("width $M$", "tanh\nlearning rate $\\eta$"),
        ("width $M$", ""),
    ]
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert [label.get_text() for label in axes[2].get_xticklabels()] == ["16", "64", "256"]
    bars = [axis for axis in figure.axes if axis not in axes]
    assert [axis.get_ylabel() for axis in bars] == ["training loss", "training loss"]


def test_a_data_set_of_the_users_own_is_titled_by_its_name(frame):
    figure = plot(frame.replace({"dataset": {"digits": "my_images"}}))
    assert "my_images" in [axis.get_title() for axis in figure.axes]


def test_a_map_in_which_everything_diverged_is_all_gray(frame):
    figure = plot(frame.assign(loss=np.inf, border=np.nan))
    meshes = [mesh for axis in panels_without_colour_bars(figure) for mesh in maps_of(axis)]
    assert len(meshes) == 4
    assert all(mesh.get_array().mask.all() for mesh in meshes)


def test_a_loss_of_zero_leaves_the_logarithmic_colours_to_the_others(frame):
    lowest = frame.index[frame["loss"] == frame["loss"].min()]
    norms = {mesh.norm.vmin for axis in panels_without_colour_bars(plot(frame)) for mesh in maps_of(axis)}
    frame.loc[lowest, "loss"] = 0.0
    now = {mesh.norm.vmin for axis in panels_without_colour_bars(plot(frame)) for mesh in maps_of(axis)}
    assert min(now) > min(norms) > 0


def test_a_map_of_a_single_width_is_one_column(frame):
    figure = plot(frame[frame["M"] == 64])
    (mesh,) = maps_of(figure.axes[0])
    assert mesh.get_array().size == len(RATES)
