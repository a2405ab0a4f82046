"""Reference tables in which some cells are multiplied by a factor: what claims must notice."""

from __future__ import annotations


def changed_tables(read, name, where, column, factor):
    """Like `read`, a function from the name of a table to the table, with `factor` on a column of some rows of one."""

    def changed(table):
        frame = read(table)
        if table == name:
            rows = frame.eval(where)
            assert rows.any()
            frame.loc[rows, column] = frame.loc[rows, column].astype(float) * factor
        return frame

    return changed
