"""The figure of the best activations shows them, their densities and their conditioning."""

from __future__ import annotations

import numpy as np
import pandas as pd
from figure_tables import NONLINEARITIES, pennington_optimal
from plotted_data import curves, labels_of, legend_looks, letters_of, look_of, points_of, scales_of

from fisher_spectra.plotting.pennington_worah.optimal import plot

NAMES = ["best polynomial found", "linear", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", r"$f_{\mathrm{opt}}$"]


def test_activations_and_densities_are_shown_but_for_the_density_that_would_hide_that_of_the_optimum():
    frame = pennington_optimal()
    activation, density, _ = plot(frame).axes
    for axis, what, names in (
        (activation, "activation", ("numerical_optimum", *NONLINEARITIES)),
        (density, "density", NONLINEARITIES),
    ):
        for line, name in zip(curves(axis), names, strict=True):
            rows = frame[(frame["nonlinearity"] == name) & (frame["panel"] == what)].sort_values("x")
            np.testing.assert_array_equal(points_of(line), rows[["x", "value"]])


def test_where_there_is_no_density_the_line_has_a_gap_but_activations_may_be_negative():
    frame = pennington_optimal()
    frame.loc[frame["x"] == 0.5, "value"] *= -1
    activation, density, _ = plot(frame).axes
    for line in curves(activation):
        assert points_of(line)[1, 1] < 0
    for line in curves(density):
        assert np.isnan(points_of(line)[:, 1]).tolist() == [False, True, False]


def test_the_best_saturating_one_is_shown_with_its_parameters_as_far_as_it_saturates():
    frame = pennington_optimal()
    found = {"nonlinearity": "best_saturating", "m2_over_m1_squared": 1.2, "gain": 0.731, "threshold": 3.386}
    rows = [found | {"panel": what, "x": x, "value": x / 2} for what in ("activation", "density") for x in (1.0, 2.0)]
    rows += [found | {"panel": "saturation", "x": x, "value": min(x, 6.0)} for x in (8.0, -4.0, 6.0)]
    activation, _, conditioning = plot(pd.concat([frame, pd.DataFrame(rows)])).axes
    (inset,) = activation.child_axes
    (line,) = curves(inset)
    np.testing.assert_array_equal(points_of(line), [(-4, -4), (6, 6), (8, 6)])
    assert r"$\mathrm{erf}(0.73\,(x - 3.39))$" in [text.get_text() for text in conditioning.texts]
    assert not plot(frame).axes[0].child_axes


def test_conditioning_is_a_bar_from_1_with_its_value_for_each_nonlinearity_the_worst_below():
    axis = plot(pennington_optimal()).axes[2]
    values = [3.0, 2.3, 1.7, 1.106, 1.105]
    bars, ends = curves(axis)[::2], curves(axis)[1::2]
    for height, value in enumerate(values):
        np.testing.assert_array_equal(points_of(bars[height]), [(1, height), (value, height)])
        np.testing.assert_array_equal(points_of(ends[height]), [(value, height)])
    assert [text.get_text() for text in axis.texts] == [f"{value:.4f}" for value in values]
    assert [text.get_position()[1] for text in axis.texts] == list(range(5))
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["linear", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", NAMES[0], r"$f_{\mathrm{opt}}$"]


def test_axes_are_named_and_the_density_is_on_a_logarithmic_one():
    axes = plot(pennington_optimal()).axes
    assert [scales_of(axis) for axis in axes] == [("linear", "linear"), ("linear", "log"), ("linear", "linear")]
    assert [labels_of(axis) for axis in axes] == [
        ("$x$", "$f(x)$"),
        (r"eigenvalue $\lambda$", r"density $\rho(\lambda)$"),
        ("conditioning $m_2/m_1^2$", ""),
    ]
    assert letters_of(axes) == ["(a)", "(b)", "(c)"]


def test_a_nonlinearity_has_one_colour_in_all_panels_and_the_legend_names_it():
    figure = plot(pennington_optimal())
    activation, density, conditioning = figure.axes
    assert legend_looks(figure) == dict(zip(NAMES, map(look_of, curves(activation)), strict=True))
    colours = {name: colour for name, (colour, _) in legend_looks(figure).items()}
    assert len(set(colours.values())) == len(NAMES)
    assert [look_of(line)[0] for line in curves(density)] == list(colours.values())[1:]
    shown = [label.get_text() for label in conditioning.get_yticklabels()]
    assert [look_of(line)[0] for line in curves(conditioning)[1::2]] == [colours[name] for name in shown]


def test_colours_of_the_users_own_nonlinearities_do_not_shift_where_the_best_polynomial_is_not_shown():
    own = {"nonlinearity": {"srelu_0": "swish", "linear": "gelu"}}
    activation, density, _ = plot(pennington_optimal().replace(own)).axes
    looks = [{line.get_label(): look_of(line) for line in curves(axis)} for axis in (activation, density)]
    assert {"swish", "gelu"} <= looks[1].keys()
    assert looks[1].items() <= looks[0].items()
