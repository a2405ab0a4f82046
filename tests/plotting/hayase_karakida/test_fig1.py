"""Figure 1 shows sampled spectra beside their limiting laws, density and atoms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_tables import hayase_fig1
from matplotlib.colors import to_rgba
from plotted_data import bars_of, labels_of, legend_looks, letters_of, look_of, panel, points_of, scales_of, steps_of

from fisher_spectra.plotting.hayase_karakida.fig1 import plot
from fisher_spectra.plotting.hayase_karakida.histograms import SAMPLED

PANELS = {"isometry": "near isometry", "printed": "as printed"}


def rows_of(frame, name, bin_width):
    return frame[(frame["panel"] == name) & (frame["bin_width"] == bin_width)]


def density_of(axis):
    """Heights and edges of the steps in fine bins."""
    return max(steps_of(axis), key=lambda pair: len(pair[0]))


@pytest.mark.parametrize(("name", "title"), PANELS.items())
def test_bars_and_outline_are_in_the_papers_bins_and_the_density_in_fine_ones(name, title):
    frame = hayase_fig1()
    axis = panel(plot(frame), title)
    coarse, fine = rows_of(frame, name, 0.31), rows_of(frame, name, 0.01)
    bars = bars_of(axis)
    np.testing.assert_allclose(bars[:, [0, 2]], coarse[["bin_low", "density_empirical"]])
    np.testing.assert_allclose(bars[:, 1], 0.31)
    heights, edges = steps_of(axis)[0]
    np.testing.assert_array_equal(heights, coarse["density_theory"])
    np.testing.assert_allclose(edges, 0.31 * np.arange(11))
    heights, edges = density_of(axis)
    np.testing.assert_array_equal(heights, fine["density_continuous"])
    np.testing.assert_allclose(edges, 0.01 * np.arange(311))


@pytest.mark.parametrize(("name", "title"), PANELS.items())
def test_an_atom_is_a_diamond_on_a_stem_as_high_as_it_makes_a_bin_of_the_papers(name, title):
    frame = hayase_fig1()
    axis = panel(plot(frame), title)
    rows = rows_of(frame, name, 0.01)
    place = rows["lambda"][rows["atom_weight"] == 0.5].iloc[0]  # the other weighs too little to be seen
    (diamond,) = [points_of(line) for line in axis.get_lines() if line.get_gid() == "atom"]
    np.testing.assert_allclose(diamond, [(place, 0.5 / 0.31)])
    (stem,) = [points_of(line) for line in axis.get_lines() if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(stem[:, 0], place)
    np.testing.assert_allclose(stem[1, 1], 0.5 / 0.31)


def test_where_the_law_has_no_density_the_line_has_a_gap_and_a_band_of_one_bin_stands_on_the_axis():
    frame = hayase_fig1()
    fine = frame["bin_width"] == 0.01
    frame.loc[fine & ((frame["lambda"] < 1.0) | (frame["lambda"] > 1.01)), "density_continuous"] = 0.0
    axis = panel(plot(frame), "near isometry")
    heights, _ = density_of(axis)
    assert np.flatnonzero(np.isfinite(heights)).tolist() == [100]
    (steps,) = [patch for patch in axis.patches if len(getattr(patch, "get_data", lambda: [()])()[0]) == 310]
    drawn = steps.get_path().vertices
    assert drawn[0, 1] == drawn[-1, 1] == 0  # both its sides go down


def test_a_panel_says_how_many_units_saturate():
    texts = [axis.texts[0].get_text() for axis in plot(hayase_fig1()).axes]
    assert texts == [r"$1-\alpha_1$ = 0.0047", r"$1-\alpha_1$ = $1.4 \times 10^{-15}$"]


def test_density_is_on_a_logarithmic_axis_that_reaches_below_a_single_eigenvalue():
    axes = plot(hayase_fig1()).axes
    for axis in axes:
        assert scales_of(axis) == ("linear", "log")
        assert labels_of(axis) == (r"eigenvalue $\lambda$", "density")
        assert 0.1 / 1000 / 0.31 < axis.get_ylim()[0] < 1 / 1000 / 0.31
    assert letters_of(axes) == ["(a)", "(b)"]


def test_the_axis_ends_with_the_last_bin_that_holds_an_eigenvalue_but_not_before_the_largest_of_three_layers():
    frame = hayase_fig1()
    for factor, end in ((1.0, 3.2), (2.0, 6.2)):
        stretched = frame.assign(bin_low=factor * frame["bin_low"], bin_high=factor * frame["bin_high"])
        assert plot(stretched).axes[0].get_xlim() == pytest.approx((0, end))
    frame.loc[frame["bin_low"] > 2.45, "density_empirical"] = 0.0
    stretched = frame.assign(bin_low=2 * frame["bin_low"], bin_high=2 * frame["bin_high"])
    assert plot(stretched).axes[0].get_xlim() == pytest.approx((0, 2 * 2.48), rel=0.01)


def test_the_last_place_of_an_odd_number_of_panels_is_empty():
    frame = hayase_fig1()
    third = frame[frame["panel"] == "printed"].assign(panel="of my own")
    axes = plot(pd.concat([frame, third], ignore_index=True)).axes
    assert [axis.get_visible() for axis in axes] == [True, True, True, False]
    assert axes[2].get_title() == "of my own"


def test_the_legend_names_bars_density_atoms_and_outline():
    figure = plot(hayase_fig1())
    axis = figure.axes[0]
    looks = legend_looks(figure)
    assert looks.pop("1 network, $M$ = 1000") == look_of(axis.patches[0])
    assert to_rgba(axis.patches[0].get_facecolor()) == to_rgba(SAMPLED)
    assert {name: style for name, (_, style) in looks.items()} == {
        "density": "-",
        "atom": "-D",
        "law in the same bins": ":",
    }
    outlines = [patch for patch in axis.patches if look_of(patch)[1] == "outline"]
    assert [outline.get_linestyle() for outline in outlines] == [":", "solid"]
