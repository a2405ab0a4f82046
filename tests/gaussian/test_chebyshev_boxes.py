"""Interpolation in boxes: within its tolerance, a function of the point alone, and left alone where it cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fisher_spectra.gaussian.chebyshev_boxes import ChebyshevBoxes

EDGES = np.array([-2.0, 0.0, 3.0]), np.array([0.0, 1.0])


def surface(x: Any, y: Any) -> Any:
    """Smooth but for a narrow ridge, so that boxes near it halve."""
    return np.sin(x) * np.exp(y) + 1.0 / (1.0 + 400.0 * (y - 0.3) ** 2)


def boxes(function: Any = surface, **options: Any) -> ChebyshevBoxes:
    def on_grid(x: Any, y: Any) -> Any:
        return function(x[:, None], y)

    given = {"nodes": (12, 14), "tolerance": 1e-11, "absolute": True, "most_halvings": (3, 8)} | options
    return ChebyshevBoxes(on_grid, function, EDGES, **given)


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.uniform(-2.0, 3.0, count), rng.uniform(0.0, 1.0, count)


def test_values_between_the_nodes_are_right_to_the_tolerance():
    x, y = points(5000)
    assert np.abs(boxes()(x, y) - surface(x, y)).max() < 1e-10


def test_the_ends_of_the_range_belong_to_it():
    x, y = np.array([-2.0, 3.0, 0.0]), np.array([1.0, 0.0, 1.0])
    np.testing.assert_allclose(boxes()(x, y), surface(x, y), rtol=1e-10)


def test_a_value_depends_on_its_point_alone():
    x, y = points(3000)
    together, other = boxes()(x, y), boxes()
    alone = [float(other(x[i : i + 1], y[i : i + 1])[0]) for i in range(2999, 2949, -1)]
    assert together[2999:2949:-1].tolist() == alone


def test_a_function_of_one_variable_is_right_relative_to_its_least_value():
    one = ChebyshevBoxes(np.exp, np.exp, (np.array([-60.0, 0.0]),), (12,), 1e-11, False, (8,))
    x = np.linspace(-60.0, 0.0, 1001)
    np.testing.assert_allclose(one(x), np.exp(x), rtol=1e-10)


def test_boxes_halve_along_the_axis_that_needs_it():
    seen: list[tuple[float, float]] = []

    def ridge(x: Any, y: Any) -> Any:
        seen.append((float(np.ptp(x)), float(np.ptp(y))))
        return 1.0 / (1.0 + 100.0 * (y - 0.5) ** 2) + 0.0 * x

    boxes(ridge)(*points(500))
    assert {width > 1.5 for width, _ in seen} == {True}
    assert min(height for _, height in seen) < 0.3


def test_where_no_box_is_small_enough_points_are_computed_one_by_one():
    asked: list[int] = []

    def kink(x: Any, y: Any) -> Any:
        if np.ndim(x) == 1:
            asked.append(np.size(x))
        return np.abs(y - 0.3) + 0.0 * x

    x, y = points(2000)
    np.testing.assert_allclose(boxes(kink)(x, y), kink(x, y), atol=1e-10)
    assert 1 <= asked[0] < 100  # those within 2^-8 of the kink


def test_no_point_has_no_value():
    assert boxes()(np.empty(0), np.empty(0)).shape == (0,)


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_that_may_not_halve_does_not(axis):
    most = (0, 8) if axis == 0 else (8, 0)
    widths: list[float] = []

    def steep(x: Any, y: Any) -> Any:
        if np.ndim(x) == 2:
            widths.append(float(np.ptp((x, y)[axis])))
        return np.tanh(30.0 * (x, y)[axis]) + 0.0 * x * y

    x, y = points(50)
    np.testing.assert_allclose(boxes(steep, most_halvings=most)(x, y), steep(x, y), atol=1e-10)
    assert min(widths) > 0.9
