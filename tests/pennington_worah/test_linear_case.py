"""The linear network: (17), (18), and eigenvalues from its own structure."""

from __future__ import annotations

import numpy as np
import pytest
from pennington_worah_linear_density import linear_density
from scipy.integrate import quad

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.linear_case import linear_eigenvalues

SPECTRUM = LimitingSpectrum(NonlinearityConstants(1.0, 1.0, 1.0))


def test_closed_form_density_equals_the_general_route() -> None:
    x = np.concatenate([np.linspace(1e-6, 8.0 - 1e-6, 500), [4.0, 4.0 - 1e-9, -0.5, 8.5]])
    assert np.max(np.abs(linear_density(x) - SPECTRUM.density(x))) < 1e-12


def test_closed_form_density_uses_the_elliptic_integrals_18_as_printed() -> None:
    for x in (0.4, 3.1, 7.0):
        parameter = x * (8 - x) / 16
        first = quad(lambda t, m=parameter: 1 / np.sqrt(1 - m * np.sin(t) ** 2), 0, np.pi / 2)[0]
        second = quad(lambda t, m=parameter: np.sqrt(1 - m * np.sin(t) ** 2), 0, np.pi / 2)[0]
        expected = second / (2 * np.pi**2) + (4 - x) / (8 * np.pi**2) * first
        assert linear_density(x) == pytest.approx(expected, rel=1e-10)


def test_continuous_part_has_mass_one_half() -> None:
    mass = quad(lambda x: float(linear_density(x)), 0, 8, points=[4.0])[0]
    assert mass == pytest.approx(0.5, abs=1e-9)


def test_density_of_linear_multiples_scales() -> None:
    scaled = LimitingSpectrum(NonlinearityConstants(2.5, 2.5, 2.5))
    x = np.linspace(0.1, 7.9, 30)
    assert np.allclose(scaled.density(2.5 * x), linear_density(x) / 2.5, atol=1e-13)


@pytest.mark.parametrize("shape", [(5, 5, 5), (6, 5, 4), (4, 5, 2)])
def test_eigenvalues_from_the_structure_are_those_of_the_dense_matrix(shape: tuple[int, int, int]) -> None:
    hidden, inputs, outputs = shape
    rng = np.random.default_rng(3)
    w_1, w_2 = rng.standard_normal((hidden, inputs)), rng.standard_normal((outputs, hidden))
    dense = np.linalg.eigvalsh(population_fisher(w_1, w_2, get_activation("linear")).dense())
    assert np.allclose(linear_eigenvalues(w_1, w_2), dense, atol=1e-11)


def test_half_of_the_eigenvalues_of_a_square_linear_network_vanish() -> None:
    eigenvalues = linear_eigenvalues(*sample_weights(np.random.default_rng(4), 30))
    assert eigenvalues.size == 2 * 30**2
    assert np.sum(eigenvalues == 0.0) == 30**2
    assert np.sum(eigenvalues < 1e-8) == 30**2


def test_eigenvalues_at_width_300_follow_the_limiting_distribution() -> None:
    eigenvalues = linear_eigenvalues(*sample_weights(np.random.default_rng(5), 300))
    positive = eigenvalues[300**2 :]
    rank = 0.5 + (np.arange(positive.size) + 0.5) / eigenvalues.size
    # Rigidity: distances of order log(n)/n; 0.01 at n = 300.
    assert np.max(np.abs(rank - SPECTRUM.cdf(positive))) < 0.01


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="must be equal"):
        linear_eigenvalues(np.ones((3, 2)), np.ones((2, 4)))
    with pytest.raises(ValueError, match="too small"):
        linear_eigenvalues(np.ones((1, 4)), np.ones((4, 1)))


@pytest.mark.parametrize("zeta", [1.0, 2.5])
def test_density_at_zero_is_the_limit_of_the_closed_form_and_of_the_density_beside_it(zeta: float) -> None:
    spectrum = LimitingSpectrum(NonlinearityConstants(zeta, zeta, zeta))
    at_zero = float(spectrum.density(0.0))
    assert at_zero == pytest.approx(float(linear_density(np.array([1e-12]))[0]) / zeta, rel=1e-9)
    assert at_zero == pytest.approx(float(spectrum.density(1e-7)), rel=1e-5)
