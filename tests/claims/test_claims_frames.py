"""A claim that compares two tables sees each row of its own beside the row of the other that has the same names."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.frames import frame_of
from fisher_spectra.claims.ledger import Beside, Claim, Measure, Tolerance, read_by, tables_of
from fisher_spectra.common.errors import UserError

ONE = Claim(
    name="a_claim",
    paper="a paper",
    location="Figure 2",
    statement="the borders are the same",
    table="first",
    beside=Beside("second", ("name", "M"), ("border",), 'dataset == "mnist"'),
    measure=Measure("cells", ("name", "M"), "border / border_beside", distinct=("name", "M")),
    predicted=1,
    tolerance=Tolerance("no allowance but rounding", absolute=1e-9),
    scales=("paper",),
)
FIRST = pd.DataFrame({"name": ["tanh", "tanh", "relu"], "M": [16, 32, 16], "border": [1.0, 2.0, 3.0]})
# as tables of training are: the border stands in the row of every learning rate
SECOND = pd.DataFrame(
    {
        "dataset": ["mnist", "mnist", "gaussian", "mnist", "own:mnist"],
        "name": ["relu", "relu", "relu", "tanh", "tanh"],
        "M": [16, 16, 16, 16, 16],
        "eta": [0.1, 0.2, 0.1, 0.1, 0.1],
        "border": [6.0, 6.0, 7.0, 4.0, 9.0],
    }
)


def read(**tables):
    return lambda name: ({"first": FIRST, "second": SECOND} | tables)[name]


def beside(**changes):
    return dataclasses.replace(ONE, beside=dataclasses.replace(ONE.beside, **changes))


def test_rows_that_both_tables_have_stand_side_by_side_once():
    frame = frame_of(ONE, read())
    expected = {("tanh", 16): (1.0, 4.0), ("relu", 16): (3.0, 6.0)}
    pairs = zip(frame["border"], frame["border_beside"], strict=True)
    found = dict(zip(zip(frame["name"], frame["M"], strict=True), pairs, strict=True))
    assert found == expected
    assert len(frame) == len(expected)


def test_the_verdict_is_about_the_two_values_of_each_row():
    table, left_out = evaluate([ONE], read())
    assert left_out == []
    assert (table["cell"].item(), table["measured"].item(), table["verdict"].item()) == ("tanh, M = 16", 0.25, "fails")
    equal = SECOND.assign(border=SECOND["name"].map({"tanh": 1.0, "relu": 3.0}))
    assert evaluate([ONE], read(second=equal))[0]["verdict"].item() == "holds"


def test_a_claim_with_nothing_beside_it_is_left_out_with_the_reason():
    table, left_out = evaluate([beside(where='dataset == "cifar10"')], read())
    assert table.empty
    assert left_out == ["claim a_claim, table first: no row has one of table second beside it"]


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (beside(columns=("speed",)), "beside: table second: no column 'speed'; there are dataset, name"),
        (beside(by=("name", "depth")), "beside: table second: no column 'depth'"),
        (beside(where=None), "beside: table second: several rows for one value of name, M"),
    ],
)
def test_a_second_table_that_does_not_fit_is_refused_in_one_line(claim, message):
    with pytest.raises(UserError, match=f"^claim a_claim, table first: {message}"):
        evaluate([claim], read())


def test_both_tables_are_read_by_the_claim():
    assert read_by(ONE) == ("first", "second")
    assert tables_of([ONE, dataclasses.replace(ONE, beside=None)]) == ["first", "second"]
