"""docs/benchmarks.md and the table of the README are what the committed measurements give."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
import write_page
from benchmark_page.catalogue import comparisons
from benchmark_page.comparison import COPY, PRODUCTS
from benchmark_page.curves import CURVES, exponent, measured
from benchmark_page.figure import draw
from benchmark_page.page import (
    PAGE,
    README,
    ROOT,
    WORK,
    committed,
    glance,
    in_range,
    page,
    plain,
    seconds,
    size,
    table,
    with_glance,
)
from benchmark_page.rows import Row
from benchmark_page.summary import Spread, entries

ROWS, MACHINE = committed()


def row(candidate, quantity, value, number=0, case="one", note=""):
    return Row("dual_fisher", case, candidate, quantity, number, value, note)


def timed(candidate, values, work=0.0, case="one"):
    """Rows of a candidate that took so many seconds."""
    rows = [row(candidate, "cpu_s", value, number, case) for number, value in enumerate(values, start=1)]
    others = {"work": work, "compile_s": 0.0, "peak_bytes": 2e6}
    return rows + [row(candidate, name, value, 0, case) for name, value in others.items()]


MADE_UP = [
    *timed("ours", [2.0, 4.0, 3.0], work=60.0),
    *timed("other", [3.0, 2.0], work=60.0),
    row("other", "difference", 2e-7),
    *timed("less", [1.0, 1.0, 1.0]),
    row("missing", "absent", math.nan, note="jax"),
    *timed(PRODUCTS["float64"], [1.0, 2.0, 1.0], work=80.0),
]


def test_the_committed_page_and_the_table_of_the_readme_are_current():
    assert page(ROWS, MACHINE) == PAGE.read_text(encoding="utf-8"), "run `make bench`"
    readme = README.read_text(encoding="utf-8")
    assert with_glance(readme, ROWS) == readme, "run `make bench`"


def test_every_comparison_and_curve_has_been_measured():
    wanted = {(one.table, one.case) for one in comparisons()}
    assert {(one.table, one.case) for one in ROWS} == wanted
    assert "Not measured" not in PAGE.read_text(encoding="utf-8")


def test_every_table_has_its_place_on_the_page():
    template = ROOT / "benchmarks" / "benchmark_page" / "benchmarks.md.jinja"
    placed = re.findall(r'\{\{ table\("(\w+)"\) \}\}', template.read_text(encoding="utf-8"))
    assert placed == list(dict.fromkeys(one.table for one in comparisons() if not one.table.startswith("curve ")))


def test_medians_ranges_and_ratios_of_the_same_round():
    ours, other, less, missing = entries(MADE_UP, [*PRODUCTS.values(), COPY])
    assert ours.seconds == Spread(3.0, 2.0, 4.0)
    assert other.ratio == Spread((1.5 + 0.5) / 2, 0.5, 1.5)
    assert less.ratio == Spread(1 / 3, 1 / 4, 1 / 2)
    assert missing.left_out == "jax: not installed"


def test_shares_are_of_the_product_of_the_same_round():
    ours, *_ = entries(MADE_UP, [*PRODUCTS.values(), COPY])
    # 60 operations in 2, 4, 3 seconds beside 80 in 1, 2, 1
    assert ours.share == pytest.approx(sorted([30 / 80, 15 / 40, 20 / 80])[1])
    assert ours.speed == pytest.approx(20.0)


def test_the_summary_names_the_fastest_that_gives_the_same_numbers():
    # `less` is faster, but was compared with nothing
    assert "| dual Fisher matrix, one | other | 3.00 s | 2.50 s | 1.0 |" in glance(MADE_UP)


def test_the_table_has_one_row_for_each_candidate():
    lines = table(MADE_UP, "dual_fisher").splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| **one**", "| ours", "| other", "| less", "| missing"]
    assert "**1.0 (0.50–1.5)**" in lines[4]
    assert "*jax: not installed*" in lines[6]


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0123, "12.3 ms"), (2.5, "2.50 s"), (1.5e-5, "15.0 µs"), (123.4, "123 s")]
)
def test_times_have_three_digits_in_a_unit_of_their_size(value, shown):
    assert seconds(Spread.of([value])) == shown


def test_no_number_is_a_power_of_ten():
    assert [plain(value, 2) for value in (0.0, 0.0056, 0.999, 1.0, 9.96, 99.7, 1610.0)] == [
        "0", "0.0056", "1.00", "1.0", "10.0", "100", "1610",
    ]  # fmt: skip
    assert in_range(Spread(1.0, 1.0, 1.0)) == "1.0"
    assert size(1e4) == "< 0.1 MB"


def test_an_exponent_is_that_of_most_doublings():
    assert exponent([1, 2, 4, 8], [7.0, 3 * 2**1.5, 3 * 4**1.5, 3 * 8**1.5]) == pytest.approx(1.5)
    assert exponent([1, 2, 4, 8], [3.0, 3 * 2**1.5, 3 * 4**1.5, 100 * 8**1.5]) == pytest.approx(1.5)
    assert exponent([1, 2, 4, 8], [3.0, 3 * 2**1.5, 10 * 4**1.5, 30 * 8**1.5]) > 2.5
    assert math.isnan(exponent([1, 2, 4], [1.0, 0.0, 2.0]))


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.table)
def test_time_grows_no_faster_than_the_algorithm_has_it(curve):
    points = measured(ROWS, curve)
    assert points is not None
    # A cache that is left behind adds to one doubling, which is not the middle one: up to three times the time.
    assert points.time_exponent < curve.time + 0.4
    times = [one.middle for one in points.seconds]
    doublings = zip(pairwise(points.sizes), pairwise(times), strict=True)
    assert all(t2 / t1 < 4 * (n2 / n1) ** curve.time for (n1, n2), (t1, t2) in doublings)


def test_the_figure_has_a_point_for_each_measurement_of_a_curve():
    figure = draw(ROWS)
    shown = sum(len(container.lines[0].get_xdata()) for axis in figure.axes for container in axis.containers)
    assert shown == sum(len(curve.values) for curve in CURVES)
    plt.close(figure)


def test_the_summary_has_every_table_that_is_compared():
    assert {one.table for one in comparisons() if one.allowed} == WORK.keys()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--rounds", "0"], "--rounds 0: must be at least 1"), (["--only", "nothing"], "--only nothing: must be of")],
)
def test_bad_input_ends_in_one_line(words, said, capsys):
    with pytest.raises(SystemExit):
        write_page.main(words)
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_readme_without_a_place_is_refused():
    with pytest.raises(ValueError, match=r"^README\.md: must have "):
        with_glance("nothing", ROWS)
