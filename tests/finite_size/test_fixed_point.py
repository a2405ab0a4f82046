"""The fixed point of matrices built on each other: against closed forms and against explicit draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linear_pencil import sampled_eigenvalues

from fisher_spectra.finite_size.fixed_point import (
    Node,
    Pencil,
    UpperEdge,
    density,
    mean_and_variance,
    stieltjes_transform,
    upper_edge,
)

ONE = np.ones(1)


def first(coefficient: float, gamma: float, own: float = 1.0) -> Node:
    return Node(coefficient, gamma, ONE, own * ONE, (), np.zeros((1, 0)))


def following(coefficient: float, gamma: float, own: float, inherited: float, parent: int) -> Node:
    return Node(coefficient, gamma, ONE, own * ONE, (parent,), inherited * np.ones((1, 1)))


MIXED = Pencil(
    0.2,
    (
        first(0.7, 0.6),
        Node(0.5, 1.0, np.array([0.3, 0.7]), np.array([0.1, 0.6]), (0,), np.array([[1.5], [0.4]])),
        Node(0.3, 2.0, np.array([0.5, 0.5]), np.array([0.3, 0.0]), (0, 1), np.array([[0.2, 0.8], [0.5, 0.1]])),
    ),
)
GIVEN = Pencil(0.1, (first(0.7, 1.0), following(0.5, 0.5, 0.3, 0.8, 0)), np.linspace(0.0, 2.0, 300) ** 2)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0])
def test_one_matrix_has_the_edge_of_marchenko_and_pastur(gamma: float) -> None:
    assert upper_edge(Pencil(0.0, (first(1.0, gamma),))).position == pytest.approx(
        (1 + math.sqrt(gamma)) ** 2, rel=2e-8
    )


def test_the_product_of_two_square_ones_ends_at_27_over_4() -> None:
    product = Pencil(0.0, (first(0.0, 1.0), following(1.0, 1.0, 0.0, 1.0, 0)))
    assert upper_edge(product).position == pytest.approx(27 / 4, rel=2e-8)


def test_density_of_one_matrix_is_that_of_marchenko_and_pastur() -> None:
    gamma = 0.5
    low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2
    x = np.linspace(low + 0.1, high - 0.02, 50)
    expected = np.sqrt((high - x) * (x - low)) / (2 * np.pi * gamma * x)
    np.testing.assert_allclose(density(Pencil(0.0, (first(1.0, gamma),)), x), expected, atol=2e-3)
    assert density(Pencil(0.0, (first(1.0, gamma),)), [high + 0.3])[0] == pytest.approx(0.0, abs=1e-3)


def test_the_root_at_the_edge_is_that_of_marchenko_and_pastur() -> None:
    gamma = 0.5
    low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2
    edge = upper_edge(Pencil(0.0, (first(1.0, gamma),)))
    assert edge.root == pytest.approx(math.sqrt(high - low) / (2 * gamma * high), rel=0.02)


@pytest.mark.parametrize("pencil", [MIXED, GIVEN], ids=["classes", "given first matrix"])
def test_slopes_are_the_derivatives_of_the_edge(pencil: Pencil) -> None:
    edge = upper_edge(pencil, tolerance=1e-12)
    coefficients = np.array([node.coefficient for node in pencil.nodes])
    for j in range(len(coefficients)):
        step = 1e-3 * np.eye(len(coefficients))[j]
        ends = [
            upper_edge(pencil.with_coefficients(pencil.identity, coefficients + sign * step)).position
            for sign in (1.0, -1.0)
        ]
        assert edge.slopes[j] == pytest.approx((ends[0] - ends[1]) / 2e-3, rel=1e-4)
    # The edge is homogeneous of degree one in all coefficients.
    assert pencil.identity + coefficients @ edge.slopes == pytest.approx(edge.position, rel=1e-5)


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


def test_a_point_within_the_spectrum_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie above the spectrum"):
        stieltjes_transform(MIXED, 0.8 * upper_edge(MIXED).position)


def test_a_multiple_of_the_identity_ends_there() -> None:
    assert upper_edge(Pencil(2.0, (first(0.0, 1.0),))) == UpperEdge(2.0, pytest.approx(np.zeros(1)), 0.0)


@pytest.mark.parametrize("identity", [0.0, math.nan])
def test_no_matrix_at_all_is_refused(identity: float) -> None:
    with pytest.raises(ValueError, match="must be a finite number > 0"):
        upper_edge(Pencil(identity, (first(0.0, 1.0),)))
