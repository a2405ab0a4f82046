"""The figure of Corollary 2 shows counts of eigenvalues and their bounds."""

from __future__ import annotations

import numpy as np
from figure_tables import karakida_corollary2
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, panel, points_of, scales_of

from fisher_spectra.plotting.karakida.corollary2 import plot


def test_bounds_are_lines_and_counts_points_for_every_width():
    frame = karakida_corollary2()
    figure = plot(frame)
    for activation, name in (("tanh", "tanh"), ("relu", "ReLU")):
        lines = iter(curves(panel(figure, name)))
        for width in (100, 400):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("k")
            bound, counts = next(lines), next(lines)
            np.testing.assert_array_equal(points_of(bound), rows[["k", "bound"]].to_numpy())
            np.testing.assert_array_equal(points_of(counts)[:2], rows[["k", "count"]].to_numpy()[:2])
            assert np.isnan(points_of(counts)[2, 1])  # none: a logarithmic axis has no place for it
            assert (bound.get_linestyle(), counts.get_linestyle()) == ("-", "None")
            assert bound.get_color() == counts.get_color()
        assert next(lines, None) is None


def test_axes_are_logarithmic():
    axes = plot(karakida_corollary2()).axes
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    number = r"number of eigenvalues $\geq k$"
    assert [labels_of(axis) for axis in axes] == [("threshold $k$", number), ("threshold $k$", "")]
    assert letters_of(axes) == ["(a)", "(b)"]


def test_the_legend_names_bound_and_networks_of_each_width():
    figure = plot(karakida_corollary2())
    names = [f"{what}, M = {width}" for width in (100, 400) for what in ("bound", "networks")]
    assert legend_looks(figure) == dict(zip(names, map(look_of, curves(figure.axes[0])), strict=True))
    assert len(set(legend_looks(figure).values())) == 4
