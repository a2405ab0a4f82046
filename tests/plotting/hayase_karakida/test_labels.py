"""The figure of label norms shows a map of the training accuracy for each norm, and the borders of both over 2/L."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import hayase_labels
from plotted_data import (
    curves,
    labels_of,
    legend_texts,
    letters_of,
    maps_of,
    panels_without_colour_bars,
    points_of,
    scales_of,
    value_at,
)

from fisher_spectra.plotting.hayase_karakida.labels import plot

NORMS = ("root_width", "one")


@pytest.fixture
def drawn():
    frame = hayase_labels()
    return frame, panels_without_colour_bars(plot(frame))


def columns_of(frame, norm):
    return frame[frame["label_norm"] == norm].drop_duplicates("L").sort_values("L")


def test_every_cell_of_a_norm_shows_its_accuracy_or_is_gray_if_it_diverged(drawn):
    frame, (*maps, _) = drawn
    for axis, norm in zip(maps, NORMS, strict=True):
        (mesh,) = maps_of(axis)
        for _, row in frame[frame["label_norm"] == norm].iterrows():
            shown = value_at(mesh, row["L"], row["eta"])
            assert np.ma.is_masked(shown) if row["diverged_fraction"] > 0.5 else shown == row["train_accuracy"]


def test_every_map_has_the_borders_of_its_norm(drawn):
    frame, (*maps, _) = drawn
    for axis, norm in zip(maps, NORMS, strict=True):
        *_, marks = axis.get_lines()
        np.testing.assert_array_equal(points_of(marks), columns_of(frame, norm)[["L", "border"]])
    assert [axis.get_title() for axis in maps] == ["labels of norm $\\sqrt{M}$\ndigits", "labels of norm 1\ndigits"]


def test_borders_are_shown_over_the_line_of_the_paper_with_half_a_step_of_the_grid(drawn):
    frame, (*_, borders) = drawn
    for (points, bars), norm in zip(error_bars_of_logs(borders), NORMS, strict=True):
        columns = columns_of(frame, norm)
        np.testing.assert_allclose(points[:, 0], columns["L"])
        np.testing.assert_allclose(points[:, 1], np.log(columns["border"] * columns["L"] / 2))
        np.testing.assert_allclose(bars, columns["border_half_width"])


def error_bars_of_logs(axis):
    """Points and half the lengths of the bars, in logarithms, in which the bars have the points as middles."""
    for container in axis.containers:
        data, _, (bars,) = container.lines
        points = points_of(data)
        ends = np.log(np.array([segment[:, 1] for segment in bars.get_segments()]))
        np.testing.assert_allclose(ends.mean(axis=1), np.log(points[:, 1]), atol=1e-12)
        yield np.column_stack([points[:, 0], np.log(points[:, 1])]), (ends[:, 1] - ends[:, 0]) / 2


def test_the_dotted_line_is_the_root_of_the_depth_from_the_first_border_of_the_last_norm(drawn):
    frame, (*_, borders) = drawn
    paper, guide = curves(borders)
    assert set(paper.get_ydata()) == {1.0}
    first = columns_of(frame, "one").iloc[0]
    depths = np.array([2, 10, 50])
    expected = first["border"] * first["L"] / 2 * np.sqrt(depths / 2)
    np.testing.assert_allclose(points_of(guide), np.column_stack([depths, expected]))
    assert guide.get_linestyle() == ":"


def test_axes_are_logarithmic_and_named(drawn):
    _, axes = drawn
    assert {scales_of(axis) for axis in axes} == {("log", "log")}
    assert [labels_of(axis) for axis in axes] == [
        ("depth $L$", r"learning rate $\eta$"),
        ("depth $L$", ""),
        ("depth $L$", "measured border over $2/L$"),
    ]
    assert letters_of(axes) == ["(a)", "(b)", "(c)"]
    assert [label.get_text() for label in axes[2].get_xticklabels()] == ["2", "10", "50"]


def test_the_legend_names_lines_borders_and_norms():
    assert legend_texts(plot(hayase_labels())) == [
        "$2/L$",
        r"$2/\lambda_{\max}$, exact recursion",
        "measured border",
        "diverged",
        r"labels of norm $\sqrt{M}$",
        "labels of norm 1",
        r"$\propto \sqrt{L}$",
    ]
