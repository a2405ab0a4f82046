"""Lanczos quadrature and the kernel polynomial method on matrices with known spectrum and on the Fisher matrix."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.linalg import eigh_tridiagonal

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.spectra.lanczos import (
    SpectralQuadrature,
    extreme_eigenvalues,
    kernel_polynomial_method,
    kolmogorov_distance,
    lanczos,
    spectral_bounds,
    stochastic_lanczos_quadrature,
    wasserstein_distance,
)

Array = npt.NDArray[np.float64]

DIAGONAL = np.linspace(0.5, 3.0, 4000) ** 3  # a known spectrum of density proportional to x^(-2/3) on [1/8, 27]


def diagonal_matvec(vector: Array) -> Array:
    return DIAGONAL * vector


def true_cdf(x: Array) -> Array:
    return np.searchsorted(DIAGONAL, x, side="right") / DIAGONAL.size


def probe_error(fraction: Array, size: int, probes: int) -> Array:
    """Standard error of a fraction F over Gaussian probes: each has variance 2 F (1 - F) / P."""
    return np.sqrt(2 * fraction * (1 - fraction) / size / probes)


@pytest.fixture(scope="module")
def fisher_32() -> FisherMatrix:
    return population_fisher(*sample_weights(np.random.default_rng(0), 32), get_activation("normalised_erf"))


@pytest.fixture(scope="module")
def eigenvalues_32(fisher_32: FisherMatrix) -> Array:
    return np.linalg.eigvalsh(fisher_32.dense())


def test_lanczos_moments_are_exact_up_to_order_2k_minus_1() -> None:
    start = np.random.default_rng(1).standard_normal(DIAGONAL.size)
    result = lanczos(diagonal_matvec, start, 6)
    nodes, vectors = eigh_tridiagonal(result.diagonal, result.off_diagonal)
    measure = start**2 / (start @ start)
    for order in range(12):
        assert vectors[0] ** 2 @ nodes**order == pytest.approx(measure @ DIAGONAL**order, rel=1e-11)
    assert abs(vectors[0] ** 2 @ nodes**12 / (measure @ DIAGONAL**12) - 1) > 1e-6


def test_lanczos_with_as_many_steps_as_dimensions_gives_the_eigenvalues() -> None:
    """Without reorthogonalisation ghosts of the extreme eigenvalues would appear."""
    eigenvalues = np.geomspace(1e-6, 1e3, 120)
    result = lanczos(lambda v: eigenvalues * v, np.random.default_rng(2).standard_normal(120), 120)
    ritz = eigh_tridiagonal(result.diagonal, result.off_diagonal, eigvals_only=True)
    assert np.allclose(ritz, eigenvalues, atol=1e-10 * 1e3)


def test_lanczos_stops_in_an_invariant_subspace() -> None:
    values = np.repeat([1.0, 2.0, 5.0], 10)
    start = np.random.default_rng(3).standard_normal(30)
    result = lanczos(lambda v: values * v, start, 20)
    assert result.diagonal.size == 3
    assert result.remainder == 0.0
    ritz, vectors = eigh_tridiagonal(result.diagonal, result.off_diagonal)
    assert np.allclose(ritz, [1.0, 2.0, 5.0])
    expected = [np.sum(start[values == v] ** 2) / (start @ start) for v in (1.0, 2.0, 5.0)]
    assert np.allclose(vectors[0] ** 2, expected)


def test_lanczos_refuses_no_steps_and_no_vector() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        lanczos(diagonal_matvec, np.ones(DIAGONAL.size), 0)
    with pytest.raises(ValueError, match="must not be zero"):
        lanczos(diagonal_matvec, np.zeros(DIAGONAL.size), 3)


def test_quadrature_reproduces_a_known_distribution_function() -> None:
    quadrature = stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 80, 16, np.random.default_rng(4))
    x = np.linspace(1.0, 26.0, 100)
    mean, error = quadrature.cdf(x)
    expected = probe_error(true_cdf(x), DIAGONAL.size, 16)
    assert np.max(np.abs(mean - true_cdf(x)) / expected) < 4
    assert np.mean(error / expected) == pytest.approx(1.0, abs=0.35)


def test_error_bars_of_the_quadrature_cover_the_truth() -> None:
    rng = np.random.default_rng(5)
    truth = np.mean(DIAGONAL)
    pulls = []
    for _ in range(200):
        quadrature = stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 3, 8, rng)
        mean, error = quadrature.moment(1)
        pulls.append((mean - truth) / error)
    # Student's t with 7 degrees of freedom: variance 7/5.
    assert np.mean(np.square(pulls)) == pytest.approx(7 / 5, rel=0.3)


def test_histogram_integrates_to_one_and_matches_the_counts() -> None:
    quadrature = stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 100, 6, np.random.default_rng(6))
    edges = np.linspace(-2.0, 28.0, 16)
    density, error = quadrature.histogram(edges)
    assert density @ np.diff(edges) == pytest.approx(1.0, abs=1e-12)
    counts = np.histogram(DIAGONAL, edges)[0] / DIAGONAL.size / np.diff(edges)
    assert np.max(np.abs(density - counts)) < 4 * probe_error(0.25, DIAGONAL.size, 6) / np.diff(edges)[0]
    assert density.shape == error.shape == (15,)


def test_smeared_density_integrates_to_one() -> None:
    quadrature = stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 20, 2, np.random.default_rng(7))
    x = np.linspace(-5, 32, 4000)
    assert np.trapezoid(quadrature.density(x, 0.3)[0], x) == pytest.approx(1.0, abs=1e-9)
    with pytest.raises(ValueError, match="must be positive"):
        quadrature.density(x, 0.0)


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


def test_quadrature_of_the_fisher_matrix_agrees_with_its_dense_eigenvalues(
    fisher_32: FisherMatrix, eigenvalues_32: Array
) -> None:
    quadrature = stochastic_lanczos_quadrature(
        fisher_32.apply, fisher_32.parameters, 100, 16, np.random.default_rng(13)
    )
    x = np.linspace(0.05, 6.0, 300)
    truth = np.searchsorted(eigenvalues_32, x, side="right") / eigenvalues_32.size
    mean, error = quadrature.cdf(x)
    assert np.max(np.abs(mean - truth)) < 0.015
    assert np.mean(error / probe_error(truth, 2048, 16)) == pytest.approx(1.0, abs=0.35)
    for order in (1, 2, 3):
        moment, moment_error = quadrature.moment(order)
        assert abs(moment - np.mean(eigenvalues_32**order)) < 4 * moment_error


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


def test_kolmogorov_distance_refuses_an_empty_spectrum() -> None:
    with pytest.raises(ValueError, match="no eigenvalue"):
        kolmogorov_distance(np.array([]), lambda x: x)


def test_extreme_eigenvalues_are_those_of_the_dense_matrix(fisher_32: FisherMatrix, eigenvalues_32: Array) -> None:
    smallest, largest = extreme_eigenvalues(fisher_32.linear_operator(), 3, np.random.default_rng(15))
    assert np.allclose(smallest, eigenvalues_32[:3], atol=1e-7)
    assert np.allclose(largest, eigenvalues_32[-3:], atol=1e-7)
    with pytest.raises(ValueError, match="below half"):
        extreme_eigenvalues(fisher_32.linear_operator(), 1024, np.random.default_rng(15))


def test_kolmogorov_distance_of_quadrature_equals_that_of_dense_eigenvalues(
    fisher_32: FisherMatrix, eigenvalues_32: Array
) -> None:
    constants = nonlinearity_constants(get_activation("normalised_erf"))
    spectrum = LimitingSpectrum(constants)
    quadrature = stochastic_lanczos_quadrature(fisher_32.apply, 2048, 100, 16, np.random.default_rng(16))
    points = (constants.features[0], constants.features[3])
    estimated = quadrature.kolmogorov_distance(spectrum.cdf, points)
    assert estimated == pytest.approx(kolmogorov_distance(eigenvalues_32, spectrum.cdf), abs=0.01)


def test_torch_and_single_precision_vectors_give_the_same_quadrature(fisher_32: FisherMatrix) -> None:
    reference = stochastic_lanczos_quadrature(fisher_32.apply, 2048, 30, 2, np.random.default_rng(17))
    on_torch = stochastic_lanczos_quadrature(
        to_torch(fisher_32).apply, 2048, 30, 2, np.random.default_rng(17), convert=torch.as_tensor
    )
    single = stochastic_lanczos_quadrature(
        fisher_32.astype(np.float32).apply, 2048, 30, 2, np.random.default_rng(17),
        convert=lambda v: v.astype(np.float32), itemsize=4,
    )  # fmt: skip
    for probe in range(2):
        assert np.allclose(on_torch.nodes[probe], reference.nodes[probe], atol=1e-9)
        assert np.allclose(single.nodes[probe], reference.nodes[probe], atol=2e-3)
    assert single.moment(2)[0] == pytest.approx(reference.moment(2)[0], rel=1e-5)
    chebyshev = kernel_polynomial_method(
        to_torch(fisher_32).apply, 2048, 20, 1, np.random.default_rng(18), convert=torch.as_tensor
    )
    direct = kernel_polynomial_method(fisher_32.apply, 2048, 20, 1, np.random.default_rng(18))
    assert np.allclose(chebyshev.moments, direct.moments, atol=1e-10)


def test_kolmogorov_distance_of_a_shifted_uniform_sample() -> None:
    def uniform(x: Array) -> Array:
        return np.clip(x, 0.0, 1.0)

    sample = 0.1 + (np.arange(1000) + 0.5) / 1000
    assert kolmogorov_distance(sample, uniform) == pytest.approx(0.1 + 0.0005, abs=1e-12)
    exact = SpectralQuadrature((sample,), (np.full(1000, 1e-3),))
    assert exact.kolmogorov_distance(uniform) == pytest.approx(0.1, abs=1e-12)


def test_wasserstein_distance_of_a_shift_is_the_shift() -> None:
    nodes = (np.arange(500) + 0.5) / 500
    assert wasserstein_distance(nodes, np.full(500, 0.002), lambda p: p + 0.25) == pytest.approx(0.25, abs=1e-9)


def test_lanczos_vectors_too_large_for_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2**20)
    with pytest.raises(UserError, match=r"100 Lanczos vectors of a matrix of order 4000 needs? about"):
        stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 100, 1, np.random.default_rng(19))


def test_counts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="probes = 0"):
        stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 10, 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="moments = 1"):
        kernel_polynomial_method(diagonal_matvec, DIAGONAL.size, 1, 1, np.random.default_rng(0))


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_an_outlier_does_not_end_lanczos_before_the_bulk_is_resolved(precision: type) -> None:
    rng = np.random.default_rng(20)
    for outlier in (1e4, 1e5):
        eigenvalues = np.append(np.sort(rng.random(2999)), outlier)
        diagonal = eigenvalues.astype(precision)
        start = rng.standard_normal(3000).astype(precision)
        result = lanczos(partial(np.multiply, diagonal), start, 60)
        assert result.diagonal.size == 60
        assert result.remainder > 0.1  # of a bulk of width 1: 1/4
        nodes, vectors = eigh_tridiagonal(result.diagonal, result.off_diagonal)
        x = np.linspace(0.01, 0.99, 99)
        estimated = SpectralQuadrature((nodes,), (vectors[0] ** 2,)).cdf(x)[0]
        truth = np.searchsorted(eigenvalues, x, side="right") / 3000
        # half of a node's weight, 1/120 on average, besides the noise of one probe
        assert np.max(np.abs(estimated - truth)) < 1 / 120 + 4 * np.max(probe_error(truth, 3000, 1))


def test_kolmogorov_distance_to_a_limit_with_an_atom_leaves_the_jump_out_on_the_left() -> None:
    def half_at_zero(x: Array) -> Array:
        return np.where(x >= 0.0, 0.5 + 0.5 * np.clip(x, 0.0, 1.0), 0.0)

    atoms = [(0.0, 0.5)]
    uniform = (np.arange(500) + 0.5) / 500
    good = np.concatenate([np.zeros(500), uniform])
    assert kolmogorov_distance(good, half_at_zero, atoms) == pytest.approx(0.0005, abs=1e-12)
    # half of the eigenvalues of the atom are missing, seen just left of 0.001; or all of them are somewhere else
    assert kolmogorov_distance(good[250:], half_at_zero, atoms) == pytest.approx(0.5005 - 250 / 750, abs=1e-12)
    assert kolmogorov_distance(good - np.where(good == 0.0, 1e-3, 0.0), half_at_zero, atoms) == pytest.approx(0.5)
    assert kolmogorov_distance(uniform + 1.0, half_at_zero, atoms) == pytest.approx(1.0)
    grid = np.linspace(-0.5, 1.5, 20001)
    sample = np.random.default_rng(21).choice(good, 200)
    slow = np.abs(np.mean(sample[:, None] <= grid, axis=0) - half_at_zero(grid)).max()
    assert kolmogorov_distance(sample, half_at_zero, atoms) == pytest.approx(slow, abs=1e-4)
