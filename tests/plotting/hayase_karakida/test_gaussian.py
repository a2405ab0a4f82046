"""The law with orthogonal and with Gaussian weights stand side by side."""

from __future__ import annotations

import numpy as np
from figure_tables import hayase_gaussian
from plotted_data import bars_of, labels_of, legend_looks, letters_of, look_of, scales_of, steps_of

from fisher_spectra.plotting.hayase_karakida.gaussian import plot


def test_each_depth_has_the_sampled_spectrum_as_bars_and_the_law_as_outline():
    frame = hayase_gaussian()
    places = [(depth, name) for depth in (3, 10) for name in ("orthogonal", "gaussian")]
    for axis, (depth, name) in zip(plot(frame).axes, places, strict=True):
        rows = frame[(frame["panel"] == name) & (frame["L"] == depth)]
        bars = bars_of(axis)
        np.testing.assert_allclose(bars[:, [0, 2]], rows[["bin_low", "density_empirical"]])
        np.testing.assert_allclose(bars[:, 1], 0.31)
        ((heights, edges),) = steps_of(axis)
        np.testing.assert_array_equal(heights, rows["density_theory"])
        np.testing.assert_allclose(edges, 0.31 * np.arange(9))


def test_titles_name_the_weights_and_labels_depth_and_eigenvalue():
    axes = plot(hayase_gaussian()).axes
    assert [axis.get_title() for axis in axes] == ["orthogonal weights", "Gaussian weights", "", ""]
    eigenvalue = r"eigenvalue $\lambda$"
    assert [labels_of(axis) for axis in axes] == [
        ("", "$L = 3$\ndensity"),
        ("", ""),
        (eigenvalue, "$L = 10$\ndensity"),
        (eigenvalue, ""),
    ]
    assert letters_of(axes) == ["(a)", "(b)", "(c)", "(d)"]


def test_density_is_on_a_logarithmic_axis_that_reaches_below_a_single_eigenvalue():
    for axis in plot(hayase_gaussian()).axes:
        assert scales_of(axis) == ("linear", "log")
        assert axis.get_ylim()[0] < 1 / 3000 / 0.31


def test_the_legend_names_networks_and_law():
    figure = plot(hayase_gaussian())
    axis = figure.axes[0]
    looks = legend_looks(figure)
    assert looks.pop("10 networks, $M$ = 300") == look_of(axis.patches[0])
    assert [(name, colour) for name, (colour, _) in looks.items()] == [
        (r"limiting law $\mu_L$", look_of(axis.patches[-1])[0])
    ]
