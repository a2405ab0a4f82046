"""The figure of limits of large depth shows exact law, recursion, limit formulas and sampled networks."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_depth_limits
from plotted_data import (
    curves,
    error_bars,
    labels_of,
    legend_looks,
    letters_of,
    look_of,
    panel,
    points_of,
    scales_of,
    series_with_bars,
)

from fisher_spectra.plotting.hayase_karakida.depth_limits import plot

PANELS = {
    "maximum": (r"maximum $\Vert\mu_L\Vert_\infty / L$", True),
    "mean": (r"mean $m_1(\mu_L) / L$", True),
    "atom_weight": ("weight of the top atom", False),
    "mean_many_inputs": (r"mean of $\Theta/M$ for $N = L$", False),
}
LINES = {
    "isometry": {"-": "theory_exact", "--": "theory_recursion", ":": "theory_limit"},
    "saturating": {"-": "theory_exact", "--": "theory_recursion"},  # far from the assumptions of the limits
}


@pytest.fixture(params=PANELS)
def quantity(request):
    return request.param


def rows_of(frame, setting, quantity):
    return frame[(frame["quantity"] == quantity) & (frame["setting"] == setting)].sort_values("L")


def test_lines_are_exact_law_recursion_and_limit_of_every_setting(quantity):
    frame = hayase_depth_limits()
    label, over_depth = PANELS[quantity]
    axis = panel(plot(frame), label)
    lines = iter([line for line in curves(axis) if len(line.get_xdata()) == 3])
    for setting, columns in LINES.items():
        rows = rows_of(frame, setting, quantity)
        scale = 1 / rows["L"] if over_depth else 1.0
        for style, column in columns.items():
            line = next(lines)
            assert line.get_linestyle() == style
            np.testing.assert_allclose(points_of(line), np.column_stack([rows["L"], rows[column] * scale]))
    assert next(lines, None) is None


def test_points_are_sampled_means_with_two_standard_errors(quantity):
    frame = hayase_depth_limits()
    label, over_depth = PANELS[quantity]
    axis = panel(plot(frame), label)
    for container in series_with_bars(axis):
        if container.get_label().startswith("_"):  # the networks' vanishing depth, which has bars the other way
            axis.containers.remove(container)
    for (points, bars), setting in zip(error_bars(axis), LINES, strict=True):
        rows = rows_of(frame, setting, quantity)
        scale = 1 / rows["L"] if over_depth else 1.0
        np.testing.assert_allclose(points, np.column_stack([rows["L"], rows["empirical"] * scale]))
        np.testing.assert_allclose(bars, 2 * rows["empirical_sem"] * scale)


def test_a_recursion_that_gives_the_exact_law_is_not_drawn_over_it():
    frame = hayase_depth_limits().assign(theory_recursion=lambda table: table["theory_exact"])
    axis = panel(plot(frame), "mean $m_1")
    assert [line.get_linestyle() for line in curves(axis)] == ["-", ":", "-"]


def test_the_depth_where_the_atom_vanishes_is_marked_in_theory_and_with_two_standard_errors_of_networks():
    axis = panel(plot(hayase_depth_limits()), "atom")
    (mark,) = [line for line in axis.get_lines() if line.get_gid() == "vanishing"]
    np.testing.assert_array_equal(points_of(mark), [(623, 0)])
    axis.containers[:] = [container for container in axis.containers if container.get_label().startswith("_")]
    ((points, bars),) = error_bars(axis, "x")
    np.testing.assert_array_equal(points, [(606, 0)])
    np.testing.assert_allclose(bars, [8.0])


def test_axes_are_logarithmic_in_depth_and_named_after_what_they_show():
    axes = plot(hayase_depth_limits()).axes
    assert [labels_of(axis) for axis in axes] == [("depth $L$", label) for label, _ in PANELS.values()]
    assert {scales_of(axis) for axis in axes} == {("log", "linear")}
    assert [label.get_text() for label in axes[3].get_xticklabels()] == ["2", "10", "100"]
    assert letters_of(axes) == ["(a)", "(b)", "(c)", "(d)"]


def test_the_legend_names_settings_by_colour_and_theories_by_style():
    figure = plot(hayase_depth_limits())
    looks = legend_looks(figure)
    isometry, saturating = series_with_bars(figure.axes[0])
    assert looks.pop("fixed $s, g$ (all figures)") == look_of(isometry)
    assert looks.pop("$s = g = 1$") == look_of(saturating)
    assert look_of(isometry) != look_of(saturating)
    assert {name: style for name, (_, style) in looks.items()} == {
        "exact law": "-",
        "recursion (30), an upper bound": "--",
        "limit formula": ":",
    }


def test_lines_and_points_of_a_setting_share_a_colour(quantity):
    axis = panel(plot(hayase_depth_limits()), PANELS[quantity][0])
    lines = [look_of(line)[0] for line in curves(axis) if len(line.get_xdata()) == 3]
    isometry, saturating = (look_of(series)[0] for series in series_with_bars(axis)[:2])
    assert lines == [isometry] * 3 + [saturating] * 2
