"""Figure 1 shows sampled spectra beside the limiting density."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import pennington_fig1
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, panel, points_of, scales_of, steps_of

from fisher_spectra.plotting.pennington_worah.fig1 import plot


def cell_of(frame, nonlinearity, n):
    return frame[(frame["nonlinearity"] == nonlinearity) & (frame["n"] == n)]


def histogram_of(rows):
    bins = rows.drop_duplicates("bin_low").sort_values("bin_low")
    return bins["density_empirical"].to_numpy(), np.append(bins["bin_low"], bins["bin_high"].iloc[-1])


@pytest.mark.parametrize("name", ["linear", "erf"])
def test_the_largest_width_is_a_histogram_and_the_limit_a_line_also_in_the_inset(name):
    frame = pennington_fig1()
    axis = panel(plot(frame), name)
    rows = cell_of(frame, {"erf": "erf_1"}.get(name, name), 128)
    (inset,) = axis.child_axes
    assert (scales_of(axis), scales_of(inset)) == (("linear", "linear"), ("linear", "log"))
    for drawn in (axis, inset):
        ((heights, edges),) = steps_of(drawn)
        np.testing.assert_array_equal(heights, histogram_of(rows)[0])
        np.testing.assert_array_equal(edges, histogram_of(rows)[1])
        line = curves(drawn)[0]
        np.testing.assert_array_equal(points_of(line), rows.sort_values("lambda")[["lambda", "density_theory"]])


def test_smaller_widths_are_points_in_the_middle_of_their_bins():
    frame = pennington_fig1()
    figure = plot(frame)
    axis = panel(figure, "erf")
    heights, edges = histogram_of(cell_of(frame, "erf_1", 64))
    for drawn in (axis, *axis.child_axes):
        _, points = curves(drawn)
        np.testing.assert_array_equal(points_of(points), np.column_stack([(edges[1:] + edges[:-1]) / 2, heights]))
        assert points.get_linestyle() == "None"
    assert len(curves(panel(figure, "linear"))) == 1


def test_the_weight_of_the_atom_is_stated_in_the_limit_and_in_the_networks():
    figure = plot(pennington_fig1())
    texts = {axis.get_title(): " ".join(text.get_text() for text in axis.texts) for axis in figure.axes}
    assert "atom: 0.5 (networks: 0.4375)" in texts["linear, $n = 128$"]
    assert texts[r"$\mathrm{erf}_1$, $n = 128$"] == ""


def test_axes_are_named_and_hold_the_highest_bin_of_any_width():
    frame = pennington_fig1()
    frame.loc[frame["n"] == 64, "density_empirical"] *= 3
    axes = plot(frame).axes
    density = r"density $\rho(\lambda)$"
    assert [labels_of(axis) for axis in axes] == [(r"eigenvalue $\lambda$", density), (r"eigenvalue $\lambda$", "")]
    assert letters_of(axes) == ["(a)", "(b)"]
    highest = frame["density_empirical"].max()
    assert highest < axes[1].get_ylim()[1] < 2 * highest
    assert axes[1].get_xlim()[1] == frame["bin_high"].max()


def test_the_legend_of_a_panel_names_width_and_method_of_every_cell_and_the_limit():
    axis = panel(plot(pennington_fig1()), "erf")
    limit, points = curves(axis)
    assert legend_looks(axis) == {
        "$n = 128$, matrix-free": look_of(axis.patches[0]),
        "$n = 64$, dense matrix": look_of(points),
        "limit": look_of(limit),
    }
