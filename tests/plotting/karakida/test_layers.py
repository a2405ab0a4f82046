"""The figure of other layers shows theory as lines, networks as points, and plain layers in every panel."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import karakida_layers
from plotted_data import curves, error_bars, labels_of, legend_texts, letters_of, points_of, scales_of, series_with_bars

from fisher_spectra.plotting.karakida.layers import plot

# panels of a row, with what stands in each
PANELS = [
    ["plain", "layers_differ"],
    ["plain", "layer_norm"],
    ["plain", "outputs_centred"],
    ["plain_many", "outputs_centred_many"],
]


@pytest.mark.parametrize(("line", "activation"), [(0, "relu"), (1, "tanh")])
def test_each_panel_has_theory_and_networks_of_its_kinds_in_order_of_the_width(line, activation):
    frame = karakida_layers()
    maximum = frame[frame["quantity"] == "maximum"]
    for axis, cases in zip(plot(frame).axes[4 * line : 4 * line + 4], PANELS, strict=True):
        shown = [case for case in cases if line == 0 or case != "layers_differ"]
        lines = [one for one in curves(axis) if one.get_linestyle() == "-"]
        assert len(series_with_bars(axis)) == len(lines) == len(shown)
        found = {tuple(np.round(points_of(one)[:, 1], 9)) for one in lines}
        sampled = {tuple(np.round(points_of(series.lines[0])[:, 1], 9)) for series in series_with_bars(axis)}
        wanted, measured = set(), set()
        for case in shown:
            of_case = maximum[(maximum["case"] == case) & maximum["activation"].isin([activation, "mixed"])]
            ordered = of_case.sort_values("M")
            wanted.add(tuple(np.round(ordered["theory"], 9)))
            measured.add(tuple(np.round(ordered["empirical_mean"], 9)))
        assert found == wanted
        assert sampled == measured


def test_bars_are_two_standard_errors_of_the_mean():
    frame = karakida_layers()
    plain = frame[(frame["case"] == "plain") & (frame["activation"] == "relu") & (frame["quantity"] == "maximum")]
    ordered = plain.sort_values("M")
    found = {tuple(points[:, 1]): halves for points, halves in error_bars(plot(frame).axes[0])}
    np.testing.assert_allclose(
        found[tuple(ordered["empirical_mean"])], 2 * ordered["empirical_std"].to_numpy() / np.sqrt(5)
    )


def test_axes_letters_and_legend():
    figure = plot(karakida_layers())
    assert letters_of(figure.axes) == [f"({letter})" for letter in "abcdefgh"]
    assert all(scales_of(axis) == ("log", "log") for axis in figure.axes)
    assert labels_of(figure.axes[0])[1] == r"maximum $\lambda_{\max}$, ReLU"
    assert labels_of(figure.axes[4]) == ("width $M$", r"maximum $\lambda_{\max}$, tanh")
    assert legend_texts(figure) == ["plain", "layers differ", "layer norm", "outputs centred"]
    assert [axis.get_title() for axis in figure.axes[:4]] == [
        "plain, residual",
        "hidden layers",
        "outputs",
        "outputs, T = M",
    ]
