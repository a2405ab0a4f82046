"""Lanczos quadrature on matrices with known spectrum and on the Fisher matrix."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import torch
from known_spectrum import DIAGONAL, diagonal_matvec, probe_error, true_cdf
from scipy.linalg import eigh_tridiagonal, eigvalsh_tridiagonal

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix
from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.spectra.distances import kolmogorov_distance
from fisher_spectra.spectra.lanczos import (
    SpectralQuadrature,
    Tridiagonal,
    lanczos,
    lanczos_memory,
    stochastic_lanczos_quadrature,
)

Array = npt.NDArray[np.float64]


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


@pytest.mark.parametrize(
    ("library", "precision"),
    [("list", np.float64), *((library, size) for library in ("numpy", "torch") for size in (np.float32, np.float64))],
)
def test_an_invariant_subspace_is_found_in_either_precision_and_library(library: str, precision: type) -> None:
    """Three eigenvalues, each of many vectors: the third step ends, up to the rounding of the start's precision."""
    eigenvalues = np.repeat([1.0, 2.0, 7.0], 40).astype(precision)
    start = np.random.default_rng(3).standard_normal(120).astype(precision)
    given = {"list": start.tolist, "numpy": start.copy, "torch": lambda: torch.from_numpy(start)}[library]()
    matrix = torch.from_numpy(eigenvalues) if library == "torch" else eigenvalues
    result = lanczos(lambda v: matrix * v, given, 20)
    assert (len(result.diagonal), result.remainder) == (3, 0.0)
    ritz = eigh_tridiagonal(result.diagonal, result.off_diagonal, eigvals_only=True)
    np.testing.assert_allclose(ritz, [1.0, 2.0, 7.0], rtol=20 * np.finfo(precision).eps)


def test_the_difference_from_a_distribution_function_is_that_of_each_probe_at_all_nodes_and_points() -> None:
    """Two probes against the uniform distribution on [0, 4], with points before and beyond all nodes."""
    quadrature = SpectralQuadrature(
        (np.array([1.0, 2.0]), np.array([0.5, 3.0])), (np.array([0.5, 0.5]), np.array([0.75, 0.25]))
    )
    places, mean, error = quadrature.cdf_difference(lambda x: np.clip(x / 4, 0, 1), points=[3.5, 0.25])
    assert places.tolist() == [0.25, 0.5, 1.0, 2.0, 3.0, 3.5]
    # Half of a node's weight counts at it: 1/4 and 3/4, 3/8 and 7/8. At points nothing counts before all nodes, and
    # everything beyond; at the other probe's nodes the difference is interpolated, and constant outside.
    first = np.array([-1 / 16, 0.0, 0.0, 1 / 4, 1 / 4, 1 / 8])
    second = np.array([-1 / 16, 1 / 4, 1 / 4 - 1 / 40, 1 / 4 - 3 / 40, 1 / 8, 1 / 8])
    np.testing.assert_allclose(mean, (first + second) / 2, atol=1e-15)
    np.testing.assert_allclose(error, np.abs(first - second) / 2, atol=1e-15)
    assert quadrature.kolmogorov_distance(lambda x: np.clip(x / 4, 0, 1), points=[3.5, 0.25]) == np.abs(mean).max()


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


def test_lanczos_ends_where_it_is_told_to_with_what_it_had_made_by_then() -> None:
    matrix = np.diag(np.linspace(1.0, 2.0, 50))
    start = np.random.default_rng(0).standard_normal(50)
    shown: list[int] = []

    def after_four(found: Tridiagonal) -> bool:
        shown.append(len(found.diagonal))
        return len(found.diagonal) == 4

    ended, whole = lanczos(lambda v: matrix @ v, start, 20, after_four), lanczos(lambda v: matrix @ v, start, 4)
    assert shown == [1, 2, 3, 4]
    np.testing.assert_array_equal(ended.diagonal, whole.diagonal)
    np.testing.assert_array_equal(ended.off_diagonal, whole.off_diagonal)
    assert ended.remainder == whole.remainder


def test_lanczos_refuses_no_steps_and_no_vector() -> None:
    with pytest.raises(ValueError, match="steps = 0: must be a whole number >= 1"):
        lanczos(diagonal_matvec, np.ones(DIAGONAL.size), 0)
    with pytest.raises(ValueError, match="start vector of the norm 0: must be finite and not zero"):
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


def test_lanczos_vectors_too_large_for_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2**20)
    with pytest.raises(UserError, match=r"100 Lanczos vectors of a matrix of order 4000 needs? about"):
        stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 100, 1, np.random.default_rng(19))


def test_no_probe_is_refused() -> None:
    with pytest.raises(ValueError, match="probes = 0"):
        stochastic_lanczos_quadrature(diagonal_matvec, DIAGONAL.size, 10, 0, np.random.default_rng(0))


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


def test_vectors_stay_orthogonal_where_little_is_left_of_a_product() -> None:
    """A few large eigenvalues over noise: in single precision one orthogonalisation leaves vectors that are not."""
    rng = np.random.default_rng(3)
    turned, _ = np.linalg.qr(rng.standard_normal((400, 400)))
    values = np.concatenate([np.geomspace(1, 1e3, 20), 1e-9 * rng.random(380)])
    matrix = ((turned * values) @ turned.T).astype(np.float32)
    vectors = []

    def matvec(vector: np.ndarray) -> np.ndarray:
        vectors.append(vector.copy())
        return matrix @ vector

    found = lanczos(matvec, rng.standard_normal(400).astype(np.float32), 60)
    basis = np.array(vectors, dtype=np.float64)
    assert len(basis) == len(found.diagonal) > 20
    np.testing.assert_allclose(basis @ basis.T, np.eye(len(basis)), rtol=0, atol=2e-5)
    ritz = eigvalsh_tridiagonal(found.diagonal, found.off_diagonal)
    np.testing.assert_allclose(ritz[-20:], values[:20], rtol=2e-5, atol=1e-3)


def test_the_second_orthogonalisation_leaves_what_is_new_in_a_product() -> None:
    """Of a product that is its own direction but for 1e-7 of it, what is left of one pass is partly rounding."""
    eigenvalues = 1.0 + 1e-7 * np.arange(5)
    found = lanczos(lambda vector: eigenvalues * vector, np.ones(5), 5)
    assert len(found.diagonal) == 5
    ritz = eigvalsh_tridiagonal(found.diagonal, found.off_diagonal)
    np.testing.assert_allclose(ritz, eigenvalues, rtol=0, atol=1e-14)


def test_a_matrix_of_one_row_in_one_step_has_its_entry() -> None:
    quadrature = stochastic_lanczos_quadrature(
        lambda vector: 3.0 * vector, 1, 1, 1, np.random.default_rng(0), itemsize=1
    )
    assert quadrature.nodes[0].tolist() == [3.0]
    assert quadrature.weights[0].tolist() == [1.0]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_ritz_values_of_long_vectors_in_single_precision_are_those_of_double_precision(library: str) -> None:
    """Off by 2e-6 at most, which is rounding of the vectors; inner products in single precision shifted all by 3e-5."""
    eigenvalues = np.linspace(0.02, 12.0, 2**20)
    start = np.random.default_rng(4).standard_normal(eigenvalues.size)
    ritz = {}
    for precision in (np.float32, np.float64):
        given, matrix = start.astype(precision), eigenvalues.astype(precision)
        if library == "torch":
            given, matrix = torch.from_numpy(given), torch.from_numpy(matrix)
        found = lanczos(lambda vector, matrix=matrix: matrix * vector, given, 12)
        ritz[precision] = eigvalsh_tridiagonal(found.diagonal, found.off_diagonal)
    np.testing.assert_allclose(ritz[np.float32], ritz[np.float64], rtol=0, atol=5e-6)


def test_memory_of_lanczos_is_its_vectors_and_six_more_and_in_single_precision_two_in_double() -> None:
    assert lanczos_memory(100, 10, 8) == 16 * 100 * 8
    assert lanczos_memory(100, 10, 4) == 16 * 100 * 4 + 2 * 100 * 8


@pytest.mark.parametrize("kind", [np.float16, np.int8, np.int64])
def test_a_start_vector_of_another_type_is_iterated_in_double_precision(kind: type) -> None:
    start = np.arange(1, 6).astype(kind)
    for matrix in (np.zeros((5, 5), kind), 3 * np.eye(5, dtype=kind), np.diag(np.arange(5)).astype(kind)):
        found = lanczos(lambda vector, matrix=matrix: matrix @ vector, start, 5)
        expected = lanczos(lambda vector, matrix=matrix: matrix @ vector, start.astype(np.float64), 5)
        np.testing.assert_array_equal(found.diagonal, expected.diagonal)
        assert set(np.round(eigvalsh_tridiagonal(found.diagonal, found.off_diagonal), 9)) <= set(np.diagonal(matrix))


def test_a_tensor_in_half_precision_and_a_product_that_is_not_finite_are_refused_in_one_line() -> None:
    with pytest.raises(TypeError, match="must be real numbers, as a tensor in float32 or float64"):
        lanczos(diagonal_matvec, torch.ones(3, dtype=torch.float16), 2)
    with pytest.raises(ValueError, match=r"its product with a vector is not finite \(step 1\)"):
        lanczos(lambda vector: vector * np.nan, np.ones(3), 2)
