"""Verdicts: when a claim holds, when it fails, and when it is an erratum."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from fisher_spectra.claims.comparison import FALSE_ALARM, Comparison, compare_cells, deviation_of, quantile
from fisher_spectra.claims.evaluation import COLUMNS, evaluate
from fisher_spectra.claims.ledger import Claim, Measure, Printed, Tolerance
from fisher_spectra.claims.measures import Measurement
from fisher_spectra.claims.verdicts import count_verdicts, over_tolerance, verdict_changes
from fisher_spectra.common.errors import UserError

NONE = Tolerance("no allowance")


def claim(printed=None, compare="equal", tolerance=NONE, **measure):
    options = {"kind": "cells", "by": ("name",), "measured": "y", "standard_error": "e"}
    return Claim(
        name="a_claim",
        paper="a paper",
        location="Theorem 1",
        statement="y is x",
        table="a_table",
        measure=Measure(**options | measure),
        predicted="x",
        tolerance=tolerance,
        scales=("laptop",),
        compare=compare,
        printed=printed,
    )


def frame(**columns):
    return pd.DataFrame({"name": "tanh", "x": 1.0, "y": 1.0, "e": 0.01, "wrong": 2.0} | columns, index=[0])


def verdict(one, table):
    rows, left_out = evaluate([one], lambda name: {"a_table": table}[name])
    assert left_out == []
    return rows.iloc[0]


def test_a_claim_holds_within_its_standard_error_and_fails_beyond():
    z = norm.isf(FALSE_ALARM / 2)
    assert verdict(claim(), frame(y=1 + 0.99 * z * 0.01))["verdict"] == "holds"
    assert verdict(claim(), frame(y=1 + 1.01 * z * 0.01))["verdict"] == "fails"


def test_few_networks_allow_more_as_students_t_does():
    options = {"degrees_of_freedom": "3 + 0 * y"}
    allowed = t.isf(FALSE_ALARM / 2, 3) * 0.01
    assert verdict(claim(**options), frame(y=1 + 0.99 * allowed))["verdict"] == "holds"
    assert verdict(claim(**options), frame(y=1 + 1.01 * allowed))["verdict"] == "fails"


def test_more_cells_allow_more_so_that_the_whole_claim_has_one_chance_of_false_alarm():
    rng = np.random.default_rng(1)
    cells, runs = 20, 4000
    worst = np.abs(rng.standard_normal((runs, cells))).max(axis=1)
    chance = 2e-2  # a chance that can be counted in 4000 runs; the quantile scales in the same way
    limit = norm.isf(chance / cells / 2)
    assert np.mean(worst > limit) == pytest.approx(chance, rel=0.3)
    assert quantile(math.inf, cells, "equal") == pytest.approx(norm.isf(FALSE_ALARM / cells / 2))


def test_the_allowance_for_finite_width_is_added_to_the_statistical_one():
    table = frame(y=1.07)
    assert verdict(claim(), table)["verdict"] == "fails"
    row = verdict(claim(tolerance=Tolerance("finite width", relative=0.03, absolute=0.01)), table)
    assert row["verdict"] == "holds"
    assert row["deviation"] == pytest.approx(0.07)
    assert row["tolerance"] == pytest.approx(0.04 + norm.isf(FALSE_ALARM / 2) * 0.01)


def test_half_a_step_of_a_grid_is_allowed():
    one = Measurement("tanh", measured=0.2, predicted=0.0, half_width=0.25)
    assert compare_cells([one], "equal", NONE).agrees
    assert not compare_cells([Measurement("tanh", 0.2, 0.0, half_width=0.15)], "equal", NONE).agrees


@pytest.mark.parametrize(
    ("compare", "below", "above"),
    [("equal", "fails", "fails"), ("at_most", "holds", "fails"), ("at_least", "fails", "holds")],
)
def test_a_bound_is_one_sided(compare, below, above):
    assert verdict(claim(compare=compare), frame(y=0.5))["verdict"] == below
    assert verdict(claim(compare=compare), frame(y=1.5))["verdict"] == above


def test_it_is_an_erratum_if_the_printed_statement_fails_and_the_corrected_one_holds():
    printed = Printed("y is wrong", "number", predicted="wrong")
    row = verdict(claim(printed), frame())
    assert row["verdict"] == "erratum"
    assert (row["predicted"], row["measured"], row["printed_predicted"]) == (1.0, 1.0, 2.0)
    assert row["printed_deviation"] == 1.0 > row["printed_tolerance"]


def test_it_is_no_erratum_if_what_is_printed_cannot_be_refuted():
    assert verdict(claim(Printed("y is wrong", "number", predicted="wrong")), frame(e=0.5))["verdict"] == "holds"


def test_it_fails_if_the_corrected_statement_fails_whatever_is_printed():
    assert verdict(claim(Printed("y is wrong", "number", predicted="wrong")), frame(y=2.0))["verdict"] == "fails"
    assert verdict(claim(Printed("y is wrong", "number", predicted="wrong")), frame(y=5.0))["verdict"] == "fails"


def test_a_printed_statement_may_be_about_other_rows_or_another_comparison():
    table = pd.DataFrame({"name": ["tanh", "relu"], "x": 1.0, "y": [1.0, 3.0], "e": 0.01})
    one = claim(Printed("it holds for ReLU", "conclusion", where='name == "relu"'), where='name == "tanh"')
    assert verdict(one, table)["verdict"] == "erratum"
    assert verdict(one, table)["printed_cell"] == "relu"
    bound = claim(Printed("y is at most x", "number", compare="at_most"), compare="at_least", where='name == "relu"')
    assert verdict(bound, table)["verdict"] == "erratum"


@pytest.mark.parametrize("bad", [{"y": math.nan}, {"y": math.inf}, {"x": math.nan}, {"e": math.nan}])
def test_what_is_not_a_number_never_holds(bad):
    for compare in ("equal", "at_most"):
        row = verdict(claim(compare=compare, tolerance=Tolerance("wide", absolute=10)), frame(**bad))
        assert row["verdict"] == "fails"


def test_a_claim_that_tolerates_everything_does_not_hold():
    row = verdict(claim(), frame(e=math.inf))
    assert row["verdict"] == "fails"
    assert math.isinf(row["tolerance"])


def test_the_worst_cell_stands_for_the_claim():
    table = pd.DataFrame({"name": ["a", "b", "c"], "x": 1.0, "y": [1.0, 1.02, 0.99], "e": 0.01})
    row = verdict(claim(), table)
    assert (row["cell"], row["cells"], row["measured"]) == ("b", 3, 1.02)


def test_of_cells_on_the_right_side_of_a_bound_the_nearest_is_shown():
    table = pd.DataFrame({"name": ["a", "b", "c"], "x": [100.0, 1.0, 10.0], "y": [90.0, 0.2, 9.9], "e": 0.0})
    assert verdict(claim(compare="at_most"), table)["cell"] == "c"


def test_a_claim_without_rows_is_left_out_with_the_reason():
    rows, left_out = evaluate([claim(where="y > 5"), claim()], lambda name: frame())
    assert len(rows) == 1
    assert left_out == ["claim a_claim, table a_table: no row of the table is such that y > 5"]


def test_rows_of_data_of_one_s_own_count_for_no_claim():
    published, own = frame(dataset="mnist", y=1.0), frame(dataset="own:mnist", y=2.0)
    both = pd.concat([published, own], ignore_index=True)
    assert verdict(claim(), own.assign(dataset="mnist"))["verdict"] == "fails"
    assert verdict(claim(), both)["verdict"] == "holds"
    assert verdict(claim(where='dataset != "gaussian"'), both)["cells"] == 1
    rows, left_out = evaluate([claim()], lambda name: own)
    assert rows.empty
    assert left_out == [
        "claim a_claim, table a_table: it has nothing but data of your own, of which the papers say nothing"
    ]


def test_a_claim_that_does_not_fit_its_table_is_refused_with_its_name():
    with pytest.raises(UserError, match="claim a_claim, table a_table: 'speed': no column 'speed'"):
        evaluate([claim(measured="speed")], lambda name: frame())


def test_the_table_of_claims_has_the_columns_that_others_read_in_front():
    rows, _ = evaluate([claim()], lambda name: frame())
    first = ["claim", "paper", "location", "statement", "predicted", "measured", "deviation", "tolerance", "verdict"]
    assert list(rows.columns) == list(COLUMNS)
    assert list(rows.columns)[:9] == first


def test_an_erratum_carries_its_name_and_what_it_changes_and_other_claims_nothing():
    printed = Printed("y is wrong", "conclusion", erratum="shared", predicted="wrong")
    rows, _ = evaluate([claim(printed), claim()], lambda name: frame())
    assert rows[["erratum", "consequence"]].to_numpy().tolist() == [["shared", "conclusion"], ["", ""]]


def test_a_deviation_towards_infinity_is_infinite():
    assert deviation_of(math.inf, 1.0, "at_most") == math.inf
    assert deviation_of(math.inf, 1.0, "at_least") == 0.0
    assert math.isnan(deviation_of(math.inf, math.inf, "equal"))


def verdicts(**entries):
    return pd.DataFrame({"claim": list(entries), "verdict": list(entries.values())})


def test_changed_new_and_lost_verdicts_are_told():
    before, now = verdicts(a="holds", b="erratum", c="fails"), verdicts(a="fails", b="erratum", d="holds")
    changes = [(change.claim, change.before, change.now) for change in verdict_changes(before, now)]
    assert changes == [("a", "holds", "fails"), ("c", "fails", "absent"), ("d", "absent", "holds")]
    assert verdict_changes(before, before) == []


def test_verdicts_are_counted_in_words():
    assert count_verdicts(verdicts(a="holds", b="holds", c="erratum")) == (
        "2 hold, 1 are errata (corrected and proven), 0 fail"
    )


@pytest.mark.parametrize(
    ("deviation", "tolerance", "ratio"),
    [
        (0.5, 2.0, 0.25),
        (0.0, 0.0, 0.0),
        (0.1, 0.0, math.inf),
        (math.nan, 1.0, math.inf),
        (1.0, math.nan, math.inf),
        (0.0, math.inf, math.inf),
    ],
)
def test_deviation_over_tolerance_is_above_one_exactly_where_a_claim_fails(deviation, tolerance, ratio):
    assert over_tolerance(deviation, tolerance) == ratio
    assert Comparison(Measurement("a", 0.0, 0.0), deviation, 0.0, tolerance, 1).agrees == (ratio <= 1)
