"""Whether the check of a table would notice any of its columns if it were wrong by one per cent.

A check that passes on the right table says nothing of what it looks at. So it is run again on copies of the table, in
each of which one column is wrong, and must fail on every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

ERROR = 0.01  # of a number
CELLS = 5  # of each column, each of which is wrong alone

Check = Callable[[pd.DataFrame], None]


@dataclass(frozen=True)
class TableCase:
    """A table as its script makes it, and the same table computed anew by another way.

    Attributes
    ----------
    made, expected
        The two, with the same columns and rows in the same order.
    relative
        Tolerances of columns that are not held to 1e-9, as a share of the expected value.
    absolute
        Tolerances of columns that have zeros up to rounding besides.
    """

    made: pd.DataFrame
    expected: pd.DataFrame
    relative: Mapping[str, float] = field(default_factory=dict)
    absolute: Mapping[str, float] = field(default_factory=dict)

    def check(self, table: pd.DataFrame) -> None:
        """Compare a table, cell by cell, with the expected one.

        Raises
        ------
        AssertionError
            If a column or a row is missing or too many, or a cell differs.
        """
        assert list(table.columns) == list(self.expected.columns)
        assert len(table) == len(self.expected)
        for name in table.columns:
            found, wanted = table[name].to_numpy(), self.expected[name].to_numpy()
            if not pd.api.types.is_numeric_dtype(self.expected[name]):
                assert found.tolist() == wanted.tolist(), name
                continue
            rtol, atol = self.relative.get(name, 1e-9), self.absolute.get(name, 0.0)
            near = np.isclose(found.astype(float), wanted.astype(float), rtol=rtol, atol=atol, equal_nan=True)
            assert near.all(), f"{name}: {found[~near][0]} in place of {wanted[~near][0]}, {(~near).sum()} cells"


def assert_every_column_is_held(table: pd.DataFrame, check: Check, unheld: Mapping[str, str] | None = None) -> None:
    """Let a check pass on a table and fail on it with any one column wrong.

    A column of numbers is wrong by one per cent: in all rows, and in one row alone, for rows from the first to the
    last. Zeros, which no factor changes, grow by one per cent of the largest number of the column (of 1 in a column
    of zeros); what is not a finite number becomes one. A column of texts has another one in all rows.

    Parameters
    ----------
    table, check
        The check raises AssertionError.
    unheld
        Columns that the check cannot hold, with the reason. One that it does hold does not belong here.

    Raises
    ------
    AssertionError
        If the check fails on the table, or passes on a wrong one.
    """
    unheld = unheld or {}
    assert set(unheld) <= set(table.columns), f"no such columns: {sorted(set(unheld) - set(table.columns))}"
    assert len(table), "a table without rows holds nothing"
    check(table)
    for name in table.columns:
        missed = [what for what, wrong in _wrong(table[name]) if _passes(check, table.assign(**{str(name): wrong}))]
        if name in unheld:
            assert missed, f"column {name!r} is held, against: {unheld[str(name)]}"
        else:
            assert not missed, f"column {name!r} is not held: nobody notices {missed[0]}"


def _passes(check: Check, table: pd.DataFrame) -> bool:
    try:
        check(table)
    except AssertionError:
        return False
    return True


def _wrong(column: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.float64] | list[str]]]:
    """What is wrong with a copy of the column, and the copy."""
    if not pd.api.types.is_numeric_dtype(column):
        yield "another text", [f"not {text}" for text in column]
        return
    values = column.to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        scaled = values * (1 + ERROR)
    changed = cells_wrong(values)
    yield "one per cent", scaled if (np.isfinite(values) & (values != 0)).any() else changed
    for row in dict.fromkeys(np.linspace(0, len(values) - 1, CELLS).round().astype(int).tolist()):
        one = values.copy()
        one[row] = changed[row]
        yield f"{changed[row]} in place of {values[row]} in row {row}", one


def cells_wrong(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each cell wrong by one per cent, or by as much of the largest where it is zero or no number."""
    finite = np.isfinite(values)
    largest = float(np.abs(values[finite]).max(initial=0.0)) or 1.0
    return np.where(finite & (values != 0), np.where(finite, values, 0.0) * (1 + ERROR), ERROR * largest)
