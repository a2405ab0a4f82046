"""Fits of points with errors: their uncertainty is right even where the errors come from few networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from fisher_spectra.claims.comparison import FALSE_ALARM
from fisher_spectra.claims.fits import combined_error, exponent, intercept, smooth_errors

WIDTHS = np.array([64.0, 128.0, 256.0, 512.0, 1024.0])


def drawn(rng, runs, errors, networks):
    """Values around 0 and their estimated errors and degrees of freedom, as `networks` normal draws give them."""
    shape = (runs, len(errors))
    scatter = np.sqrt(rng.chisquare(networks - 1, size=shape) / (networks - 1))
    return errors * rng.standard_normal(shape), errors * scatter, np.full(shape, networks - 1.0)


def false_alarms(value, error, freedom, cells, chance=FALSE_ALARM):
    """Share of claims of so many cells, all of which are true with the value 0, that fail."""
    fails = 2 * t.sf(np.abs(value) / error, freedom) < chance / cells
    return np.mean(fails.reshape(-1, cells).any(axis=1))


@pytest.mark.parametrize(
    ("x", "power", "networks", "cells"),
    [
        (WIDTHS[:3] ** -1, 1.0, 3, 3),
        (WIDTHS ** (-2 / 3), 1.5, 4, 3),  # upper edges of Pennington and Worah
        (WIDTHS**-1, 1.0, 6, 4),  # their moments
        (WIDTHS**-1, 0.0, 10, 4),
    ],
)
def test_a_true_limit_fails_as_rarely_as_promised_with_few_networks(x, power, networks, cells):
    rng = np.random.default_rng(networks)
    y, errors, freedom = drawn(rng, 100_000 * cells, x**power, networks)
    found = intercept(x, y, errors, freedom)
    assert false_alarms(*found, cells) <= FALSE_ALARM
    # and it is not as rare as that only because everything is allowed
    assert false_alarms(*found, cells, chance=0.1) > 0.01


def test_a_true_mean_fails_as_rarely_as_promised_with_unequal_errors():
    rng = np.random.default_rng(0)
    errors = np.geomspace(1.0, 10.0, 5)
    for networks in (2, 20):
        y, estimated, freedom = drawn(rng, 300_000, errors, networks)
        alarms = false_alarms(y.mean(axis=1), *combined_error(np.full(5, 0.2), estimated, freedom), 1)
        assert alarms <= 1.3 * FALSE_ALARM  # Welch's degrees of freedom are approximate: docs/promises.md


def test_degrees_of_freedom_of_one_error_are_its_own_and_of_equal_ones_their_sum():
    error, freedom = combined_error(np.array([1.0, 1.0]), np.array([3.0, 0.0]), np.array([4.0, 9.0]))
    assert (error, freedom) == (3.0, 4.0)
    error, freedom = combined_error(np.full(5, 0.2), np.full(5, 2.0), np.full(5, 3.0))
    assert error == pytest.approx(0.4 * math.sqrt(5))
    assert freedom == pytest.approx(15.0)
    error, freedom = combined_error(np.array([1.0]), np.array([3.0]), np.array([math.inf]))
    assert (error, freedom) == (3.0, math.inf)


def test_smooth_errors_are_the_errors_where_these_follow_a_power_law():
    errors = 0.3 * WIDTHS**-1.25
    np.testing.assert_allclose(smooth_errors(WIDTHS, errors), errors, rtol=1e-12)
    np.testing.assert_allclose(smooth_errors(1 / WIDTHS, np.stack([errors, 2 * errors]))[1], 2 * errors, rtol=1e-12)


def test_a_point_whose_error_is_small_by_chance_does_not_rule_the_limit():
    errors = np.where(WIDTHS == 64.0, 1e-6, 1e-2)
    freedom = np.full(5, 3.0)
    y = np.where(WIDTHS == 64.0, 0.03, 0.0)
    found = intercept(1 / WIDTHS, y, errors, freedom)
    ruled = intercept(1 / WIDTHS, y, errors, np.full(5, math.inf))  # errors that are known are believed
    slope_through_the_point = np.polyval(np.polyfit(1 / WIDTHS, y, 1, w=1 / errors), 0.0)
    assert ruled.value == pytest.approx(slope_through_the_point)
    assert found.standard_error > abs(found.value) / 4


@pytest.mark.parametrize("freedom", [math.inf, 5.0])
def test_the_error_of_a_fit_is_that_of_its_derivatives_with_respect_to_the_points(freedom):
    errors = np.array([0.05, 0.03, 0.02, 0.02, 0.005])
    degrees = np.full(5, freedom)
    smooth = smooth_errors(WIDTHS, errors)
    counted = errors if math.isinf(freedom) else np.maximum(errors, smooth)
    step = 1e-5
    for fit, x, y in ((intercept, 1 / WIDTHS, 2 + 7 / WIDTHS), (exponent, WIDTHS, 40 * WIDTHS**-0.5)):
        found = fit(x, y, errors, degrees)
        derivatives = np.array(
            [
                (fit(x, y + step * unit, errors, degrees).value - fit(x, y - step * unit, errors, degrees).value)
                / (2 * step)
                for unit in np.eye(5)
            ]
        )
        shares = (derivatives * counted) ** 2
        assert found.standard_error == pytest.approx(math.sqrt(shares.sum()), rel=1e-5)
        expected = shares.sum() ** 2 / np.sum(shares**2 / freedom) if math.isfinite(freedom) else math.inf
        assert found.degrees_of_freedom == pytest.approx(expected, rel=1e-5)
