"""The figures of own networks show what their tables have."""

from __future__ import annotations

import matplotlib.colors
import numpy as np
import pytest
from figure_tables import own_layers, own_spectrum, own_training, own_widths
from plotted_data import curves, error_bars, labels_of, letters_of, points_of, scales_of

from fisher_spectra.plotting.own import layers, spectrum, training, widths
from fisher_spectra.plotting.own.factors import FACTOR


@pytest.mark.parametrize("number", range(3))
def test_each_panel_of_layers_shows_one_variable_of_one_and_of_two_samples(number):
    frame = own_layers()
    axis = layers.plot(frame).axes[number]
    names = list(layers.PANELS.values())[number]
    for line, (points, bars), name in zip(curves(axis), error_bars(axis), names, strict=True):
        rows = frame[frame["variable"] == name].sort_values("layer")
        np.testing.assert_array_equal(points_of(line), rows[["layer", "theory"]].to_numpy())
        np.testing.assert_array_equal(points, rows[["layer", "empirical_mean"]].to_numpy())
        np.testing.assert_allclose(bars, rows["empirical_std"], rtol=1e-12)


@pytest.mark.parametrize(("scale", "spread"), [("linear", 1.0), ("log", 100.0)])
def test_variables_that_differ_by_far_have_a_logarithmic_axis(scale, spread):
    frame = own_layers()
    frame.loc[frame["layer"] == 1, ["theory", "empirical_mean"]] *= spread
    figure = layers.plot(frame)
    assert [axis.get_yscale() for axis in figure.axes] == [scale] * 3
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)"]


def test_the_spectrum_has_a_bar_for_each_bin_the_bulk_as_outline_and_the_largest_eigenvalues():
    frame = own_spectrum()
    (axis,) = spectrum.plot(frame).axes
    rows = frame.sort_values("bin_low")
    bars = [patch for patch in axis.patches if hasattr(patch, "get_height")]
    np.testing.assert_allclose([bar.get_x() for bar in bars], rows["bin_low"])
    np.testing.assert_allclose([bar.get_width() for bar in bars], rows["bin_high"] - rows["bin_low"])
    np.testing.assert_allclose([bar.get_height() for bar in bars], rows["density_empirical"])
    (outline,) = (patch for patch in axis.patches if not hasattr(patch, "get_height"))
    shown = np.nan_to_num(outline.get_data().values)
    np.testing.assert_array_equal(shown, rows["density_theory"])
    assert [line.get_xdata()[0] for line in axis.lines if len(line.get_xdata()) == 2] == [3.0, 7.0]
    assert scales_of(axis) == ("log", "log")
    left, right = axis.get_xlim()
    assert left <= rows["bin_low"].min()
    assert right > rows["bin_high"].max()


@pytest.mark.parametrize("number", range(4))
def test_each_panel_of_widths_shows_theory_and_networks_over_the_factor(number):
    frame = own_widths()
    axis = widths.plot(frame).axes[number]
    statistic = list(widths.PANELS)[number]
    rows = frame[frame["statistic"] == statistic].sort_values("factor")
    lines = curves(axis)
    expected = ["theory", "finite_size"] if statistic in ("maximum", "critical_rate") else ["theory"]
    for line, column in zip(lines, expected, strict=True):
        np.testing.assert_array_equal(points_of(line), rows[["factor", column]].to_numpy())
    ((points, bars),) = error_bars(axis)
    np.testing.assert_array_equal(points, rows[["factor", "empirical_mean"]].to_numpy())
    np.testing.assert_allclose(bars, rows["empirical_std"], rtol=1e-12)
    assert labels_of(axis) == (FACTOR, widths.PANELS[statistic])
    assert scales_of(axis) == ("log", "log")


def test_the_map_of_training_has_losses_gray_where_diverged_and_lines_in_units_of_the_prediction():
    frame = own_training()
    axis = training.plot(frame).axes[0]
    (mesh,) = axis.collections
    shown = frame.pivot_table(index="rate_factor", columns="factor", values="loss", dropna=False)
    expected = shown.where(shown <= 1000.0).to_numpy()
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan).reshape(expected.shape), expected)
    assert matplotlib.colors.to_hex(axis.get_facecolor()) == matplotlib.colors.to_hex("0.72")
    columns = frame.drop_duplicates("factor").sort_values("factor")
    *lines, diamonds = axis.lines
    for line, prediction in zip(lines, training.PREDICTIONS, strict=True):
        centres = np.exp(np.interp(np.log(columns["factor"]), np.log(line.get_xdata()), np.log(line.get_ydata())))
        assert np.all(np.isfinite(centres))
        assert line.get_color() == prediction.style["color"]
    np.testing.assert_allclose(lines[2].get_ydata(), 1.0)
    np.testing.assert_allclose(lines[1].get_ydata(), 1.1)
    np.testing.assert_allclose(diamonds.get_ydata(), columns["border"] / columns["finite_rate"])
    assert "this size 1.50" in axis.get_title()
