"""Gauss and Legendre's rule is numpy's, found once, and nobody can change it for others."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.common.gauss_legendre import gauss_legendre


@pytest.mark.parametrize("number", [1, 8, 16, 40])
def test_it_is_numpys_to_the_last_bit_and_exact_for_polynomials_of_twice_the_degree(number):
    nodes, weights = gauss_legendre(number)
    for ours, numpys in zip((nodes, weights), np.polynomial.legendre.leggauss(number), strict=True):
        np.testing.assert_array_equal(ours, numpys)
    degree = 2 * number - 2
    assert weights @ nodes**degree == pytest.approx(2 / (degree + 1), rel=1e-13)


def test_it_is_found_once_and_cannot_be_written():
    nodes, weights = gauss_legendre(8)
    assert gauss_legendre(8)[0] is nodes
    for values in (nodes, weights):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0.0
