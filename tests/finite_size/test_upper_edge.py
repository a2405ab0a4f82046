"""The upper edge of matrices built on each other: against closed forms, bisection and the equations beyond it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from linear_pencil import stieltjes_transform
from pencils import GIVEN, MIXED, first, following

from fisher_spectra.finite_size.fixed_point import Node, Pencil
from fisher_spectra.finite_size.upper_edge import (
    UpperEdge,
    bisected_edge,
    inverse_stieltjes_transform,
    minimum_of_inverse,
    upper_edge,
)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0])
def test_one_matrix_has_the_edge_of_marchenko_and_pastur(gamma: float) -> None:
    position = upper_edge(Pencil(0.0, (first(1.0, gamma),))).position
    assert position == pytest.approx((1 + math.sqrt(gamma)) ** 2, rel=1e-12)


def test_the_product_of_two_square_ones_ends_at_27_over_4() -> None:
    product = Pencil(0.0, (first(0.0, 1.0), following(1.0, 1.0, 0.0, 1.0, 0)))
    assert upper_edge(product).position == pytest.approx(27 / 4, rel=1e-12)


def test_the_root_at_the_edge_is_that_of_marchenko_and_pastur() -> None:
    gamma = 0.5
    low, high = (1 - math.sqrt(gamma)) ** 2, (1 + math.sqrt(gamma)) ** 2
    edge = upper_edge(Pencil(0.0, (first(1.0, gamma),)))
    assert edge.root == pytest.approx(math.sqrt(high - low) / (2 * gamma * high), rel=1e-6)


@pytest.mark.parametrize("pencil", [MIXED, GIVEN], ids=["classes", "given first matrix"])
def test_slopes_are_the_derivatives_of_the_edge(pencil: Pencil) -> None:
    edge = upper_edge(pencil)
    coefficients = np.array([node.coefficient for node in pencil.nodes])
    for j in range(len(coefficients)):
        step = 1e-3 * np.eye(len(coefficients))[j]
        ends = [
            upper_edge(pencil.with_coefficients(pencil.identity, coefficients + sign * step)).position
            for sign in (1.0, -1.0)
        ]
        assert edge.slopes[j] == pytest.approx((ends[0] - ends[1]) / 2e-3, rel=1e-5)
    # The edge is homogeneous of degree one in all coefficients.
    assert pencil.identity + coefficients @ edge.slopes == pytest.approx(edge.position, rel=1e-8)


def drawn_pencil(rng: np.random.Generator) -> Pencil:
    """Up to five matrices with up to six classes, coefficients and ratios over several orders of magnitude."""
    nodes: list[Node] = []
    for j in range(int(rng.integers(1, 6))):
        classes = int(rng.integers(1, 7))
        parents = tuple(sorted(rng.permutation(j)[: rng.integers(0, 3)].tolist()))
        probabilities = rng.random(classes) + 0.01
        nodes.append(
            Node(
                float(rng.choice([0.0, 1.0, 10.0 ** rng.uniform(-3, 2)])) if j else 1.0,
                float(10.0 ** rng.uniform(-1.5, 1.5)),
                probabilities / probabilities.sum(),
                rng.random(classes) * 10.0 ** rng.uniform(-3, 1) + 1e-3,
                parents,
                rng.random((classes, len(parents))) * 10.0 ** rng.uniform(-2, 1),
            )
        )
    given = len(nodes) > 1 and nodes[-1].coefficient > 0.0 and rng.random() < 0.3
    return Pencil(float(rng.choice([0.0, 1.0])), tuple(nodes), rng.random(40) ** 2 if given else None)


@pytest.mark.parametrize("seed", range(25))
def test_the_minimum_of_the_inverse_is_where_bisection_finds_the_edge(seed: int) -> None:
    pencil = drawn_pencil(np.random.default_rng([7, seed]))
    found, bisected = minimum_of_inverse(pencil), bisected_edge(pencil)
    assert found is not None
    assert found.position == pytest.approx(bisected.position, rel=2e-8)
    assert pencil.identity + pencil.coefficients @ found.slopes == pytest.approx(found.position, rel=1e-7)
    # beside the edge r falls by the root, and by the next order
    distance = 1e-7 * (found.position - pencil.identity)
    near, far = (stieltjes_transform(pencil, found.position + times * distance) for times in (1.0, 4.0))
    assert near - far == pytest.approx(found.root * math.sqrt(distance), rel=0.05)


def test_a_given_matrix_alone_ends_at_its_largest_eigenvalue_which_only_bisection_finds() -> None:
    pencil = Pencil(0.5, (first(2.0, 1.0),), np.linspace(0.1, 3.0, 20))
    assert minimum_of_inverse(pencil) is None
    assert upper_edge(pencil).position == pytest.approx(6.5, rel=2e-8)


@pytest.mark.parametrize("pencil", [MIXED, GIVEN], ids=["classes", "given first matrix"])
def test_the_inverse_finds_the_point_at_which_the_transform_is_taken(pencil: Pencil) -> None:
    edge = upper_edge(pencil)
    for ratio in (1.0001, 1.2, 5.0, 1e4):
        x = ratio * edge.position
        assert inverse_stieltjes_transform(pencil, stieltjes_transform(pencil, x)) == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize("gamma", [0.1, 1.0, 20.0])
def test_the_inverse_ends_at_the_value_that_the_transform_has_at_the_edge(gamma: float) -> None:
    pencil = Pencil(0.3, (first(1.0, gamma),))
    at_edge = 1 / (math.sqrt(gamma) * (1 + math.sqrt(gamma)))
    # of the law of Marchenko and Pastur: x = a_I + 1/r + 1/(1 - gamma r); of one number in twelve 1/(1/r) is not r
    for share in (1e-6, *np.linspace(0.01, 0.99, 50), 1 - 1e-6):
        r = share * at_edge
        assert inverse_stieltjes_transform(pencil, r) == pytest.approx(0.3 + 1 / r + 1 / (1 - gamma * r), rel=1e-12)
    for share in (1 + 1e-6, 1.5, 1e3):
        assert inverse_stieltjes_transform(pencil, share * at_edge) is None


def test_a_multiple_of_the_identity_ends_there() -> None:
    assert upper_edge(Pencil(2.0, (first(0.0, 1.0),))) == UpperEdge(2.0, pytest.approx(np.zeros(1)), 0.0)


@pytest.mark.parametrize("identity", [0.0, math.nan])
def test_no_matrix_at_all_is_refused(identity: float) -> None:
    with pytest.raises(ValueError, match="must be a finite number > 0"):
        upper_edge(Pencil(identity, (first(0.0, 1.0),)))
