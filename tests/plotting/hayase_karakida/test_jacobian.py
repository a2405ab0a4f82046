"""The figure of the Jacobian shows distribution functions of every setting, and the share below one half."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_jacobian
from plotted_data import curves, error_bars, labels_of, legend_texts, letters_of, points_of, scales_of

from fisher_spectra.plotting.hayase_karakida.jacobian import plot

PANELS = ("isometry", "saturating", "expanding")


def rows_of(frame, panel, depth, quantity):
    return frame[(frame["panel"] == panel) & (frame["L"] == depth) & (frame["quantity"] == quantity)].sort_values("at")


@pytest.fixture
def drawn():
    frame = hayase_jacobian()
    return frame, plot(frame).axes


def test_every_depth_has_its_law_as_a_line_and_its_networks_with_two_standard_errors(drawn):
    frame, axes = drawn
    for axis, panel in zip(axes, PANELS, strict=False):
        depths = sorted(frame["L"][frame["panel"] == panel].unique())
        lines = [line for line in curves(axis) if line.get_linestyle() == "-"]
        for line, (points, bars), depth in zip(lines, error_bars(axis), depths, strict=True):
            rows = rows_of(frame, panel, depth, "distribution")
            top = rows_of(frame, panel, depth, "maximum")["at"].item()
            np.testing.assert_allclose(points_of(line), np.column_stack([rows["at"] / top, rows["theory"]]))
            np.testing.assert_allclose(points, np.column_stack([rows["at"] / top, rows["empirical_mean"]]))
            np.testing.assert_allclose(bars, 2 * rows["empirical_sem"])


def test_the_largest_eigenvalue_of_the_law_is_dotted(drawn):
    frame, axes = drawn
    for axis, panel in zip(axes, PANELS, strict=False):
        rows = frame[(frame["panel"] == panel) & (frame["quantity"] == "maximum")].sort_values("L")
        dotted = [line.get_xdata()[0] for line in curves(axis) if line.get_linestyle() == ":"]
        np.testing.assert_allclose(dotted, rows["theory"] / rows["at"])


def test_the_last_panel_has_the_share_below_one_half_of_every_setting(drawn):
    frame, axes = drawn
    assert len(axes) == 4
    for line, (points, bars), panel in zip(curves(axes[3]), error_bars(axes[3]), PANELS, strict=True):
        rows = frame[(frame["panel"] == panel) & (frame["quantity"] == "share_below_half")].sort_values("L")
        np.testing.assert_array_equal(points_of(line), rows[["L", "theory"]])
        np.testing.assert_array_equal(points, rows[["L", "empirical_mean"]])
        np.testing.assert_allclose(bars, 2 * rows["empirical_sem"])


def test_small_shares_near_isometry_are_on_a_logarithmic_axis(drawn):
    _, axes = drawn
    assert [scales_of(axis) for axis in axes] == [("linear", "log"), *[("linear", "linear")] * 2, ("log", "log")]
    names = (r"eigenvalue of $JJ^\top$ over largest possible", "share up to there")
    assert [labels_of(axis) for axis in axes] == [*[names] * 3, ("depth $L$", "share of eigenvalues below $1/2$")]
    assert letters_of(axes) == ["(a)", "(b)", "(c)", "(d)"]
    assert [axis.get_title() for axis in axes[:3]] == ["near isometry", "$s = g = 1$", "$s^2 = 0.8$, $g = 1.15$"]


def test_a_depth_has_one_colour_in_all_panels_and_the_legend_names_it(drawn):
    frame, axes = drawn
    looks = {}
    for axis, panel in zip(axes, PANELS, strict=False):
        depths = sorted(frame["L"][frame["panel"] == panel].unique())
        for line, depth in zip((c for c in curves(axis) if c.get_linestyle() == "-"), depths, strict=True):
            looks.setdefault(depth, set()).add(line.get_color())
        assert [text.get_text() for text in axis.get_legend().get_texts()] == [f"$L = {depth}$" for depth in depths]
    assert all(len(colours) == 1 for colours in looks.values())
    assert len(set.union(*looks.values())) == len(looks)


def test_the_legend_says_how_many_networks_of_which_width():
    assert legend_texts(plot(hayase_jacobian())) == [r"law of $JJ^\top$", "20 networks, $M$ = 300"]


def test_one_setting_alone_is_drawn_beside_its_shares():
    frame = hayase_jacobian()
    axes = [axis for axis in plot(frame[frame["panel"] == "saturating"]).axes if axis.get_visible()]
    assert letters_of(axes) == ["(a)", "(b)"]
