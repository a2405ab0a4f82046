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
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit

from fisher_spectra.claims.expressions import condition, numbers
from fisher_spectra.claims.ledger import Measure
from fisher_spectra.errors import UserError

Array = npt.NDArray[np.float64]


class NothingToMeasure(UserError):
    """The table has too few rows for a measure: another configuration, not a fault."""


@dataclass(frozen=True)
class Measurement:
    """One cell of a claim."""

    cell: str  # e.g. "tanh, M = 1000"
    measured: float
    predicted: float
    standard_error: float = 0.0  # of `measured`
    degrees_of_freedom: float = math.inf  # of the standard error
    half_width: float = 0.0  # `measured` lies within this, whatever the chance: half a step of a grid


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
        If no row is left, or a cell has too few rows for the measure.
    UserError
        If an expression cannot be evaluated.
    """
    for column in (*how.by, *how.distinct):
        if column not in frame.columns:
            raise UserError(f"by, distinct: no column {column!r}; there are {', '.join(frame.columns)}")
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
            error = math.sqrt(float(np.sum(errors**2))) / len(group)
            freedom = float(np.sum(_optional(how.degrees_of_freedom, group, math.inf)))
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
        happened = float(np.sum(numbers(how.measured, group) * trials))
        # half a trial more of each kind, so that 20 of 20 is not taken for certainty
        smoothed = (happened + 0.5) / (total + 1.0)
        error = math.sqrt(smoothed * (1.0 - smoothed) / total)
        yield Measurement(cell, happened / total, _first(predicted, group), error)


def _limit(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        design = np.stack([np.ones_like(x), x], axis=1)
        if how.standard_error is None:
            _need(group, 3, "limit without standard errors", cell)
            errors = np.ones_like(x)
        else:
            _need(group, 2, "limit", cell)
            errors = numbers(how.standard_error, group)
        scaled, target = design / errors[:, None], y / errors
        solution = np.linalg.lstsq(scaled, target, rcond=None)[0]
        covariance = np.linalg.inv(scaled.T @ scaled)
        freedom = len(group) - 2
        misfit = float(np.sum((target - scaled @ solution) ** 2))
        error = math.sqrt(covariance[0, 0]) * _error_scale(misfit, freedom, how.standard_error is not None)
        known = how.standard_error is not None
        dof = float(np.sum(_optional(how.degrees_of_freedom, group, math.inf))) if known else float(freedom)
        yield Measurement(cell, float(solution[0]), _first(predicted, group), error, dof)


def _slope(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        _need(group, 3, "slope", cell)
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        usable = (y > 0) & (x > 0) & np.isfinite(y)
        if np.count_nonzero(usable) < 3:
            raise NothingToMeasure(f"slope of {cell}: fewer than 3 values above 0")
        if how.standard_error is None:
            exponent, error, dof = _line_through_logarithms(np.log(x[usable]), np.log(y[usable]))
        else:
            exponent, error = _power_law(x, y, numbers(how.standard_error, group), usable)
            dof = float(np.sum(_optional(how.degrees_of_freedom, group, math.inf)))
        yield Measurement(cell, exponent, _first(predicted, group), error, dof)


def _line_through_logarithms(x: Array, y: Array) -> tuple[float, float, float]:
    """Slope, standard error from the scatter, degrees of freedom."""
    centred = x - np.mean(x)
    exponent = float(centred @ y / (centred @ centred))
    freedom = x.size - 2
    misfit = float(np.sum((y - np.mean(y) - exponent * centred) ** 2))
    return exponent, math.sqrt(misfit / freedom / float(centred @ centred)), float(freedom)


def _power_law(x: Array, y: Array, errors: Array, usable: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Exponent of y = c x^p and its standard error; y need not be positive everywhere, errors are those of y."""
    centre = float(np.exp(np.mean(np.log(x))))
    start = np.polyfit(np.log(x[usable] / centre), np.log(y[usable]), 1)

    def law(at: Array, logarithm: float, exponent: float) -> Array:
        return np.exp(logarithm + exponent * np.log(at / centre))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # that it has no covariance, which is not used
        parameters, _ = curve_fit(law, x, y, p0=[start[1], start[0]], sigma=errors, absolute_sigma=True)
    fitted = law(x, *parameters)
    misfit = float(np.sum(((y - fitted) / errors) ** 2))
    # from the derivatives of the law: that of curve_fit is infinite where the start is already the solution
    derivatives = (fitted / errors)[:, None] * np.stack([np.ones_like(x), np.log(x / centre)], axis=1)
    covariance = np.linalg.inv(derivatives.T @ derivatives)
    return float(parameters[1]), math.sqrt(covariance[1, 1]) * _error_scale(misfit, x.size - 2, known=True)


def _error_scale(misfit: float, freedom: int, known: bool) -> float:
    """Factor on the standard error of a fit.

    Errors that are known are widened where the points scatter more than they say, never narrowed; errors that are not
    known come from the scatter.
    """
    if freedom <= 0:
        return 1.0
    reduced = misfit / freedom
    return math.sqrt(max(1.0, reduced)) if known else math.sqrt(reduced)


def _integral(rows: pd.DataFrame, how: Measure, predicted: str | float) -> Iterator[Measurement]:
    for cell, group in _groups(rows, how.by):
        _need(group, 2, "integral", cell)
        x, y = numbers(_given(how.against), group), numbers(how.measured, group)
        order = np.argsort(x)
        yield Measurement(cell, float(np.trapezoid(y[order], x[order])), _first(predicted, group))


def _first(expression: str | float, group: pd.DataFrame) -> float:
    return float(numbers(expression, group)[0])


def _given(expression: str | float | None) -> str | float:
    assert expression is not None  # the ledger is refused otherwise
    return expression


def _need(group: pd.DataFrame, least: int, kind: str, cell: str) -> None:
    if len(group) < least:
        raise NothingToMeasure(f"{kind} of {cell}: needs at least {least} rows, has {len(group)}")


_KINDS: dict[str, Callable[[pd.DataFrame, Measure, str | float], Iterator[Measurement]]] = {
    "cells": _cells,
    "mean": _mean,
    "share": _share,
    "limit": _limit,
    "slope": _slope,
    "integral": _integral,
}
