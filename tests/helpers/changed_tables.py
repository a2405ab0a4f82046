"""Reference tables in which some cells are multiplied by a factor: what claims must notice."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

Read = Callable[[str], pd.DataFrame]


def changed_tables(read: Read, name: str, where: str, column: str, factor: float) -> Read:
    """Like `read`, a function from the name of a table to the table, with `factor` on a column of some rows of one."""

    def changed(table: str) -> pd.DataFrame:
        frame = read(table)
        if table == name:
            rows = frame.eval(where)
            assert isinstance(rows, pd.Series)
            assert rows.any()
            frame.loc[rows, column] = frame.loc[rows, column].astype(float) * factor
        return frame

    return changed
