"""Maximum and mean of the limiting law layer by layer."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.atoms import largest_atom_weight
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.signal_propagation import (
    constant_propagation,
    signal_propagation,
)

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@pytest.mark.parametrize(("depth", "ratio"), [(10, 0.99), (30, 0.97), (100, 0.996), (300, 1.25)])
def test_largest_eigenvalue_of_the_figures_over_depth(depth, ratio):
    largest = largest_eigenvalue_recursion(signal_propagation(get_activation(FIGURES), depth))
    assert largest[-1] / depth == pytest.approx(ratio, abs=0.005)


def test_recursions_are_those_of_every_shallower_network():
    p = signal_propagation(get_activation(FIGURES), 9)
    for recursion in (largest_eigenvalue_recursion, mean_eigenvalue_recursion, largest_atom_weight):
        shallow = [recursion(p.truncated(depth))[-1] for depth in range(1, 10)]
        np.testing.assert_allclose(recursion(p), shallow, rtol=1e-14)


def test_recursions_at_constant_parameters_are_geometric_sums():
    depth, alpha, gamma, q, sigma2 = 7, 0.9, 1.2, 0.6, 0.8
    p = constant_propagation(depth, alpha, gamma, q, sigma2)
    powers = np.arange(depth)
    assert largest_eigenvalue_recursion(p)[-1] == pytest.approx(q * np.sum((sigma2 * gamma) ** powers))
    assert mean_eigenvalue_recursion(p)[-1] == pytest.approx(q * np.sum((sigma2 * gamma * alpha) ** powers))
    np.testing.assert_allclose(largest_atom_weight(p), 1 - (1 - alpha) * powers)
