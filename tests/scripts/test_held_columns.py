"""The harness of the columns of tables: a check that does not look at a column is found out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from held_columns import TableCase, assert_every_column_is_held, cells_wrong

TABLE = pd.DataFrame(
    {"name": ["a", "b"], "width": [10, 20], "value": [0.5, -2.0], "zero": [0.0, 0.0], "limit": [np.inf, np.nan]}
)


def looking_at(*names):
    """A check of these columns alone."""
    return TableCase(TABLE[list(names)], TABLE[list(names)]).check


def test_a_comparison_of_all_cells_holds_every_column():
    assert_every_column_is_held(TABLE, TableCase(TABLE, TABLE.copy()).check)


@pytest.mark.parametrize("ignored", TABLE.columns)
def test_a_column_that_the_check_ignores_is_named(ignored):
    names = [name for name in TABLE.columns if name != ignored]

    def check(table):
        looking_at(*names)(table[names])

    with pytest.raises(AssertionError, match=f"column '{ignored}' is not held"):
        assert_every_column_is_held(TABLE, check)
    assert_every_column_is_held(TABLE, check, {ignored: "the check of this test ignores it"})


def test_a_check_that_holds_the_mean_of_a_column_alone_is_found_out():
    def check(table):
        assert table["value"].mean() == pytest.approx(-0.75, rel=0.009)

    with pytest.raises(AssertionError, match="in row 0"):
        assert_every_column_is_held(TABLE[["value"]], check)


def test_a_check_with_a_tolerance_of_one_per_cent_is_found_out():
    case = TableCase(TABLE, TABLE, relative={"value": 0.011})
    with pytest.raises(AssertionError, match="column 'value' is not held: nobody notices one per cent"):
        assert_every_column_is_held(TABLE, case.check)


def test_an_exception_that_is_none_and_a_table_that_fails_are_refused():
    check = TableCase(TABLE, TABLE).check
    with pytest.raises(AssertionError, match="column 'value' is held, against: no way to"):
        assert_every_column_is_held(TABLE, check, {"value": "no way to"})
    with pytest.raises(AssertionError, match="no such columns"):
        assert_every_column_is_held(TABLE, check, {"values": "mistyped"})
    with pytest.raises(AssertionError):
        assert_every_column_is_held(TABLE.assign(value=3.0), check)


def test_cells_that_no_factor_changes_become_wrong_all_the_same():
    values = np.array([0.0, -4.0, np.nan, np.inf])
    np.testing.assert_allclose(cells_wrong(values), [0.04, -4.04, 0.04, 0.04])
    np.testing.assert_allclose(cells_wrong(np.zeros(2)), [0.01, 0.01])
