"""Figure 4 shows accuracy and loss over depth and learning rate, with predicted and measured borders."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_fig4
from matplotlib.colors import to_rgba
from plotted_data import (
    labels_of,
    legend_looks,
    look_of,
    maps_of,
    panels_without_colour_bars,
    points_of,
    scales_of,
    value_at,
)

from fisher_spectra.plotting.hayase_karakida.fig4 import plot
from fisher_spectra.plotting.learning_rate_map import DIVERGED

QUANTITIES = ("train_accuracy", "test_accuracy"), ("train_loss", "test_loss")


@pytest.fixture
def maps():
    """(axis, heat map, quantity, rows) of every panel."""
    frame = hayase_fig4()
    places = [(dataset, quantity) for line in QUANTITIES for dataset in frame["dataset"].unique() for quantity in line]
    return [
        (axis, *maps_of(axis), quantity, frame[frame["dataset"] == dataset])
        for axis, (dataset, quantity) in zip(panels_without_colour_bars(plot(frame)), places, strict=True)
    ]


def test_every_cell_shows_its_value_or_is_gray_if_it_diverged(maps):
    for axis, mesh, quantity, rows in maps:
        assert to_rgba(axis.get_facecolor()) == to_rgba(DIVERGED)
        assert mesh.get_array().size == len(rows)
        for _, row in rows.iterrows():
            shown = value_at(mesh, row["L"], row["eta"])
            if row["diverged_fraction"] > 0.5:
                assert np.ma.is_masked(shown)
            else:
                assert shown == row[quantity]


def test_a_cell_of_which_half_the_trials_diverged_is_shown_unless_its_mean_is_infinite():
    frame = hayase_fig4().assign(diverged_fraction=0.5)
    axis = panels_without_colour_bars(plot(frame))[0]
    rows = frame[frame["dataset"] == frame["dataset"].iloc[0]]
    assert not np.ma.is_masked(maps_of(axis)[0].get_array())
    below = panels_without_colour_bars(plot(frame))[4]
    assert np.ma.count_masked(maps_of(below)[0].get_array()) == np.isinf(rows["train_loss"]).sum() > 0


def test_accuracies_share_the_colours_from_0_to_1_and_losses_those_up_to_the_limit(maps):
    frame = hayase_fig4()
    losses = frame[["train_loss", "test_loss"]].to_numpy()
    for _, mesh, quantity, _ in maps:
        limits = (0.0, 1.0) if "accuracy" in quantity else (losses.min(), 1.0)
        assert (mesh.norm.vmin, mesh.norm.vmax) == limits
    bars = [axis for axis in maps[0][0].figure.axes if axis.get_label() == "<colorbar>"]
    assert [axis.get_ylabel() for axis in bars] == ["accuracy", "loss"]
    assert [label.get_text() for label in bars[1].get_yticklabels()] == ["0.3", "0.5", "0.7", "1"]


@pytest.mark.parametrize(
    ("least", "ticks"),
    [(0.01, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]), (0.55, ["0.6", "0.7", "0.8", "0.9", "1"]), (0.25, 4)],
)
def test_the_bar_of_losses_has_four_ticks_at_least_whatever_their_range(least, ticks):
    frame = hayase_fig4()
    frame["train_loss"] = frame["test_loss"] = np.where(np.arange(len(frame)) % 2, least, 0.99)
    (bar,) = [axis for axis in plot(frame).axes if axis.get_ylabel() == "loss"]
    found = [label.get_text() for label in bar.get_yticklabels()]
    assert len(found) == ticks if isinstance(ticks, int) else found == ticks


def test_every_map_has_both_lines_and_the_measured_border_of_its_row(maps):
    for axis, _, quantity, rows in maps:
        columns = rows.drop_duplicates("L").sort_values("L")
        paper, exact, marks = axis.get_lines()
        for line, name in ((paper, "eta_paper"), (exact, "eta_boundary")):
            x, y = np.log(points_of(line)).T
            factor = columns[name].iloc[0] * columns["L"].iloc[0]
            np.testing.assert_allclose(y, np.log(factor) - x)  # 2 / L is straight, to the edges of the map
        border = "border" if "accuracy" in quantity else "border_loss"
        np.testing.assert_array_equal(points_of(marks), columns[["L", border]])


def test_every_map_says_how_far_the_lines_are_from_its_border(maps):
    for axis, _, quantity, _ in maps:
        paper, exact = (1.11, 1.17) if "accuracy" in quantity else (1.5, 1.43)
        (text,) = [text.get_text() for text in axis.texts]
        assert text == f"$2/L$: $\\times$ {paper:.2f}\n$2/\\lambda_{{\\max}}$: $\\times$ {exact:.2f}"


def test_without_a_measured_border_nothing_is_said_of_it():
    for axis in panels_without_colour_bars(plot(hayase_fig4().assign(border=np.nan, border_loss=np.nan))):
        assert len(axis.texts) == 0


def test_titles_name_data_set_epochs_and_quantity(maps):
    titles = {(rows["dataset"].iloc[0], quantity): axis.get_title() for axis, _, quantity, rows in maps}
    assert titles["digits (1 epoch)", "train_accuracy"] == "digits\n1 epoch, training accuracy"
    assert titles["cifar10", "test_accuracy"] == "CIFAR-10\n10 epochs, test accuracy"
    assert titles["cifar10", "train_loss"] == "training loss"
    assert titles["digits (1 epoch)", "test_loss"] == "test loss"


def test_axes_are_logarithmic_in_depth_and_learning_rate(maps):
    axes = [axis for axis, *_ in maps]
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert [labels_of(axis) for axis in axes] == [
        ("", r"learning rate $\eta$"),
        *[("", "")] * 3,
        ("depth $L$", r"learning rate $\eta$"),
        *[("depth $L$", "")] * 3,
    ]
    assert [label.get_text() for label in axes[4].get_xticklabels()] == ["2", "10", "50"]


def test_depths_closer_than_a_factor_of_1_6_are_not_all_written():
    frame = hayase_fig4()
    axis = panels_without_colour_bars(plot(frame.replace({"L": {50: 12}})))[4]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["2", "10"]


def test_the_legend_names_lines_border_and_gray(maps):
    axis = maps[0][0]
    looks = legend_looks(axis.figure)
    assert looks.pop("diverged") == look_of(axis.patch)
    names = ["$2/L$", r"$2/\lambda_{\max}$, exact recursion", "measured border"]
    assert looks == dict(zip(names, map(look_of, axis.get_lines()), strict=True))
