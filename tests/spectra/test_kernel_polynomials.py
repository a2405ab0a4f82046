"""The kernel polynomial method on a matrix with known spectrum and on the Fisher matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from known_spectrum import DIAGONAL, diagonal_matvec, probe_error, true_cdf

from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix
from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch
from fisher_spectra.spectra.kernel_polynomials import kernel_polynomial_method, spectral_bounds

Array = npt.NDArray[np.float64]


def test_chebyshev_moments_are_those_of_the_probe_measure() -> None:
    bounds = (-1.0, 28.0)
    estimate = kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 31, 2, np.random.default_rng(8), bounds=bounds)
    rng = np.random.default_rng(8)
    angle = np.arccos((DIAGONAL - 13.5) / 14.5)
    for row in estimate.moments:
        probe = rng.standard_normal(DIAGONAL.size)
        direct = [(probe**2 @ np.cos(k * angle)) / (probe @ probe) for k in range(31)]
        assert np.allclose(row, direct, atol=1e-12)


def test_kernel_polynomials_reproduce_a_known_distribution_function() -> None:
    estimate = kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 400, 16, np.random.default_rng(9))
    x = np.linspace(1.0, 26.0, 100)
    mean, error = estimate.cdf(x)
    expected = probe_error(true_cdf(x), DIAGONAL.size, 16)
    assert np.max(np.abs(mean - true_cdf(x)) / expected) < 4
    assert np.mean(error / expected) == pytest.approx(1.0, abs=0.35)
    density, density_error = estimate.density(x)
    exact = 1 / (2.5 * 3 * np.cbrt(x) ** 2)
    assert np.mean(((density - exact) / density_error) ** 2) == pytest.approx(1.0, abs=0.5)
    assert np.min(density) > 0
    assert estimate.resolution == pytest.approx(27 * np.pi / 800, rel=0.05)


def test_kernel_polynomial_density_is_the_derivative_of_its_distribution_function() -> None:
    estimate = kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 50, 2, np.random.default_rng(10))
    x, h = np.linspace(0.5, 26.0, 50), 1e-5
    slope = (estimate.cdf(x + h)[0] - estimate.cdf(x - h)[0]) / (2 * h)
    assert np.allclose(estimate.density(x)[0], slope, atol=1e-7)
    assert estimate.cdf(np.array([-10.0, 40.0]))[0] == pytest.approx([0.0, 1.0], abs=1e-12)
    assert list(estimate.density(np.array([-10.0, 40.0]))[0]) == [0.0, 0.0]


def test_bounds_that_do_not_contain_the_spectrum_are_refused() -> None:
    with pytest.raises(ValueError, match="lie outside"):
        kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 60, 1, np.random.default_rng(11), bounds=(0.0, 20.0))
    with pytest.raises(ValueError, match="ascending"):
        kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 60, 1, np.random.default_rng(11), bounds=(2.0, 1.0))


def test_estimated_bounds_contain_the_spectrum_without_waste() -> None:
    low, high = spectral_bounds(diagonal_matvec, DIAGONAL.size, np.random.default_rng(12))
    assert DIAGONAL[0] - 1.0 < low < DIAGONAL[0]
    assert DIAGONAL[-1] < high < DIAGONAL[-1] + 1.0


def test_kernel_polynomials_of_the_fisher_matrix_agree_with_its_dense_eigenvalues(
    fisher_32: FisherMatrix, eigenvalues_32: Array
) -> None:
    estimate = kernel_polynomial_method(fisher_32.apply, 2048, 400, 16, np.random.default_rng(14))
    x = np.linspace(0.05, 7.0, 300)
    truth = np.searchsorted(eigenvalues_32, x, side="right") / eigenvalues_32.size
    # The density near z_1 is steep on the scale of the resolution, 0.03: smoothing costs up to 0.03.
    assert np.max(np.abs(estimate.cdf(x)[0] - truth)) < 0.03
    beyond = x > 0.5
    assert np.max(np.abs(estimate.cdf(x)[0] - truth)[beyond]) < 0.012


def test_torch_vectors_give_the_same_chebyshev_moments(fisher_32: FisherMatrix) -> None:
    chebyshev = kernel_polynomial_method(
        to_torch(fisher_32).apply, 2048, 20, 1, np.random.default_rng(18), convert=torch.as_tensor
    )
    direct = kernel_polynomial_method(fisher_32.apply, 2048, 20, 1, np.random.default_rng(18))
    assert np.allclose(chebyshev.moments, direct.moments, atol=1e-10)


def test_fewer_than_two_chebyshev_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="moments = 1"):
        kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 1, 1, np.random.default_rng(0))


def test_moments_of_long_vectors_in_single_precision_are_those_of_double_precision() -> None:
    eigenvalues = np.linspace(0.02, 12.0, 2**20)
    moments = {}
    for precision in (np.float32, np.float64):
        matrix = eigenvalues.astype(precision)
        spectrum = kernel_polynomial_method(
            lambda vector, matrix=matrix: matrix * vector,
            eigenvalues.size,
            12,
            1,
            np.random.default_rng(5),
            bounds=(0.0, 12.5),
            convert=lambda vector, precision=precision: vector.astype(precision),
        )
        moments[precision] = spectrum.moments
    np.testing.assert_allclose(moments[np.float32], moments[np.float64], rtol=0, atol=1e-7)
