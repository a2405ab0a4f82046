"""Measured values with standard errors, from the rows of a tidy table.

Each measure turns a table into a list of cells, each with a measured value, the value predicted for it and how
uncertain the measured one is. None of them knows a paper.

- `cells`: every row is a cell.
- `mean`: mean over the rows of a cell, e.g. of the log distances between a line and a measured border.
- `share`: share of trials in which something happened, over all rows of a cell.
- `limit`: straight line through measured against `against`, and its value where `against` is 0; with 1/M for
  `against`, the limit of infinite width.
- `slope`: exponent p of the power law measured = c against^p.
- `integral`: integral of measured over `against`, by the trapezoidal rule.
- `threshold`: where along `against` trials turn, of which measured is the share that has; mean over the trials of a
  curve and over the `curves` of a cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.claims.expressions import condition, numbers
from fisher_spectra.claims.fits import (
    combined_error,
    exponent,
    exponent_from_scatter,
    intercept,
    intercept_from_scatter,
    mean_threshold,
)
from fisher_spectra.claims.ledger import Measure
from fisher_spectra.common.errors import UserError

Array = npt.NDArray[np.float64]


class NothingToMeasure(UserError):
    """The table has too little for a measure, in rows, trials or errors: another configuration, not a fault."""


@dataclass(frozen=True)
class Measurement:
    """One cell of a claim."""

    cell: str  # e.g. "tanh, M = 1000"
    measured: float
    predicted: float
    standard_error: float = 0.0  # of `measured`
    degrees_of_freedom: float = math.inf  # of the standard error
    half_width: float = 0.0  # `measured` lies within this, whatever the chance: half a step of a grid
    trials: float | None = None  # of a share, which its standard error follows from


def measure(frame: pd.DataFrame, how: Measure, predicted: str | float) -> list[Measurement]:
    """Measure a table.

    Parameters
    ----------
    frame
        The table.
    how
        The measure and its expressions.
    predicted
        Expression of the predicted value; where a cell has several rows, that of its first row counts.

    Returns
    -------
    list of Measurement
        One for each cell, in the order of the table.

    Raises
    ------
    NothingToMeasure
        If no row is left, or a cell has too few rows for the measure, no trial, one value of `against` alone, or a fit
        has a row without a standard error to weigh it by (0 of a single value, or nan of a single network).
    UserError
        If an expression cannot be evaluated.
    """
    for column in (*how.by, *how.distinct, *how.curves):
        if column not in frame.columns:
            raise UserError(f"by, distinct, curves: no column {column!r}; there are {', '.join(frame.columns)}")
    rows = frame if how.where is None else frame[condition(how.where, frame)]
    if rows.empty:
        raise NothingToMeasure(f"no row of the table is such that {how.where}")
    if how.distinct:
        rows = rows.drop_duplicates(list(how.distinct))
    return list(_KINDS[how.kind](rows, how, predicted))


def label_of(row: pd.Series, by: tuple[str, ...]) -> str:
    """Name of a cell: texts as they are, numbers with the name of their column."""
    parts = [str(row[name]) if isinstance(row[name], str) else f"{name} = {row[name]:.6g}" for name in by]
    return ", ".join(parts) or "all"


def _groups(rows: pd.DataFrame, by: tuple[str, ...]) -> Iterator[tuple[str, pd.DataFrame]]:
    if not by:
        yield "all", rows
        return
    for _, group in rows.groupby(list(by), sort=False):
        yield label_of(group.iloc[0], by), group


def _optional(expression: str | float | None, rows: pd.DataFrame, default: float) -> Array:
    return np.full(len(rows), default) if expression is None else numbers(expression, rows)


def _cells(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    columns = (
        numbers(how.measured, rows),
        numbers(predicted, rows),
        _optional(how.standard_error, rows, 0.0),
        _optional(how.degrees_of_freedom, rows, math.inf),
        _optional(how.half_width, rows, 0.0),
    )
    for (_, row), values in zip(rows.iterrows(), zip(*columns, strict=True), strict=True):
        yield Measurement(label_of(row, how.by), *map(float, values))


def _mean(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        values = numbers(how.measured, group)
        if how.standard_error is not None:
            errors = numbers(how.standard_error, group)
            freedoms = _optional(how.degrees_of_freedom, group, math.inf)
            error, freedom = map(float, combined_error(np.full(len(group), 1 / len(group)), errors, freedoms))
        else:
            _need(group, 2, "mean", cell)
            error = float(np.std(values, ddof=1)) / math.sqrt(len(group))
            freedom = len(group) - 1
        half_width = float(np.mean(_optional(how.half_width, group, 0.0)))
        yield Measurement(cell, float(np.mean(values)), _first(predicted, group), error, freedom, half_width)


def _share(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        trials = numbers(_given(how.trials), group)
        total = float(np.sum(trials))
        if not total > 0:
            raise NothingToMeasure(f"share of {cell}: there is no trial")
        happened = float(np.sum(numbers(how.measured, group) * trials))
        share = happened / total
        yield Measurement(cell, share, _first(predicted, group), share_error(share, total), trials=total)


def share_error(share: float, trials: float) -> float:
    """Standard error of a share, with half a trial more of each kind, so that 20 of 20 is not taken for certainty."""
    smoothed = (share * trials + 0.5) / (trials + 1.0)
    return math.sqrt(smoothed * (1.0 - smoothed) / trials)


def _limit(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        _need(group, 3 if how.standard_error is None else 2, "limit", cell)
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        if how.standard_error is None:
            _need_spread(x, "limit", cell)
            found = intercept_from_scatter(x, y)
        else:
            found = intercept(x, y, *_errors_of_points(x, group, how, "limit", cell))
        yield Measurement(cell, float(found.value), _first(predicted, group), *map(float, found[1:]))


def _slope(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        _need(group, 3, "slope", cell)
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        usable = (y > 0) & (x > 0) & np.isfinite(y)
        if np.count_nonzero(usable) < 3:
            raise NothingToMeasure(f"slope of {cell}: fewer than 3 values above 0")
        if how.standard_error is None:
            _need_spread(x[usable], "slope", cell)
            found = exponent_from_scatter(x[usable], y[usable])
        else:
            found = exponent(x, y, *_errors_of_points(x, group, how, "slope", cell))
        yield Measurement(cell, float(found.value), _first(predicted, group), *map(float, found[1:]))


def _errors_of_points(x: Array, group: pd.DataFrame, how: Measure, kind: str, cell: str) -> tuple[Array, Array]:
    """Standard errors of the points of a fit and their degrees of freedom, fit to weigh the points by."""
    _need_spread(x, kind, cell)
    if not np.all(x > 0):
        raise NothingToMeasure(f"{kind} of {cell}: `against` must be positive in every row")
    errors = numbers(_given(how.standard_error), group)
    if not np.all((errors > 0) & np.isfinite(errors)):
        raise NothingToMeasure(f"{kind} of {cell}: every row needs a standard error that is positive and finite")
    return errors, _optional(how.degrees_of_freedom, group, math.inf)


def _integral(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        _need(group, 2, "integral", cell)
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        order = np.argsort(x)
        yield Measurement(cell, float(np.trapezoid(y[order], x[order])), _first(predicted, group))


def _threshold(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        curves = [curve for _, curve in _groups(group, how.curves)]
        points = []
        for curve in curves:
            _need(curve, 2, "threshold", cell)
            x, share, trials = (numbers(_given(text), curve) for text in (how.against, how.measured, how.trials))
            order = np.argsort(x)
            if not (share[order[0]] == 0.0 and share[order[-1]] == 1.0):
                raise NothingToMeasure(f"threshold of {cell}: a share does not rise from 0 to 1")
            points.append((x[order], share[order], float(np.min(trials))))
        found = mean_threshold(points)
        yield Measurement(cell, float(found.value), _first(predicted, group), *map(float, found[1:]))


def _first(expression: str | float, group: pd.DataFrame) -> float:
    return float(numbers(expression, group)[0])


def _given(expression: str | float | None) -> str | float:
    assert expression is not None  # the ledger is refused otherwise
    return expression


def _need(group: pd.DataFrame, least: int, kind: str, cell: str) -> None:
    if len(group) < least:
        raise NothingToMeasure(f"{kind} of {cell}: needs at least {least} rows, has {len(group)}")


def _need_spread(x: Array, kind: str, cell: str) -> None:
    if np.ptp(x) == 0.0:
        raise NothingToMeasure(f"{kind} of {cell}: `against` is {x[0]:g} in every row")


_KINDS: dict[str, Callable[[pd.DataFrame, Measure, str | float], Iterator[Measurement]]] = {
    "cells": _cells,
    "mean": _mean,
    "share": _share,
    "limit": _limit,
    "slope": _slope,
    "integral": _integral,
    "threshold": _threshold,
}
