"""Laws of one mean and variance that differ in all else, and networks drawn from them."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.laws import LAWS, draw, sample_network_of_laws

# E x^4 / (E x^2)^2; that of Student's law is 9, which no sample tells
KURTOSES = {"gaussian": 3.0, "uniform": 1.8, "binary": 1.0, "laplace": 6.0}


def rng_of(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


@pytest.mark.parametrize("law", LAWS)
def test_entries_have_mean_0_and_the_given_variance(law):
    values = draw(rng_of(1), law, (400, 500), 2.5)
    assert values.shape == (400, 500)
    assert abs(values.mean()) < 5 * np.sqrt(2.5 / values.size)
    assert np.mean(values**2) == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize(("law", "kurtosis"), KURTOSES.items())
def test_fourth_moments_tell_the_laws_apart(law, kurtosis):
    values = draw(rng_of(2), law, (200000,))
    assert np.mean(values**4) / np.mean(values**2) ** 2 == pytest.approx(kurtosis, rel=0.05)


def test_the_tail_of_students_law_is_that_of_five_degrees_of_freedom():
    values = draw(rng_of(3), "student", (200000,)) * np.sqrt(5 / 3)
    # quantiles of t_5, from tables
    assert np.mean(np.abs(values) > 4.032) == pytest.approx(0.01, rel=0.1)
    assert np.mean(np.abs(values) > 2.571) == pytest.approx(0.05, rel=0.05)


def test_gaussian_networks_are_those_of_the_plain_function():
    plain = sample_network(rng_of(4), (3, 5, 4, 2), "tanh", 1.5, 0.3)
    same = sample_network_of_laws(rng_of(4), (3, 5, 4, 2), ["tanh"] * 2, [1.5] * 3, [0.3] * 3)
    for one, other in zip(plain.weights + plain.biases, same.weights + same.biases, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-15)


def test_weights_and_biases_have_laws_and_variances_of_their_own():
    network = sample_network_of_laws(
        rng_of(5), (40, 50, 3), ["relu"], [2.0, 0.5], [0.1, 0.4], laws=("binary", "uniform")
    )
    np.testing.assert_allclose(np.abs(network.weights[0]), np.sqrt(2.0 / 40))
    np.testing.assert_allclose(np.abs(network.weights[1]), np.sqrt(0.5 / 50))
    assert 0.8 < np.abs(network.biases[0]).max() / np.sqrt(3 * 0.1) < 1.0
    assert len(np.unique(network.biases[0])) == 50


@pytest.mark.parametrize(("law", "variance", "named"), [("cauchy", 1.0, "law"), ("uniform", -1.0, "variance")])
def test_what_is_not_allowed_is_refused_by_its_name(law, variance, named):
    with pytest.raises(ValueError, match=f"^{named}"):
        draw(rng_of(6), law, (2,), variance)
