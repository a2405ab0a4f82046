"""Measures: each finds what was put into made-up tables, with an uncertainty that is right."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from fisher_spectra.claims.ledger import Measure
from fisher_spectra.claims.measures import NothingToMeasure, measure
from fisher_spectra.common.errors import UserError


def how(kind, measured="y", by=("name",), **options):
    return Measure(kind=kind, by=by, measured=measured, **options)


def table(**columns):
    return pd.DataFrame({"name": "tanh"} | columns)


def test_every_row_is_a_cell_with_its_own_prediction_and_error():
    frame = pd.DataFrame({"name": ["tanh", "relu"], "M": [10, 20], "y": [1.5, 2.5], "s": [0.4, 0.6], "n": [4, 9]})
    options = {"standard_error": "s / sqrt(n)", "degrees_of_freedom": "n - 1", "half_width": "y / 10"}
    one, other = measure(frame, how("cells", by=("name", "M"), **options), "M / 10")
    assert (one.cell, one.measured, one.predicted) == ("tanh, M = 10", 1.5, 1.0)
    assert (one.standard_error, one.degrees_of_freedom, one.half_width) == pytest.approx((0.2, 3, 0.15))
    assert (other.cell, other.predicted) == ("relu, M = 20", 2.0)
    assert other.standard_error == pytest.approx(0.2)


def test_only_rows_that_meet_the_condition_count_and_repeated_ones_count_once():
    frame = pd.DataFrame({"name": ["a", "a", "b", "c"], "y": [1, 1, 2, 3]})
    measured = measure(frame, how("cells", where="y < 3", distinct=("name",)), 0)
    assert [one.cell for one in measured] == ["a", "b"]


def test_the_mean_has_the_standard_error_of_the_scatter():
    values = [1.0, 2.0, 4.0, 5.0]
    (one,) = measure(table(y=values), how("mean"), 3)
    assert one.measured == 3.0
    assert one.standard_error == pytest.approx(np.std(values, ddof=1) / 2)
    assert one.degrees_of_freedom == 3


def test_the_mean_of_values_with_known_errors_has_the_combined_one():
    options = {"standard_error": "e", "degrees_of_freedom": "7 + 0 * y"}
    (one,) = measure(table(y=[1.0, 3.0], e=[0.3, 0.4]), how("mean", **options), 2)
    assert one.measured == 2.0
    assert one.standard_error == pytest.approx(0.25)
    assert one.degrees_of_freedom == pytest.approx(7 * (0.09 + 0.16) ** 2 / (0.09**2 + 0.16**2))


def test_a_share_weighs_rows_by_their_trials():
    (one,) = measure(table(y=[1.0, 0.0], n=[30, 10]), how("share", trials="n"), 1)
    assert one.measured == 0.75
    assert one.standard_error == pytest.approx(math.sqrt(0.75 * 0.25 / 40), rel=0.02)


def test_a_share_of_all_is_not_certain():
    (one,) = measure(table(y=[1.0], n=[20]), how("share", trials="n"), 1)
    assert one.measured == 1.0
    assert 0.01 < one.standard_error < 0.06


def test_the_limit_of_a_line_in_one_over_m_is_its_intercept():
    widths = np.array([20.0, 50.0, 200.0, 1000.0])
    (one,) = measure(table(M=widths, y=3 - 7 / widths, e=0.01), how("limit", against="1 / M", standard_error="e"), 3)
    assert one.measured == pytest.approx(3.0, abs=1e-12)
    assert 0.003 < one.standard_error < 0.01


def test_the_slope_of_a_power_law_is_its_exponent():
    widths = np.array([10, 30, 100, 300])
    frame = table(M=widths, y=2.5 * widths**-1.5, e=0.01 * widths**-1.5)
    for options in ({}, {"standard_error": "e"}):
        (one,) = measure(frame, how("slope", against="M", **options), -1.5)
        assert one.measured == pytest.approx(-1.5, abs=1e-9)


def test_the_slope_of_an_exact_power_law_has_the_uncertainty_of_its_errors():
    widths = np.array([10.0, 20.0, 40.0, 80.0])
    logarithms = np.log(widths) - np.log(widths).mean()
    expected = 0.01 / np.sqrt(np.sum(logarithms**2))
    for exponent in (0.0, -1.0):
        values = 3.0 * widths**exponent
        frame = table(M=widths, y=values, e=0.01 * values)
        (one,) = measure(frame, how("slope", against="M", standard_error="e"), exponent)
        assert one.measured == pytest.approx(exponent, abs=1e-9)
        assert one.standard_error == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["limit", "slope"])
@pytest.mark.parametrize("known", [True, False])
def test_the_standard_error_of_a_fit_is_the_scatter_of_repeated_fits(kind, known):
    rng = np.random.default_rng(5)
    widths = np.repeat([20.0, 50.0, 100.0, 400.0], 2 if known else 6)  # without known errors the scatter tells them
    options = {"against": "1 / M" if kind == "limit" else "M"} | ({"standard_error": "e"} if known else {})
    values, errors = [], []
    for _ in range(300):
        noise = 0.05 * rng.standard_normal(widths.size)
        frame = table(M=widths, y=1 / widths + 2 + noise if kind == "limit" else np.exp(noise), e=0.05)
        (one,) = measure(frame, how(kind, **options), 0)
        values.append(one.measured)
        errors.append(one.standard_error)
    # known errors are widened by misfit, so on average they are a little larger
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.2)


def test_a_fit_whose_points_scatter_more_than_their_errors_say_is_less_certain():
    widths = np.array([10.0, 20.0, 40.0, 80.0])
    options = {"against": "1 / M", "standard_error": "e"}
    (smooth,) = measure(table(M=widths, y=1 + 1 / widths, e=0.001), how("limit", **options), 1)
    (rough,) = measure(
        table(M=widths, y=1 + 1 / widths + [0.02, -0.02, 0.02, -0.02], e=0.001), how("limit", **options), 1
    )
    assert rough.standard_error > 10 * smooth.standard_error


def test_a_power_law_admits_single_values_below_zero():
    widths = np.array([10.0, 20.0, 50.0, 100.0, 1000.0])
    values = 8 / widths + [0.0, 0.001, -0.001, 0.002, -0.02]
    (one,) = measure(table(M=widths, y=values, e=0.01), how("slope", against="M", standard_error="e"), -1)
    assert one.measured == pytest.approx(-1, abs=0.1)


def test_the_integral_of_a_density_is_its_mass_whatever_the_order_of_rows():
    x = np.linspace(-8, 8, 401)
    frame = table(x=x, y=np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)).sample(frac=1, random_state=0)
    (one,) = measure(frame, how("integral", against="x"), 1)
    assert one.measured == pytest.approx(1.0, abs=1e-10)


def shares(places, grid, trials):
    """Share of the trials that have turned at each x of a grid, of those that turn at `places`."""
    return np.mean(np.asarray(places)[:, None] < grid, axis=0), np.full(grid.size, trials)


def test_a_threshold_is_the_mean_of_where_trials_turn_whatever_the_order_of_rows():
    grid = np.array([0.0, 1.0, 2.0, 3.0])
    share, number = shares([0.2, 1.7, 1.9, 2.5], grid, 4)
    frame = table(x=grid, y=share, n=number).sample(frac=1, random_state=1)
    (one,) = measure(frame, how("threshold", against="x", trials="n"), 0)
    middles = [0.5, 1.5, 1.5, 2.5]
    assert one.measured == pytest.approx(np.mean(middles))
    assert one.standard_error == pytest.approx(np.std(middles, ddof=1) / 2)
    assert one.degrees_of_freedom == 3


def test_a_threshold_is_the_mean_over_the_curves_of_a_cell():
    grid = np.array([0.0, 1.0, 2.0, 3.0])
    frame = pd.concat(
        [
            table(M=M, x=grid + shift, y=share, n=number)
            for M, shift, places in ((1, 0.0, [0.5, 1.5]), (2, 0.25, [1.5, 1.6, 2.5, 2.6]))
            for share, number in [shares(places, grid + shift, len(places))]
        ]
    )
    (one,) = measure(frame, how("threshold", against="x", trials="n", curves=("M",)), 0)
    assert one.measured == pytest.approx((1.0 + np.mean([1.75, 1.75, 2.75, 2.75])) / 2)
    scatter = math.sqrt((2 * 0.5**2 + 4 * 0.5**2) / 4)
    assert one.standard_error == pytest.approx(scatter * math.sqrt(1 / 2 + 1 / 4) / 2)
    assert one.degrees_of_freedom == 4


def test_a_threshold_that_no_step_tells_the_trials_of_is_somewhere_within_the_step():
    frame = table(x=[0.0, 1.0, 4.0, 5.0], y=[0.0, 0.0, 1.0, 1.0], n=5)
    (one,) = measure(frame, how("threshold", against="x", trials="n"), 0)
    assert (one.measured, one.standard_error) == pytest.approx((2.5, 3 / math.sqrt(12)))


def test_a_threshold_scatters_about_the_true_one_as_its_error_says_on_a_grid_coarser_than_the_scatter():
    rng = np.random.default_rng(3)
    values, errors = [], []
    for _ in range(300):
        curves = []
        for curve in range(4):
            grid = np.arange(-2.0, 2.1, 0.45) + rng.uniform(0.0, 0.45)
            share, number = shares(0.14 * rng.standard_normal(15), grid, 15)
            curves.append(table(M=curve, x=grid, y=share, n=number))
        (one,) = measure(pd.concat(curves), how("threshold", against="x", trials="n", curves=("M",)), 0)
        values.append(one.measured)
        errors.append(one.standard_error)
    assert np.mean(values) == pytest.approx(0.0, abs=0.01)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.25)


def test_cells_without_a_name_are_one_cell():
    (one,) = measure(table(y=[1.0, 2.0]), how("mean", by=()), 0)
    assert one.cell == "all"


@pytest.mark.parametrize(
    ("kind", "rows", "options"),
    [
        ("mean", 1, {}),
        ("limit", 2, {"against": "y"}),
        ("slope", 2, {"against": "y"}),
        ("integral", 1, {"against": "y"}),
        ("threshold", 1, {"against": "y", "trials": "y"}),
    ],
)
def test_too_few_rows_are_nothing_to_measure(kind, rows, options):
    with pytest.raises(NothingToMeasure, match=f"tanh: needs at least {rows + 1} rows, has {rows}"):
        measure(table(y=np.arange(1.0, rows + 1)), how(kind, **options), 0)


@pytest.mark.parametrize(
    ("kind", "columns", "options", "reason"),
    [
        ("limit", {"e": [0.1, 0.0, 0.1]}, {"standard_error": "e"}, "standard error that is positive and finite"),
        ("slope", {"e": [0.1, math.nan, 0.1]}, {"standard_error": "e"}, "standard error that is positive and finite"),
        ("limit", {"x": 5.0}, {}, "`against` is 5 in every row"),
        ("slope", {"x": 5.0}, {}, "`against` is 5 in every row"),
        ("limit", {"x": 5.0}, {"standard_error": "e"}, "`against` is 5 in every row"),
        ("slope", {"x": 5.0}, {"standard_error": "e"}, "`against` is 5 in every row"),
        ("limit", {"x": [0.0, 1.0, 2.0]}, {"standard_error": "e"}, "`against` must be positive"),
        ("share", {"n": 0}, {"trials": "n"}, "there is no trial"),
        ("threshold", {"y": [0.0, 0.5, 0.9]}, {"trials": "n"}, "does not rise from 0 to 1"),
        ("threshold", {"y": [0.1, 0.5, 1.0]}, {"trials": "n"}, "does not rise from 0 to 1"),
    ],
)
def test_cells_that_cannot_be_measured_are_named(kind, columns, options, reason):
    frame = table(**{"x": [1.0, 2.0, 3.0], "y": [0.5, 0.25, 0.125], "e": 0.1, "n": 4} | columns)
    if kind != "share":
        options = options | {"against": "x"}
    with pytest.raises(NothingToMeasure, match=f"{kind} of tanh: .*{reason}"):
        measure(frame, how(kind, **options), 0)


def test_a_limit_of_values_that_are_not_numbers_is_none():
    for options in ({}, {"standard_error": "e"}):
        (one,) = measure(table(M=[1, 2, 4], y=[1.0, math.nan, 1.0], e=0.1), how("limit", against="1 / M", **options), 1)
        assert math.isnan(one.measured)


def test_a_condition_that_no_row_meets_is_named():
    with pytest.raises(NothingToMeasure, match="no row of the table is such that y > 9"):
        measure(table(y=[1.0]), how("cells", where="y > 9"), 0)


def test_a_column_that_is_not_there_is_a_fault_and_not_a_lack_of_rows():
    with pytest.raises(UserError, match="by, distinct, curves: no column 'activation'") as refused:
        measure(table(y=[1.0]), how("cells", by=("activation",)), 0)
    assert not isinstance(refused.value, NothingToMeasure)
