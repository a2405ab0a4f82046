"""The colour maps of Figures 2 and C.2 show losses, diverged cells in gray, predictions and measured borders."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba
from plotted_data import legend_texts

from fisher_spectra.plotting.style import DIVERGED, use_style
from fisher_spectra.plotting.training import COLUMNS, LINES, log_edges, plot_training

WIDTHS = (16, 64, 256)
RATES = tuple(np.geomspace(0.01, 1.0, 5))
DATASETS = ("gaussian", "digits")
ACTIVATIONS = ("tanh", "relu")
THRESHOLD = 1000.0


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


@pytest.fixture
def frame():
    """Losses that rise with eta M; above a border the last cells are huge, infinite or not a number."""
    rows = []
    for dataset in DATASETS:
        for activation in ACTIVATIONS:
            for width in WIDTHS:
                border = 8.0 / width
                for index, eta in enumerate(RATES):
                    diverged = (np.nan, np.inf, 1e6, 1000.1)[index % 4]
                    rows.append(
                        {"dataset": dataset, "activation": activation, "M": width, "eta": eta, "n_trials": 5}
                        | {"loss": diverged if eta > border else 0.1 + eta * width, "diverged_fraction": eta > border}
                        | {"eta_c": 16.0 / width, "eta_c_overlap": 10.0 / width, "eta_c_data": 8.8 / width}
                        | {"divergence_loss": THRESHOLD, "border": border}
                    )
    return pd.DataFrame(rows).sample(frac=1, random_state=0).sort_values(["dataset", "activation"], kind="stable")


@pytest.fixture
def panels(frame):
    """The axis, its colour map and its rows for every data set and activation."""
    figure = plot_training(frame)
    axes = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    datasets, activations = list(frame["dataset"].unique()), list(frame["activation"].unique())
    assert len(axes) == len(datasets) * len(activations)
    places = [(dataset, activation) for activation in activations for dataset in datasets]
    return [
        (axis, mesh, frame[(frame["dataset"] == dataset) & (frame["activation"] == activation)])
        for axis, (dataset, activation) in zip(axes, places, strict=True)
        for mesh in axis.collections
        if isinstance(mesh, QuadMesh)
    ]


def value_at(mesh, width, eta):
    """The value of the cell of a colour map that holds a point; masked where the cell is not drawn."""
    corners = np.asarray(mesh.get_coordinates())
    column = np.searchsorted(corners[0, :, 0], width) - 1
    row = np.searchsorted(corners[:, 0, 1], eta) - 1
    return mesh.get_array().reshape(corners.shape[0] - 1, corners.shape[1] - 1)[row, column]


def test_the_table_has_the_columns_that_the_figure_asks_for(frame):
    assert set(frame.columns) == set(COLUMNS)


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


def test_gray_is_no_colour_of_the_map(panels):
    colours = panels[0][1].get_cmap()(np.linspace(0, 1, 256))
    assert np.min(np.abs(colours - to_rgba(DIVERGED)).max(axis=1)) > 0.1


def test_the_colours_of_a_data_set_span_its_finite_losses(panels, frame):
    for _, mesh, rows in panels:
        part = frame[frame["dataset"] == rows["dataset"].iloc[0]]
        finite = part["loss"][part["loss"] <= THRESHOLD]
        assert (mesh.norm.vmin, mesh.norm.vmax) == (finite.min(), finite.max())


def test_the_three_predictions_are_lines_through_their_columns_told_apart_by_style_and_width(panels):
    for axis, _, rows in panels:
        columns = rows.drop_duplicates("M").sort_values("M")
        lines = [line for line in axis.get_lines() if line.get_marker() == "None"]
        widths = [line.get_linewidth() for line in lines]
        assert widths == sorted(set(widths), reverse=True)  # where they coincide, none hides the one below it
        assert lines[-1].get_linestyle() != lines[0].get_linestyle()
        for line, name in zip(lines, LINES, strict=True):
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
            "overlap matrix: x 1.10": "bold",
        }


def test_titles_name_the_data_and_the_legend_every_kind_of_mark(frame):
    figure = plot_training(frame)
    titles = " ".join(axis.get_title() for axis in figure.axes)
    assert "Gaussian inputs" in titles
    assert "digits" in titles
    assert legend_texts(figure) == [label for label, _ in LINES.values()] + ["measured border", "diverged"]


def test_a_data_set_of_the_users_own_is_titled_by_its_name(frame):
    figure = plot_training(frame.replace({"dataset": {"digits": "my_images"}}))
    assert "my_images" in [axis.get_title() for axis in figure.axes]


def test_the_title_of_images_that_are_not_the_published_ones_says_so(frame):
    figure = plot_training(frame.replace({"dataset": {"digits": "cifar10, jpeg mirror"}}))
    assert "CIFAR-10, jpeg mirror" in [axis.get_title() for axis in figure.axes]


def test_a_map_in_which_everything_diverged_is_all_gray(frame):
    figure = plot_training(frame.assign(loss=np.inf, border=np.nan))
    meshes = [mesh for axis in figure.axes[:4] for mesh in axis.collections if isinstance(mesh, QuadMesh)]
    assert len(meshes) == 4
    assert all(mesh.get_array().mask.all() for mesh in meshes)


def test_a_map_of_a_single_width_is_one_column(frame):
    figure = plot_training(frame[frame["M"] == 64])
    mesh = next(mesh for mesh in figure.axes[0].collections if isinstance(mesh, QuadMesh))
    assert mesh.get_array().size == len(RATES)


def test_edges_lie_halfway_between_centres_on_a_logarithmic_axis():
    np.testing.assert_allclose(log_edges(np.array([1.0, 100.0, 1000.0])), [0.1, 10, 10**2.5, 10**3.5], rtol=1e-12)
    np.testing.assert_allclose(log_edges(np.array([5.0])), [5 * np.exp(-0.5), 5 * np.exp(0.5)], rtol=1e-12)
