"""The fixed point of matrices built on each other: against closed forms and against explicit draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linear_pencil import fixed_point_map, sampled_eigenvalues, stieltjes_transform
from pencils import GIVEN, MIXED, first

from fisher_spectra.finite_size.fixed_point import FixedPointMap, Pencil, density, least_solution, mean_and_variance
from fisher_spectra.finite_size.upper_edge import upper_edge


def test_density_of_one_matrix_is_that_of_marchenko_and_pastur() -> None:
    gamma = 0.5
    low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2
    x = np.linspace(low + 0.1, high - 0.02, 50)
    expected = np.sqrt((high - x) * (x - low)) / (2 * np.pi * gamma * x)
    np.testing.assert_allclose(density(Pencil(0.0, (first(1.0, gamma),)), x, high), expected, atol=2e-3)
    assert density(Pencil(0.0, (first(1.0, gamma),)), [high + 0.3], high)[0] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("pencil", [MIXED, GIVEN], ids=["classes", "given first matrix"])
def test_edge_moments_and_density_are_those_of_drawn_matrices(pencil: Pencil) -> None:
    values = sampled_eigenvalues(np.random.default_rng(0), pencil, 300)
    edge = upper_edge(pencil)
    # The largest of 300 lies below by 1.2 units of Tracy and Widom, which scatter by 1.3.
    unit = edge.spacing(300)
    assert edge.position - 5 * unit < values[-1] < edge.position + 3 * unit
    mean, variance = mean_and_variance(pencil)
    assert mean == pytest.approx(values.mean(), rel=0.02)
    assert variance == pytest.approx(values.var(), rel=0.06)
    x = np.linspace(0.01, 1.02, 400) * edge.position
    weights = density(pencil, x, edge.position)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (weights[1:] + weights[:-1]) * np.diff(x))])
    drawn = np.searchsorted(values, x) / len(values)
    # Differences, as what lies below the first point is not integrated.
    assert np.abs((cumulative - cumulative[-1]) - (drawn - drawn[-1])).max() < 0.02


def test_stieltjes_transform_above_the_spectrum_is_that_of_drawn_matrices() -> None:
    values = sampled_eigenvalues(np.random.default_rng(1), MIXED, 300)
    x = 1.2 * upper_edge(MIXED).position
    assert stieltjes_transform(MIXED, x) == pytest.approx(np.mean(1.0 / (x - values)), rel=0.01)


def test_a_point_within_the_spectrum_has_no_solution() -> None:
    phi = FixedPointMap(MIXED)
    assert least_solution(phi, 0.8 * upper_edge(MIXED).position, np.zeros(phi.size)) is None


@pytest.mark.parametrize("pencil", [MIXED, GIVEN], ids=["classes", "given first matrix"])
@pytest.mark.parametrize("number", [float, complex])
def test_the_map_and_its_derivatives_are_those_of_loops_over_classes(pencil: Pencil, number: type) -> None:
    rng = np.random.default_rng(2)
    count = len(pencil.nodes)
    at = 30.0 + 5.0 * rng.random(3) - (2.0j if number is complex else 0.0)
    y = 0.04 * rng.random((3, 1 + count)) + (0.01j if number is complex else 0.0)
    image = FixedPointMap(pencil).image(at, y, by_x=True, by_coefficients=True)
    step = 1e-6
    for point in range(3):

        def phi(x: complex, z: np.ndarray, a: np.ndarray) -> np.ndarray:
            return fixed_point_map(pencil.with_coefficients(pencil.identity, a), x, z)

        given = (at[point], y[point], pencil.coefficients)
        np.testing.assert_allclose(image.values[point], phi(*given), rtol=1e-12)
        # by y, by x and by the coefficients, as differences
        directions = np.eye(1 + count + 1 + count)
        for k, (to_y, to_x, to_a) in enumerate((d[: 1 + count], d[1 + count], d[2 + count :]) for d in directions):
            ends = [phi(given[0] + s * to_x, given[1] + s * to_y, given[2] + s * to_a) for s in (step, -step)]
            np.testing.assert_allclose(
                image.tangents[point, :, k], (ends[0] - ends[1]) / (2 * step), rtol=1e-6, atol=1e-9
            )
