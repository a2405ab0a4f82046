"""Linear combinations of sample covariance matrices, for tests of their spectra."""

from __future__ import annotations

import numpy as np

from fisher_spectra.finite_size.fixed_point import Node, Pencil

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
