"""Expectations of products of f and its derivatives over pairs of pre-activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.gaussian import dual_activation as module
from fisher_spectra.gaussian.dual_activation import DualActivation, dual_activation
from fisher_spectra.gaussian.integrals import derivative_kernel, kernel
from fisher_spectra.pennington_worah.constants import standardised
from fisher_spectra.pennington_worah.optimal_activation import saturating_activation

Array = npt.NDArray[np.float64]

FIELDS = ("value", "first", "second_value", "second_second", "third_first")
EXACT = [
    "linear",
    "erf",
    "normalised_erf(alpha=0.7)",
    "relu",
    "leaky_relu(slope=0.3)",
    "shifted_leaky_relu(alpha=0.5)",
    "shifted_relu(a=1.3,b=0.4)",
    "hard_tanh(s=0.5,g=1.1)",
    "optimal_quadratic",
]
QUADRATURE = ["tanh", "gelu", "silu", "softplus", "sine"]


def random_covariance(size: int, seed: int) -> Array:
    weights = np.random.default_rng(seed).standard_normal((size, size)) / np.sqrt(size)
    return weights @ weights.T


COVARIANCE = random_covariance(6, 0)  # correlations up to 0.91
OFF = ~np.eye(6, dtype=bool)


def derivatives_of_the_kernels(spec: str, covariance: Array) -> dict[str, Array]:
    """Oracle: five-point differences of E f f and E f' f' in variance and covariance."""
    f = get_activation(spec)
    size = covariance.shape[0]
    off = ~np.eye(size, dtype=bool)
    full = np.broadcast_to(np.diagonal(covariance)[:, None], (size, size))
    arguments = [full[off], full.T[off], covariance[off]]

    def difference(function: Callable[..., Array], index: int, h: float = 1e-4) -> Array:
        def at(shift: float) -> Array:
            moved = list(arguments)
            moved[index] = moved[index] + shift
            return function(f, *moved)

        return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)

    return {
        "value": kernel(f, *arguments),
        "first": difference(kernel, 2),
        "second_value": 2 * difference(kernel, 0),
        "second_second": difference(derivative_kernel, 2),
        "third_first": 2 * difference(derivative_kernel, 0),
    }


@pytest.mark.parametrize("spec", EXACT + QUADRATURE)
def test_expectations_are_derivatives_of_the_dual_activation(spec: str) -> None:
    result = dual_activation(get_activation(spec), COVARIANCE)
    for name, expected in derivatives_of_the_kernels(spec, COVARIANCE).items():
        assert np.max(np.abs(getattr(result, name)[OFF] - expected)) < 1e-10, name


@pytest.mark.parametrize("spec", ["erf", "normalised_erf(alpha=1.3)"])
def test_hermite_series_equals_the_closed_form_of_erf(spec: str) -> None:
    f = get_activation(spec)
    variance = np.diagonal(COVARIANCE).copy()
    correlation = COVARIANCE / np.sqrt(np.outer(variance, variance))
    np.fill_diagonal(correlation, 0.0)
    series = module._by_hermite_series(f, variance, correlation, 0.25)
    exact = dual_activation(f, COVARIANCE)
    for name in FIELDS:
        assert np.max(np.abs(getattr(series, name) - getattr(exact, name))[OFF]) < 1e-13, name


@pytest.mark.parametrize("spec", ["relu", "hard_tanh(s=0.5,g=1.1)", "erf", "gelu"])
def test_quadrature_over_the_plane_equals_the_exact_routes(spec: str) -> None:
    f = get_activation(spec)
    variance = np.diagonal(COVARIANCE).copy()
    correlation = COVARIANCE / np.sqrt(np.outer(variance, variance))
    plane = DualActivation(*(np.zeros((6, 6)) for _ in FIELDS))
    module._integrate_pair(f, variance, correlation, 1, 4, 0.5, plane)
    exact = dual_activation(f, COVARIANCE)
    for name in FIELDS:
        for pair in ((1, 4), (4, 1)):
            assert getattr(plane, name)[pair] == pytest.approx(getattr(exact, name)[pair], abs=1e-12), name


def test_pairs_beyond_the_series_go_through_the_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    """For erf(6 x) the terms of the series fall like (72/73 c)^k: 400 are not enough at c = 0.9999."""
    integrated = []
    original = module._integrate_pair

    def spy(*arguments: Any) -> None:
        integrated.append(arguments[3:5])
        original(*arguments)

    monkeypatch.setattr(module, "_integrate_pair", spy)
    steep = saturating_activation(6.0, 0.3).activation
    covariance = np.array([[1.0, 0.9999, 0.2], [0.9999, 1.01, 0.1], [0.2, 0.1, 0.5]])
    result = dual_activation(steep, covariance)
    assert integrated == [(0, 1)]
    step = 1e-5
    shifted = [covariance.copy() for _ in range(2)]
    for sign, matrix in zip((1, -1), shifted, strict=True):
        matrix[0, 1] += sign * step
        matrix[1, 0] += sign * step
    plus, minus = (dual_activation(steep, matrix) for matrix in shifted)
    assert result.first[0, 1] == pytest.approx((plus.value - minus.value)[0, 1] / (2 * step), rel=1e-6)
    assert result.second_second[0, 1] == pytest.approx((plus.first - minus.first)[0, 1] / (2 * step), rel=1e-5)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 2e-12])
@pytest.mark.parametrize("variance", [1.0, 2.2])
def test_errors_of_strongly_correlated_units_grow_no_faster_than_stated(distance: float, variance: float) -> None:
    """Oracle: the derivatives of tanh themselves, on a plane rule that is right to rounding."""
    c = 1.0 - distance
    covariance = np.sqrt(variance) * np.array([[1 / np.sqrt(variance), c], [c, np.sqrt(variance)]])
    x, w = np.polynomial.legendre.leggauss(400)
    x, w = 12 * x, 12 * w * np.exp(-72 * x**2) / np.sqrt(2 * np.pi)
    u, v = np.tanh(x[:, None]), np.tanh(np.sqrt(variance) * (c * x[:, None] + np.sqrt((1 - c) * (1 + c)) * x))

    def mean(product: Array) -> float:
        return float(w @ product @ w)

    result = dual_activation(get_activation("tanh"), covariance)
    slope_u, slope_v = 1 - u**2, 1 - v**2
    bound = 1e-16 / (1 - c**2)
    assert result.value[0, 1] == pytest.approx(mean(u * v), abs=1e-13)
    assert result.first[0, 1] == pytest.approx(mean(slope_u * slope_v), abs=1e-13)
    assert result.second_value[0, 1] == pytest.approx(mean(-2 * u * slope_u * v), abs=1e-13 + np.sqrt(1e-16 * bound))
    assert result.second_second[0, 1] == pytest.approx(mean(4 * u * slope_u * v * slope_v), abs=1e-13 + bound)
    third = slope_u * (4 * u**2 - 2 * slope_u)
    assert result.third_first[0, 1] == pytest.approx(mean(third * slope_v), abs=1e-13 + bound)


@pytest.mark.parametrize("spec", EXACT + QUADRATURE)
def test_diagonal_holds_derivatives_of_products(spec: str) -> None:
    f = get_activation(spec)
    result = dual_activation(f, COVARIANCE)
    x, w = np.polynomial.legendre.leggauss(60)
    for unit, q in enumerate(np.diagonal(COVARIANCE)):
        edges = np.unique(np.concatenate([np.linspace(-14, 14, 57), np.array(f.kinks) / np.sqrt(q)]))
        half, centre = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
        nodes = (centre[:, None] + half[:, None] * x).ravel()
        weights = (half[:, None] * w).ravel() * np.exp(-(nodes**2) / 2) / np.sqrt(2 * np.pi)
        z = np.sqrt(q) * nodes
        squared_slope = f.derivative(z) ** 2
        assert result.value[unit, unit] == pytest.approx(weights @ f(z) ** 2, abs=1e-12)
        assert result.first[unit, unit] == pytest.approx(weights @ squared_slope, abs=1e-12)
        product = weights @ (f(z) * f.derivative(z) * z) / q
        assert (result.second_value + result.first)[unit, unit] == pytest.approx(product, abs=1e-12)
        second = weights @ (squared_slope * (z**2 - q)) / q**2
        assert 2 * result.third_first[unit, unit] == pytest.approx(second, abs=1e-11)
        assert result.second_second[unit, unit] == 0.0


def test_standardised_relu_equals_srelu_0() -> None:
    centred = dual_activation(standardised(get_activation("relu")), COVARIANCE)
    direct = dual_activation(get_activation("shifted_leaky_relu(alpha=0)"), COVARIANCE)
    for name in FIELDS:
        assert np.allclose(getattr(centred, name), getattr(direct, name), atol=1e-10), name


def test_standardised_erf_through_the_series_equals_the_closed_form() -> None:
    through_series = dual_activation(standardised(get_activation("erf")), COVARIANCE)
    direct = dual_activation(get_activation("normalised_erf(alpha=1)"), COVARIANCE)
    for name in FIELDS:
        assert np.allclose(getattr(through_series, name), getattr(direct, name), atol=1e-11), name


def test_bad_covariances_are_refused() -> None:
    f = get_activation("tanh")
    with pytest.raises(ValueError, match="must be square"):
        dual_activation(f, np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"shape \(0, 0\), must be square with at least one hidden unit"):
        dual_activation(f, np.zeros((0, 0)))
    with pytest.raises(ValueError, match="symmetric"):
        dual_activation(f, np.array([[1.0, 0.2], [0.3, 1.0]]))
    with pytest.raises(ValueError, match="positive"):
        dual_activation(f, np.diag([1.0, 0.0]))
    with pytest.raises(ValueError, match="perfectly correlated"):
        dual_activation(f, np.ones((2, 2)))


def test_unresolvable_activation_is_refused() -> None:
    too_steep = saturating_activation(3000.0, 0.013).activation
    with pytest.raises(ValueError, match="does not settle"):
        dual_activation(too_steep, COVARIANCE)
