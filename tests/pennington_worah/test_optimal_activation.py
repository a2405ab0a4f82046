"""f_opt (28) found numerically, and the best monotone saturating activation (29)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.optimal_activation import (
    best_monotone_saturating_activation,
    hermite_constants,
    optimal_hermite_activation,
    saturating_activation,
)


@pytest.mark.parametrize("degree", [2, 5, 12])
def test_numerical_minimiser_over_hermite_coefficients_is_f_opt(degree: int) -> None:
    optimum = optimal_hermite_activation(degree, np.random.default_rng(degree))
    expected = np.zeros(degree)
    expected[:2] = np.sqrt([1 / 13, 12 / 13])
    assert np.allclose(optimum.coefficients, expected, atol=1e-6)
    assert optimum.constants.conditioning == pytest.approx(21 / 19, abs=1e-12)


def test_registered_f_opt_has_the_minimal_conditioning() -> None:
    assert nonlinearity_constants(get_activation("optimal_quadratic")).conditioning == pytest.approx(21 / 19, abs=1e-10)


def test_no_random_combination_of_hermite_polynomials_is_better_than_f_opt() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        assert hermite_constants(rng.standard_normal(6) * rng.random(6) ** 3).conditioning >= 21 / 19


@pytest.mark.parametrize(("gain", "threshold"), [(1.0, 0.5), (3.0, -1.0), (0.5, 2.0)])
def test_closed_form_constants_of_the_saturating_family(gain: float, threshold: float) -> None:
    member = saturating_activation(gain, threshold)
    measured = nonlinearity_constants(member.activation)
    assert measured.eta == pytest.approx(1.0, abs=1e-9)
    assert measured.eta_prime == pytest.approx(member.constants.eta_prime, rel=1e-9)
    assert measured.zeta == pytest.approx(member.constants.zeta, rel=1e-9)


def test_saturating_family_contains_the_erf_of_equation_30() -> None:
    member = saturating_activation(1.0, 0.0)
    erf = nonlinearity_constants(get_activation("normalised_erf(alpha=1)"))
    assert member.constants.conditioning == pytest.approx(erf.conditioning, rel=1e-10)


def test_saturating_function_is_increasing_and_bounded() -> None:
    f = best_monotone_saturating_activation().activation
    x = np.linspace(-30, 30, 2001)
    assert np.all(np.diff(f(x)) >= 0)
    assert f(np.array([30.0]))[0] == f(np.array([300.0]))[0]
    step = 1e-6
    assert np.allclose(f.derivative(x), (f(x + step) - f(x - step)) / (2 * step), atol=1e-6)


def test_best_monotone_saturating_activation_beats_every_erf_of_equation_30_and_not_f_opt() -> None:
    best = best_monotone_saturating_activation()
    erfs = [saturating_activation(gain, 0.0).constants.conditioning for gain in np.geomspace(0.05, 50, 60)]
    assert 21 / 19 < best.constants.conditioning < min(erfs) - 0.2
    assert best.constants.conditioning == pytest.approx(1.193537, abs=1e-6)
    # A local minimum in both parameters.
    f = best.activation
    for gain, threshold in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)):
        neighbour = saturating_activation(f.gain * gain, f.threshold * threshold)
        assert neighbour.constants.conditioning > best.constants.conditioning


def test_useless_searches_are_refused() -> None:
    with pytest.raises(ValueError, match="degree = 1"):
        optimal_hermite_activation(1, np.random.default_rng(0))
    for gain in (0.0, 1e-5, 1e-9, np.inf, np.nan):
        with pytest.raises(ValueError, match=r"must be positive and finite, at least 0\.001"):
            saturating_activation(gain, 1.0)
    with pytest.raises(ValueError, match="constant up to rounding"):
        saturating_activation(1.0, 100.0)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_smallest_gain_still_has_accurate_constants(threshold: float) -> None:
    # f is linear up to g^2 relatively, what is not linear having a weight of g^4 = 1e-12
    member = saturating_activation(1e-3, threshold)
    assert member.constants.zeta == pytest.approx(1.0, abs=1e-9)
    assert member.constants.eta_prime == pytest.approx(1.0, abs=1e-9)


def test_no_erf_with_another_gain_and_threshold_is_better_conditioned_than_the_ledger_says():
    """Scanned with the trapezoidal rule: the claim on (29) predicts the smallest value found, to four decimals."""
    x = np.linspace(-10, 10, 2001)
    weight = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * 0.01
    gain, threshold = (grid[..., None] for grid in np.meshgrid(np.linspace(0.6, 0.9, 61), np.linspace(3, 4, 101)))
    value, slope = erf(gain * (x - threshold)), 2 * gain / np.sqrt(np.pi) * np.exp(-((gain * (x - threshold)) ** 2))
    mean, variance = value @ weight, value**2 @ weight - (value @ weight) ** 2
    eta_prime, zeta = slope**2 @ weight / variance, (slope @ weight) ** 2 / variance
    ratio = 2 * (1 + eta_prime**2 + 4 * zeta**2) / (1 + eta_prime) ** 2
    assert ratio.min() == pytest.approx(1.1935, abs=5e-5)
    assert np.all(np.abs(mean) < 1)
