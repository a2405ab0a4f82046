"""Moments of free convolutions against free cumulants and known numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hayase_karakida_free_cumulants import compressed_moments

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.derivative_law import two_point_law
from fisher_spectra.hayase_karakida.eigenvalue_recursions import mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.signal_propagation import (
    signal_propagation,
)
from fisher_spectra.hayase_karakida.spectral_moments import (
    free_multiplicative_moments,
    moment_recursion,
    pushforward_moments,
)

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


def test_fuss_catalan_numbers_are_the_moments_of_two_marchenko_pastur_factors():
    catalan = [1, 2, 5, 14, 42, 132]
    np.testing.assert_allclose(free_multiplicative_moments(catalan, catalan), [1, 3, 12, 55, 273, 1428], rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.995])
def test_moments_by_s_transforms_are_those_by_free_cumulants(alpha):
    mu, gamma = two_point_law(0.35, 2.0), 0.8
    first = [0.3 * 2**k + 0.7 * mu.moment(k) for k in range(1, 7)]
    second = [two_point_law(alpha, gamma).moment(k) for k in range(1, 7)]
    np.testing.assert_allclose(
        free_multiplicative_moments(first, second), compressed_moments(first, alpha, gamma), rtol=1e-10
    )


def test_moments_are_refused_if_they_are_not_as_many():
    with pytest.raises(ValueError, match="as many"):
        free_multiplicative_moments([1.0], [1.0, 2.0])


def test_pushforward_of_moments_is_binomial():
    values, weights = np.array([0.3, 1.1, 2.0]), np.array([0.2, 0.5, 0.3])
    moments = [float(weights @ values**k) for k in range(1, 6)]
    expected = [float(weights @ (0.7 + 1.3 * values) ** k) for k in range(1, 6)]
    np.testing.assert_allclose(pushforward_moments(moments, 0.7, 1.3), expected, rtol=1e-13)


@pytest.mark.parametrize("depth", [3, 10])
def test_moment_recursion_is_that_of_free_cumulants(depth):
    p = signal_propagation(get_activation(FIGURES), depth, sigma2=1.1)
    moments = [1.0] * 5
    for law, q in zip(p.laws, p.moments[1:], strict=True):
        moments = pushforward_moments(compressed_moments(moments, law.alpha, law.gamma), q, 1.1).tolist()
    np.testing.assert_allclose(moment_recursion(p, 5), moments, rtol=1e-10)
    assert moment_recursion(p, 5)[0] == pytest.approx(mean_eigenvalue_recursion(p)[-1], rel=1e-13)
