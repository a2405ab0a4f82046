"""The figures of claims and errata show what their tables hold."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from plotted_data import curves, legend_texts, panel, points_of

from fisher_spectra.claims.verdicts import over_tolerance
from fisher_spectra.plotting.claims import (
    LARGEST,
    ROWS_OF_COLUMN,
    SHORTEST_PART,
    SMALLEST,
    columns_of_parts,
    plot_claims,
    plot_errata,
)
from fisher_spectra.plotting.style import PALETTE, use_style


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


def claims():
    nan = float("nan")
    rows = [
        ("one", "Paper A", "holds", 0.3, 1.0, nan, nan),
        ("two", "Paper A", "erratum", 0.1, 0.5, 3.0, 0.5),
        ("three", "Paper B", "fails", 4.0, 2.0, nan, nan),
        ("four", "Paper B", "holds", 0.0, 2.0, nan, nan),
        ("five", "Paper B", "fails", nan, 2.0, nan, nan),
    ]
    names = ["claim", "paper", "verdict", "deviation", "tolerance", "printed_deviation", "printed_tolerance"]
    return pd.DataFrame(rows, columns=names).assign(location="Theorem")


def marks(axis):
    """Points of each kind of mark: {mark: array of (ratio, row)}."""
    return {line.get_marker(): points_of(line) for line in curves(axis) if line.get_linestyle() == "None"}


def test_every_claim_is_a_row_of_its_papers_panel():
    figure = plot_claims(claims())
    rows = {axis.get_title(loc="right"): [label.get_text() for label in axis.get_yticklabels()] for axis in figure.axes}
    assert rows == {"Paper A": ["one", "two"], "Paper B": ["three", "four", "five"]}


def test_a_mark_is_deviation_over_tolerance_with_a_shape_for_each_verdict():
    figure = plot_claims(claims())
    a, b = (marks(panel(figure, name)) for name in ("Paper A", "Paper B"))
    np.testing.assert_allclose(a["o"], [[0.3, 0]])
    np.testing.assert_allclose(a["D"], [[0.2, 1]])
    np.testing.assert_allclose(a["X"], [[6.0, 1]])  # as printed
    np.testing.assert_allclose(b["s"], [[2.0, 0], [LARGEST, 2]])  # not a number is as far off as can be
    np.testing.assert_allclose(b["o"], [[SMALLEST, 1]])


def test_colours_are_of_the_palette_for_the_colour_blind():
    figure = plot_claims(claims())
    used = {to_hex(line.get_color()) for axis in figure.axes for line in curves(axis) if line.get_linestyle() == "None"}
    assert used <= {*PALETTE, "#000000"}


def test_the_legend_names_the_verdicts_that_occur():
    assert legend_texts(plot_claims(claims())) == [
        "holds",
        "erratum: corrected statement",
        "fails",
        "the same as printed",
    ]
    only = claims().iloc[:1]
    assert legend_texts(plot_claims(only)) == ["holds"]


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
    figure = plot_claims(many_claims(41, 40, 39))
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
    (axis,) = plot_claims(frame).axes
    np.testing.assert_allclose(marks(axis)["o"], [[SMALLEST, 0]])


def test_the_marks_are_where_the_ledgers_own_ratio_is():
    nan, inf = float("nan"), float("inf")
    pairs = [(0.5, 2.0), (0.0, 0.0), (0.1, 0.0), (nan, 1.0), (1.0, nan), (0.0, inf), (3.0, inf)]
    deviations, tolerances = map(list, zip(*pairs, strict=True))
    rows = {"deviation": deviations, "tolerance": tolerances, "printed_deviation": nan, "printed_tolerance": nan}
    frame = pd.DataFrame({"claim": [f"claim {k}" for k in range(len(pairs))], "paper": "Paper A"} | rows)
    figure = plot_claims(frame.assign(verdict="holds", location="Theorem"))
    expected = np.clip([over_tolerance(*pair) for pair in pairs], SMALLEST, LARGEST)
    np.testing.assert_allclose(marks(panel(figure, "Paper A"))["o"][:, 0], expected)


def errata():
    return pd.DataFrame(
        {
            "formula": ["first_one", "second"],
            "place": ["(1)", "(2)"],
            "printed": [2.0, 0.4],
            "corrected": [1.0, 0.8],
            "sampled": [1.25, 0.8],
            "standard_error": [0.05, 0.0],
        }
    )


def test_printed_and_corrected_values_are_shown_over_the_sampled_one():
    (axis,) = plot_errata(errata()).axes
    found = marks(axis)
    np.testing.assert_allclose(found["X"], [[1.6, 0], [0.5, 1]])
    np.testing.assert_allclose(found["D"], [[0.8, 0], [1.0, 1]])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["first one: (1)", "second: (2)"]
    low, high = axis.get_xlim()
    assert low < 0.5
    assert high > 2


def test_a_formula_of_which_nothing_is_printed_has_no_mark_for_it():
    (axis,) = plot_errata(errata().assign(printed=[float("nan"), 0.4])).axes
    found = marks(axis)
    np.testing.assert_allclose(found["X"][np.isfinite(found["X"][:, 0])], [[0.5, 1]])
    assert np.isfinite(axis.get_xlim()).all()


def test_the_sampled_value_has_two_standard_errors():
    (axis,) = plot_errata(errata()).axes
    (container,) = axis.containers
    (bars,) = container.lines[2]
    ends = np.array([segment[:, 0] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, [[0.92, 1.08], [1.0, 1.0]])
