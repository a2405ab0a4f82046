"""Figure 5 shows spectra before and after training over depth and learning rate."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_fig5
from matplotlib.colors import to_rgba
from plotted_data import labels_of, legend_looks, look_of, scales_of, steps_of

from fisher_spectra.plotting.hayase_karakida.fig5 import ABOVE, plot

PLACES = [(depth, eta) for eta in (0.64, 0.02) for depth in (5, 50)]  # the largest rate on top


@pytest.fixture
def panels():
    """(axis, depth, learning rate, rows) of every panel."""
    frame = hayase_fig5()
    return [
        (axis, depth, eta, frame[(frame["L"] == depth) & (frame["eta"] == eta)])
        for axis, (depth, eta) in zip(plot(frame).axes, PLACES, strict=True)
    ]


def test_weights_after_training_are_filled_and_those_before_an_outline_over_eigenvalues_over_depth(panels):
    for axis, *_, rows in panels:
        if rows["diverged"].max():
            continue
        (after, edges), (before, same) = steps_of(axis)
        np.testing.assert_array_equal(after, rows["weight"])
        np.testing.assert_array_equal(before, rows["weight_initial"])
        np.testing.assert_allclose(edges, 0.4 * np.arange(7))
        np.testing.assert_array_equal(edges, same)
        assert [patch.get_fill() for patch in axis.patches] == [True, False]


def test_a_network_that_diverged_has_that_word_in_place_of_its_spectrum(panels):
    words = {(depth, eta): [text.get_text() for text in axis.texts] for axis, depth, eta, _ in panels}
    assert words == {(5, 0.64): [], (50, 0.64): ["diverged"], (5, 0.02): [], (50, 0.02): []}
    (axis,) = [axis for axis, depth, eta, _ in panels if (depth, eta) == (50, 0.64)]
    assert steps_of(axis) == []


def test_panels_above_the_papers_border_have_a_red_ground(panels):
    for axis, depth, eta, _ in panels:
        assert (to_rgba(axis.get_facecolor()) == to_rgba(ABOVE)) == (eta > 2 / depth)


def test_a_place_without_rows_is_empty():
    frame = hayase_fig5()
    axes = plot(frame[(frame["L"] == 5) | (frame["eta"] == 0.02)]).axes
    assert [axis.get_visible() for axis in axes] == [True, False, True, True]


def test_weights_are_on_a_common_logarithmic_axis_that_reaches_below_a_single_eigenvalue(panels):
    for axis, *_ in panels:
        assert scales_of(axis) == ("linear", "log")
        assert axis.get_ylim()[0] < 1 / 640
        assert axis.get_xlim() == pytest.approx((0, 2.4))


def test_columns_are_named_by_depth_and_rows_by_learning_rate(panels):
    axes = [axis for axis, *_ in panels]
    assert [axis.get_title() for axis in axes] == ["$L = 5$", "$L = 50$", "", ""]
    assert [labels_of(axis) for axis in axes] == [
        ("", "$\\eta = 0.64$\nweight"),
        ("", ""),
        (r"$\lambda / L$", "$\\eta = 0.02$\nweight"),
        (r"$\lambda / L$", ""),
    ]


def test_the_legend_names_both_spectra_and_the_red_ground(panels):
    axis = panels[0][0]
    looks = legend_looks(axis.figure)
    after, before = axis.patches
    assert looks["after training"] == look_of(after)
    assert looks["initial weights"][0] == look_of(before)[0]
    assert looks[r"$\eta > 2/L$"][0] == ABOVE
