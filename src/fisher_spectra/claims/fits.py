"""Estimates from points with errors, and how sure they are: the value at 0 of a line, an exponent, a threshold.

Each estimate is a combination sum c_i y_i of independent points, linear or nearly so. Its standard error has

    degrees of freedom = (sum c_i^2 s_i^2)^2 / sum (c_i^4 s_i^4 / f_i)

(Welch 1947, Satterthwaite 1946), f_i being those of the error s_i of a point. Two things besides would make errors from
few networks look better than they are, and neither is let in:

- Points weighted by their own errors: one that is too small by chance would rule the fit. The weights come from a
  power law through all errors (`smooth_errors`), which a single one hardly moves.
- An error that is too small by chance: it counts as large as the power law says. One that is larger counts as it is.

Errors that are known, with infinite degrees of freedom, are taken as they are.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

Array = npt.NDArray[np.float64]


class Estimate(NamedTuple):
    """A value, its standard error and the degrees of freedom of that; numbers, or arrays of one shape."""

    value: Array
    standard_error: Array
    degrees_of_freedom: Array


def combined_error(coefficients: Array, errors: Array, freedom: Array) -> tuple[Array, Array]:
    """Standard error of sum c_i y_i with independent y_i, and its degrees of freedom by Welch and Satterthwaite.

    Parameters
    ----------
    coefficients, errors, freedom
        c_i, the standard errors of the y_i and the degrees of freedom of these, each of shape (.., k).

    Returns
    -------
    (standard error, degrees of freedom)
        Shape (..) each; infinite degrees of freedom if every error is known, or is 0.
    """
    shares = (coefficients * errors) ** 2
    total = np.sum(shares, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):  # no degrees of freedom: the error of a single value
        doubt = np.sum(shares**2 / freedom, axis=-1)
    return np.sqrt(total), np.divide(total**2, doubt, out=np.full_like(total, math.inf), where=doubt != 0.0)


def smooth_errors(x: Array, errors: Array) -> Array:
    """Errors on a power law in x, fitted to their logarithms and scaled to their mean square; all x and errors > 0.

    Parameters
    ----------
    x
        Shape (k,), not all equal.
    errors
        Shape (.., k).
    """
    logarithms = np.log(errors)
    centred = np.log(x) - np.mean(np.log(x))
    power = logarithms @ centred / (centred @ centred)
    law = np.exp(np.mean(logarithms, axis=-1, keepdims=True) + power[..., None] * centred)
    return np.asarray(law * np.sqrt(np.mean((errors / law) ** 2, axis=-1, keepdims=True)))


def intercept(x: Array, y: Array, errors: Array, freedom: Array) -> Estimate:
    """Value at x = 0 of the straight line through points.

    Parameters
    ----------
    x
        Shape (k,), positive, not all equal.
    y, errors, freedom
        Values, their standard errors, not 0, and the degrees of freedom of these; shape (.., k).
    """
    fitted, counted = _errors_of_a_fit(x, errors, freedom)
    solver = _solver(np.stack([np.ones_like(x), x], axis=-1), fitted)
    line = np.einsum("...ij,...j->...i", solver, y)
    error, degrees = combined_error(solver[..., 0, :], counted, freedom)
    misfit = np.sum(((y - line[..., :1] - line[..., 1:] * x) / fitted) ** 2, axis=-1)
    return Estimate(line[..., 0], error * _widening(misfit, x.size), degrees)


def intercept_from_scatter(x: Array, y: Array) -> Estimate:
    """Value at x = 0 of the straight line through three points or more, its error from their scatter; shapes (k,)."""
    freedom = x.size - 2
    solver = _solver(np.stack([np.ones_like(x), x], axis=-1), np.ones_like(x))
    start, slope = solver @ y
    scatter = np.sqrt(np.sum((y - start - slope * x) ** 2) / freedom)
    return Estimate(start, scatter * np.linalg.norm(solver[0]), np.asarray(float(freedom)))


def exponent(x: Array, y: Array, errors: Array, freedom: Array) -> Estimate:
    """Exponent p of the power law y = c x^p; y need not be positive everywhere, errors are those of y; shapes (k,).

    At least three of the values must be positive, all x, not all equal, and all errors.
    """
    fitted, counted = _errors_of_a_fit(x, errors, freedom)
    centre = float(np.exp(np.mean(np.log(x))))
    usable = y > 0
    start = np.polyfit(np.log(x[usable] / centre), np.log(y[usable]), 1)

    def law(at: Array, logarithm: float, power: float) -> Array:
        return np.exp(logarithm + power * np.log(at / centre))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.optimize.OptimizeWarning)  # that it has no covariance, which is not used
        parameters, _ = scipy.optimize.curve_fit(law, x, y, p0=[start[1], start[0]], sigma=fitted, absolute_sigma=True)
    values = law(x, *parameters)
    # by the derivatives of the law the exponent changes with y as a linear function does
    solver = _solver(values[:, None] * np.stack([np.ones_like(x), np.log(x / centre)], axis=1), fitted)
    error, degrees = combined_error(solver[1], counted, freedom)
    misfit = np.asarray(np.sum(((y - values) / fitted) ** 2))
    return Estimate(np.asarray(parameters[1]), error * _widening(misfit, x.size), degrees)


def exponent_from_scatter(x: Array, y: Array) -> Estimate:
    """Slope of log y against log x for three points or more, all positive; its error from their scatter."""
    logarithm, target = np.log(x), np.log(y)
    centred = logarithm - np.mean(logarithm)
    slope = centred @ target / (centred @ centred)
    freedom = x.size - 2
    misfit = np.sum((target - np.mean(target) - slope * centred) ** 2)
    return Estimate(slope, np.sqrt(misfit / freedom / (centred @ centred)), np.asarray(float(freedom)))


def mean_threshold(curves: Sequence[tuple[Array, Array, float]]) -> Estimate:
    """Mean over curves of where their trials turn (Spearman 1908, Kärber 1931).

    Where a trial turns is known to the step between two x. It counts as the step's middle, whose rounding the scatter
    of the trials averages out. The scatter is taken to be that of all curves, which few trials do not tell apart.

    Parameters
    ----------
    curves
        Of each: rising x, shape (k,); the share of trials that have turned at x, from 0 at the first to 1 at the last,
        shape (k,); and the number of trials.
    """
    values, squares, steps, freedoms, trials_of = [], [], [], [], []
    for x, share, trials in curves:
        turning, middles = np.diff(share), (x[1:] + x[:-1]) / 2.0
        values.append(turning @ middles)
        squares.append(trials * (turning @ (middles - values[-1]) ** 2))
        steps.append(np.max(np.diff(x)[turning > 0.0]))
        freedoms.append(trials - 1.0)
        trials_of.append(trials)
    freedom, value = sum(freedoms), np.asarray(np.mean(values))
    if sum(squares) > 0.0 and freedom > 0.0:
        scatter = math.sqrt(sum(squares) / freedom)
        error = scatter * math.sqrt(sum(1.0 / number for number in trials_of)) / len(values)
        return Estimate(value, np.asarray(error), np.asarray(freedom))
    # All trials of a curve turn within one step: any place of it is as likely.
    error = math.sqrt(sum(step**2 for step in steps) / 12.0) / len(values)
    return Estimate(value, np.asarray(error), np.asarray(math.inf))


def _errors_of_a_fit(x: Array, errors: Array, freedom: Array) -> tuple[Array, Array]:
    """Errors that weigh the points, and those that make the error of the result."""
    if np.all(np.isinf(freedom)):
        return errors, errors
    smooth = smooth_errors(x, errors)
    return smooth, np.maximum(errors, smooth)


def _solver(design: Array, errors: Array) -> Array:
    """The matrix that takes values to the parameters of a weighted least squares fit, shape (.., 2, k)."""
    scaled = design / errors[..., None]
    return np.asarray(np.linalg.pinv(scaled) / errors[..., None, :])


def _widening(misfit: Array, points: int) -> Array:
    """Factor on the error where the points scatter more than their errors say; never below 1."""
    if points <= 2:
        return np.ones_like(misfit)
    return np.sqrt(np.maximum(1.0, misfit / (points - 2)))
