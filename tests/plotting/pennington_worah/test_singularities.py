"""The figure of the resolvent shows the limit and networks of every width at the singular points."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import NONLINEARITIES, pennington_singularities
from matplotlib.colors import to_hex
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, panel, points_of, scales_of

from fisher_spectra.plotting.pennington_worah.singularities import plot


@pytest.mark.parametrize("feature", ["z1", "z4"])
def test_the_limit_is_a_line_and_networks_of_every_width_are_points_the_widest_filled(feature):
    frame = pennington_singularities()
    axis = panel(plot(frame), f"z_{feature[1]}")
    lines = iter(curves(axis))
    for name in NONLINEARITIES:
        rows = frame[(frame["nonlinearity"] == name) & (frame["feature"] == feature)]
        limit = next(lines)
        expected = rows[rows["n"] == 32].sort_values("epsilon")[["epsilon", "theory"]]
        np.testing.assert_array_equal(points_of(limit), expected)
        for n, filling in ((16, to_hex("white")), (32, to_hex(limit.get_color()))):
            points = next(lines)
            expected = rows[rows["n"] == n].sort_values("epsilon")[["epsilon", "empirical"]]
            np.testing.assert_array_equal(points_of(points), expected)
            assert points.get_linestyle() == "None"
            assert points.get_color() == limit.get_color()
            assert to_hex(points.get_markerfacecolor()) == filling
    assert next(lines, None) is None


def test_the_legend_of_a_panel_names_every_nonlinearity_with_its_exponent():
    for axis in plot(pennington_singularities()).axes:
        names = ("linear", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", r"$f_{\mathrm{opt}}$")
        exponents = (0, 0.5, 0.5, 0.5)
        labels = [
            rf"{name}: $\propto\varepsilon^{{{exponent}}}$" for name, exponent in zip(names, exponents, strict=True)
        ]
        limits = curves(axis)[::3]
        assert legend_looks(axis) == dict(zip(labels, map(look_of, limits), strict=True))
        assert len(set(map(look_of, limits))) == len(names)


def test_the_legend_below_names_limit_and_widths():
    figure = plot(pennington_singularities())
    (legend,) = figure.legends
    assert list(legend_looks(figure)) == ["limit", "networks, $n = 16$", "networks, $n = 32$"]
    _, narrow, wide = legend.legend_handles
    assert to_hex(narrow.get_markerfacecolor()) == to_hex("white") != to_hex(wide.get_markerfacecolor())


def test_axes_are_logarithmic_and_named_after_the_resolvent():
    axes = plot(pennington_singularities()).axes
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    resolvent = r"$\varepsilon\,|\mathrm{Im}\,G(z + i\varepsilon)|$"
    assert [labels_of(axis) for axis in axes] == [(r"$\varepsilon$", resolvent), (r"$\varepsilon$", "")]
    assert [axis.get_title() for axis in axes] == ["$z = z_1$", "$z = z_4$"]
    assert letters_of(axes) == ["(a)", "(b)"]


def test_a_nonlinearity_of_the_users_own_is_drawn_and_named():
    figure = plot(pennington_singularities().replace({"nonlinearity": {"srelu_0": "swish"}}))
    assert any("swish" in name for name in legend_looks(figure.axes[0]))
