"""The figure of all claims shows how far each is from its limit, and its verdict."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from figure_tables import claims
from matplotlib.colors import to_hex
from plotted_data import curves, labels_of, legend_looks, legend_texts, look_of, panel, points_of, scales_of

from fisher_spectra.claims.verdicts import over_tolerance
from fisher_spectra.plotting.claims.claims import (
    LARGEST,
    ROWS_OF_COLUMN,
    SHORTEST_PART,
    SMALLEST,
    columns_of_parts,
    plot,
)
from fisher_spectra.plotting.style import PALETTE


def marks(axis):
    """Points of each kind of mark: {mark: array of (ratio, row)}."""
    return {line.get_marker(): points_of(line) for line in curves(axis) if line.get_linestyle() == "None"}


def test_every_claim_is_a_row_of_its_papers_panel():
    figure = plot(claims())
    rows = {axis.get_title(loc="right"): [label.get_text() for label in axis.get_yticklabels()] for axis in figure.axes}
    assert rows == {"Paper A": ["one", "two"], "Paper B": ["three", "four", "five"]}


def test_a_mark_is_deviation_over_tolerance_with_a_shape_for_each_verdict():
    figure = plot(claims())
    a, b = (marks(panel(figure, name)) for name in ("Paper A", "Paper B"))
    np.testing.assert_allclose(a["o"], [[0.3, 0]])
    np.testing.assert_allclose(a["D"], [[0.2, 1]])
    np.testing.assert_allclose(a["X"], [[6.0, 1]])  # as printed
    np.testing.assert_allclose(b["s"], [[2.0, 0], [LARGEST, 2]])  # not a number is as far off as can be
    np.testing.assert_allclose(b["o"], [[SMALLEST, 1]])


def test_colours_are_of_the_palette_for_the_colour_blind():
    figure = plot(claims())
    used = {to_hex(line.get_color()) for axis in figure.axes for line in curves(axis) if line.get_linestyle() == "None"}
    assert used <= {*PALETTE, "#000000"}


def test_the_legend_names_the_verdicts_that_occur():
    assert legend_texts(plot(claims())) == [
        "holds",
        "erratum: corrected statement",
        "fails",
        "the same as printed",
    ]
    only = claims().iloc[:1]
    assert legend_texts(plot(only)) == ["holds"]


def test_the_legend_shows_the_marks_that_are_drawn():
    figure = plot(claims())
    drawn = {look_of(line) for axis in figure.axes for line in curves(axis) if line.get_linestyle() == "None"}
    looks = legend_looks(figure)
    assert set(looks.values()) == drawn
    assert len(drawn) == len(looks)
    assert looks["holds"] == (PALETTE[0], "o")


def test_a_thin_line_leads_to_every_mark_and_the_limit_is_at_1():
    for axis in plot(claims()).axes:
        ends = {tuple(segment[1]) for segment in axis.collections[0].get_segments()}
        shown = [tuple(point) for mark, found in marks(axis).items() if mark != "X" for point in found]
        assert ends == set(shown)
        (limit,) = [line for line in curves(axis) if line.get_linestyle() == "-"]
        assert list(limit.get_xdata()) == [1.0, 1.0]


def test_axes_are_logarithmic_and_the_lowest_of_a_column_is_named():
    above, below = plot(claims()).axes
    assert scales_of(above) == scales_of(below) == ("log", "linear")
    assert above.get_xlim() == below.get_xlim() == (SMALLEST, LARGEST)
    assert labels_of(below)[0] == "deviation / tolerance\n(holds left of 1)"


def test_titles_and_names_of_one_column_do_not_reach_into_another():
    frame = many_claims(20, 70, 80, 50)
    figure = plot(frame.assign(paper="Somebody, Another 19" + frame["paper"].str[-1] + "0 and 2021"))
    figure.canvas.draw()
    columns = {}
    for axis in figure.axes:
        columns.setdefault(round(axis.get_position().x1, 3), []).append(axis.get_tightbbox())
    spans = sorted((min(box.x0 for box in boxes), max(box.x1 for box in boxes)) for boxes in columns.values())
    assert len(spans) > 2
    assert all(left[1] < right[0] for left, right in pairwise(spans))


def many_claims(*numbers):
    """As many claims of each paper, named by paper and number."""
    one = claims().iloc[0]
    rows = [
        one.to_dict() | {"paper": f"Paper {letter}", "claim": f"{letter}_{number:03d}_of_a_name_of_usual_length"}
        for letter, total in zip("ABCDEFGH", numbers, strict=False)
        for number in range(total)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "numbers", [(5,), (41, 40, 35), (62, 1), (100, 3, 20), (3, 2, 120), (7, 60, 61), (50, 50, 50, 50)]
)
def test_every_claim_is_in_one_panel_in_order_and_no_column_is_much_longer_than_the_others(numbers):
    frame = many_claims(*numbers)
    columns = columns_of_parts(frame)
    parts = [part for column in columns for part in column]
    pd.testing.assert_frame_equal(pd.concat([part.rows for part in parts]), frame)
    assert len(columns) == -(-len(frame) // ROWS_OF_COLUMN)
    lengths = [sum(len(part.rows) for part in column) for column in columns]
    assert max(lengths) - len(frame) / len(columns) <= 2 * SHORTEST_PART
    for part in parts:
        assert set(part.rows["paper"]) == {part.paper}
        assert len(part.rows) >= min(SHORTEST_PART, numbers["ABCDEFGH".index(part.paper[-1])])
    continued = [part.paper for part in parts if part.continued]
    assert all(title.endswith("(continued)") for title in [part.title for part in parts if part.continued])
    assert len(parts) - len(continued) == len(numbers)


def test_a_hundred_and_twenty_claims_are_legible_on_one_page():
    figure = plot(many_claims(41, 40, 39))
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    width, height = figure.get_size_inches()
    assert height < 11.0
    everything = figure.get_tightbbox(renderer)
    assert everything.x0 >= -0.02
    assert everything.x1 <= width + 0.02
    labels = [label for axis in figure.axes for label in axis.get_yticklabels()]
    assert len(labels) == 120
    for axis in figure.axes:
        boxes = [label.get_window_extent(renderer) for label in axis.get_yticklabels()]
        for above, below in pairwise(boxes):
            assert above.y0 >= below.y1 - 0.15 * below.height
        assert axis.get_window_extent(renderer).width > 0.15 * width * figure.dpi  # room for the marks beside the names


def test_no_deviation_is_none_even_where_nothing_is_tolerated():
    frame = claims().iloc[:1].assign(deviation=0.0, tolerance=0.0)
    (axis,) = plot(frame).axes
    np.testing.assert_allclose(marks(axis)["o"], [[SMALLEST, 0]])


def test_the_marks_are_where_the_ledgers_own_ratio_is():
    nan, inf = float("nan"), float("inf")
    pairs = [(0.5, 2.0), (0.0, 0.0), (0.1, 0.0), (nan, 1.0), (1.0, nan), (0.0, inf), (3.0, inf)]
    deviations, tolerances = map(list, zip(*pairs, strict=True))
    rows = {"deviation": deviations, "tolerance": tolerances, "printed_deviation": nan, "printed_tolerance": nan}
    frame = pd.DataFrame({"claim": [f"claim {k}" for k in range(len(pairs))], "paper": "Paper A"} | rows)
    figure = plot(frame.assign(verdict="holds", location="Theorem"))
    expected = np.clip([over_tolerance(*pair) for pair in pairs], SMALLEST, LARGEST)
    np.testing.assert_allclose(marks(panel(figure, "Paper A"))["o"][:, 0], expected)
