"""The rows that a claim is judged by: none from data of the reader's own, and those of a second table beside them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from fisher_spectra.claims.expressions import condition
from fisher_spectra.claims.ledger import Beside, Claim
from fisher_spectra.claims.measures import NothingToMeasure
from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.variants import is_own


def frame_of(claim: Claim, read: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """The table of a claim; with the columns of a second one, where it compares two.

    Parameters
    ----------
    claim
        The claim.
    read
        Gives the table of a name.

    Raises
    ------
    NothingToMeasure
        If a table has nothing but data of the reader's own, or the two have no row in common.
    UserError
        If the second table lacks a column, or has two different rows for one of the first.
    """
    frame = without_own_data(read(claim.table))
    return frame if claim.beside is None else _joined(frame, without_own_data(read(claim.beside.table)), claim.beside)


def without_own_data(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that are not from data of the reader's own, of which no paper says anything.

    Raises
    ------
    NothingToMeasure
        If there are no others.
    """
    if "dataset" not in frame.columns:
        return frame
    published = frame[~frame["dataset"].astype(str).map(is_own)]
    if published.empty and not frame.empty:
        raise NothingToMeasure("it has nothing but data of your own, of which the papers say nothing")
    return published


def _joined(frame: pd.DataFrame, other: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """`frame` with the `columns` of `other` as ``<column>_beside``, in the rows that the two share."""
    wanted = [*beside.by, *beside.columns]
    for column in wanted:
        if column not in other.columns:
            raise UserError(f"beside: table {beside.table}: no column {column!r}; there are {', '.join(other.columns)}")
    rows = other if beside.where is None else other[condition(beside.where, other)]
    rows = rows[wanted].drop_duplicates()
    if rows.duplicated(list(beside.by)).any():
        raise UserError(f"beside: table {beside.table}: several rows for one value of {', '.join(beside.by)}")
    joined = frame.merge(rows.rename(columns={name: f"{name}_beside" for name in beside.columns}), on=list(beside.by))
    if joined.empty:
        raise NothingToMeasure(f"no row has one of table {beside.table} beside it")
    return joined
