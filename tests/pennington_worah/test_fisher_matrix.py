"""The population Fisher matrix: against sampling over inputs, dense against operator, numpy against torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.sparse.linalg import aslinearoperator, eigsh

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah import fisher_matrix as fisher_operator
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import operator_memory, population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.singularities import atom_scaling

Array = npt.NDArray[np.float64]

ACTIVATIONS = [
    "linear",
    "erf",
    "normalised_erf(alpha=1.5)",
    "relu",
    "leaky_relu(slope=0.2)",
    "shifted_leaky_relu(alpha=0.5)",
    "shifted_relu(a=1.2,b=0.3)",
    "hard_tanh(s=0.5,g=1.1)",
    "optimal_quadratic",
    "tanh",
    "softplus",
]


def rectangular_weights(seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((5, 4)) / 2, rng.standard_normal((3, 5)) / 2


def sampled_fisher(w_1: Array, w_2: Array, spec: str, samples: int, seed: int) -> tuple[Array, Array]:
    """Oracle: mean of J(x)^T J(x) over random inputs, and its standard error, element by element."""
    f = get_activation(spec)
    (hidden, inputs), outputs = w_1.shape, w_2.shape[0]
    parameters = hidden * (inputs + outputs)
    first, second = np.zeros((parameters, parameters)), np.zeros((parameters, parameters))
    rng = np.random.default_rng(seed)
    block = min(2000, samples)
    for _ in range(samples // block):
        x = rng.standard_normal((block, inputs))
        z = x @ w_1.T
        jacobian = np.zeros((block, outputs, parameters))
        for i in range(outputs):
            jacobian[:, i, : hidden * inputs] = ((f.derivative(z) * w_2[i])[:, :, None] * x[:, None, :]).reshape(
                block, -1
            )
            start = hidden * inputs + i * hidden
            jacobian[:, i, start : start + hidden] = f(z)
        products = np.einsum("sip,siq->spq", jacobian, jacobian, optimize=True)
        first += products.sum(0)
        second += np.einsum("spq,spq->pq", products, products)
    mean = first / samples
    return mean, np.sqrt(np.maximum(second / samples - mean**2, 0.0) / samples)


@pytest.mark.parametrize("spec", ACTIVATIONS)
def test_population_fisher_equals_sampling_over_inputs(spec: str) -> None:
    w_1, w_2 = rectangular_weights(1)
    exact = population_fisher(w_1, w_2, get_activation(spec)).dense()
    mean, error = sampled_fisher(w_1, w_2, spec, 40_000, 2)
    deviation = np.abs(exact - mean)[error > 0] / error[error > 0]
    # 1225 elements, correlated: root mean square of 1 within 0.25, none beyond 5.5 standard errors.
    assert np.max(deviation) < 5.5
    assert np.sqrt(np.mean(deviation**2)) < 1.3
    assert np.all(np.abs(exact - mean)[error == 0] < 1e-12)


@pytest.mark.parametrize("spec", ["erf", "relu"])
def test_sampling_error_falls_as_one_over_the_root_of_the_samples(spec: str) -> None:
    w_1, w_2 = rectangular_weights(3)
    exact = population_fisher(w_1, w_2, get_activation(spec)).dense()
    errors = []
    for samples in (500, 8_000):
        squares = [np.mean((sampled_fisher(w_1, w_2, spec, samples, seed)[0] - exact) ** 2) for seed in range(40)]
        errors.append(np.sqrt(np.mean(squares)))
    # A few modes of x carry most of the error, so that 40 runs give the ratio to about 10 %.
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("spec", ACTIVATIONS)
def test_operator_equals_the_dense_matrix(spec: str) -> None:
    fisher = population_fisher(*rectangular_weights(4), get_activation(spec))
    dense = fisher.dense()
    vectors = np.random.default_rng(5).standard_normal((3, fisher.parameters))
    assert np.allclose(fisher.apply(vectors), vectors @ dense, atol=1e-13)
    assert np.allclose(fisher.apply(vectors[0]), dense @ vectors[0], atol=1e-13)


@pytest.mark.parametrize("spec", ACTIVATIONS)
def test_fisher_matrix_is_symmetric_and_positive_semi_definite(spec: str) -> None:
    dense = population_fisher(*sample_weights(np.random.default_rng(6), 7), get_activation(spec)).dense()
    assert np.array_equal(dense[:49, 49:], dense[49:, :49].T)
    assert np.max(np.abs(dense - dense.T)) < 1e-14
    assert np.linalg.eigvalsh(dense)[0] > -1e-13


def test_operator_is_symmetric_at_a_width_without_dense_matrix() -> None:
    fisher = population_fisher(*sample_weights(np.random.default_rng(7), 120), get_activation("shifted_leaky_relu"))
    u, v = np.random.default_rng(8).standard_normal((2, fisher.parameters))
    assert u @ fisher.apply(v) == pytest.approx(v @ fisher.apply(u), rel=1e-10)
    assert v @ fisher.apply(v) > 0


def test_scipy_linear_operator_multiplies_vectors_and_matrices() -> None:
    fisher = population_fisher(*rectangular_weights(9), get_activation("erf"))
    operator = aslinearoperator(fisher.linear_operator())
    dense = fisher.dense()
    matrix = np.random.default_rng(10).standard_normal((fisher.parameters, 4))
    assert operator.shape == dense.shape
    assert np.allclose(operator @ matrix, dense @ matrix, atol=1e-13)
    assert np.allclose(operator @ matrix[:, 0], dense @ matrix[:, 0], atol=1e-13)
    assert np.allclose(operator.rmatvec(matrix[:, 1]), dense @ matrix[:, 1], atol=1e-13)


def test_scipy_finds_the_extreme_eigenvalues_of_the_linear_operator() -> None:
    fisher = population_fisher(*sample_weights(np.random.default_rng(0), 32), get_activation("normalised_erf"))
    dense, rng = np.linalg.eigvalsh(fisher.dense()), np.random.default_rng(15)
    start = rng.standard_normal(fisher.parameters)
    for which, expected in (("SA", dense[:3]), ("LA", dense[-3:])):
        found = eigsh(fisher.linear_operator(), k=3, which=which, v0=start, tol=1e-8, return_eigenvectors=False)
        assert np.allclose(np.sort(found), expected, atol=1e-7)


@pytest.mark.parametrize("spec", ACTIVATIONS)
def test_trace_and_squared_norm_are_those_of_the_dense_matrix(spec: str) -> None:
    fisher = population_fisher(*rectangular_weights(11), get_activation(spec))
    dense = fisher.dense()
    assert fisher.trace() == pytest.approx(np.trace(dense), rel=1e-12)
    assert fisher.squared_norm() == pytest.approx(np.sum(dense**2), rel=1e-12)
    assert fisher.moments() == pytest.approx((np.trace(dense) / 35, np.sum(dense**2) / 35), rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("spec", ["erf", "shifted_leaky_relu(alpha=0.5)", "optimal_quadratic"])
def test_torch_operator_equals_the_numpy_operator(dtype: torch.dtype, spec: str) -> None:
    fisher = population_fisher(*rectangular_weights(12), get_activation(spec))
    vectors = np.random.default_rng(13).standard_normal((2, fisher.parameters))
    result = to_torch(fisher, "cpu", dtype).apply(torch.as_tensor(vectors, dtype=dtype))
    assert result.dtype == dtype
    tolerance = 1e-13 if dtype == torch.float64 else 2e-5
    assert np.allclose(result.numpy(), fisher.apply(vectors), atol=tolerance, rtol=tolerance)


def test_single_precision_differs_by_its_rounding_only() -> None:
    weights = sample_weights(np.random.default_rng(14), 40)
    double = population_fisher(*weights, get_activation("erf"))
    single = population_fisher(*weights, get_activation("erf"), dtype=np.float32)
    vector = np.random.default_rng(15).standard_normal(double.parameters)
    result = single.apply(vector.astype(np.float32))
    assert result.dtype == np.float32
    error = np.linalg.norm(result - double.apply(vector)) / np.linalg.norm(double.apply(vector))
    assert 1e-9 < error < 1e-5


@pytest.mark.parametrize("spec", ["linear", "normalised_erf", "shifted_leaky_relu"])
def test_moments_at_width_1024_lie_within_one_percent_of_equation_27(spec: str) -> None:
    f = get_activation(spec)
    fisher = population_fisher(*sample_weights(np.random.default_rng(16), 1024), f)
    constants = nonlinearity_constants(f)
    first, second = fisher.moments()
    assert first == pytest.approx(constants.first_moment, rel=0.01)
    assert second == pytest.approx(constants.second_moment, rel=0.01)


def test_second_moment_of_f_opt_approaches_equation_27_as_one_over_the_width() -> None:
    f = get_activation("optimal_quadratic")
    limit = nonlinearity_constants(f).second_moment
    rng = np.random.default_rng(17)
    excess = [
        np.mean([population_fisher(*sample_weights(rng, n), f).moments()[1] / limit - 1 for _ in range(runs)])
        for n, runs in ((32, 60), (128, 20))
    ]
    assert excess[1] > 0.05  # eigenvalues beyond z_6, see below
    assert excess[0] / excess[1] == pytest.approx(4.0, rel=0.35)


def test_eigenvalues_approach_the_limiting_distribution_as_the_width_grows() -> None:
    f = get_activation("normalised_erf")
    spectrum = LimitingSpectrum(nonlinearity_constants(f))
    rng = np.random.default_rng(18)
    distances = []
    for n, runs in ((6, 8), (12, 4), (24, 1)):
        worst = []
        for _ in range(runs):
            eigenvalues = np.linalg.eigvalsh(population_fisher(*sample_weights(rng, n), f).dense())
            middle = (np.arange(eigenvalues.size) + 0.5) / eigenvalues.size
            worst.append(np.max(np.abs(middle - spectrum.cdf(eigenvalues))))
        distances.append(np.mean(worst))
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 0.14


def test_erratum_26_sampled_spectra_have_no_atom_at_z_1_or_z_4() -> None:
    """For an atom the fraction of eigenvalues within a window stays finite as the window shrinks."""
    f = get_activation("shifted_leaky_relu")
    constants = nonlinearity_constants(f)
    eigenvalues = np.linalg.eigvalsh(population_fisher(*sample_weights(np.random.default_rng(19), 24), f).dense())
    for z in (constants.features[0], constants.features[3]):
        fractions = [np.mean(np.abs(eigenvalues - z) < width) for width in (0.05, 0.0005)]
        assert 0.02 < fractions[0] < 0.3
        assert fractions[1] < 0.1 * fractions[0]
        assert atom_scaling(LimitingSpectrum(constants), z, [1e-9, 1e-8]).exponent == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("spec", "below", "low", "high"),
    [("normalised_erf", 0.5, 0.9, 1.1), ("shifted_leaky_relu", 0.1, 0.15, 0.4), ("optimal_quadratic", 0.1, 0.3, 0.6)],
)
def test_erratum_25_of_the_order_of_n_eigenvalues_stay_below_z_1(
    spec: str, below: float, low: float, high: float
) -> None:
    """(25) is the edge of the limiting density: rescaling w_a against the column of W2 costs less than z_1."""
    f = get_activation(spec)
    edge = below * nonlinearity_constants(f).features[0]
    for n in (16, 28):
        eigenvalues = np.linalg.eigvalsh(population_fisher(*sample_weights(np.random.default_rng(n), n), f).dense())
        assert low <= np.sum(eigenvalues < edge) / n <= high


def test_erratum_25_largest_eigenvalue_of_f_opt_stays_far_above_z_6() -> None:
    f = get_activation("optimal_quadratic")
    z_6 = nonlinearity_constants(f).features[5]
    for n in (16, 64, 160):
        fisher = population_fisher(*sample_weights(np.random.default_rng(n), n), f)
        vector = np.random.default_rng(0).standard_normal(fisher.parameters)
        for _ in range(25):
            vector = fisher.apply(vector / np.linalg.norm(vector))
        assert np.linalg.norm(vector) > 3 * z_6  # power iteration converges from below


def test_width_too_large_for_the_memory_is_refused_with_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2**20)
    with pytest.raises(
        UserError, match=r"Fisher operator of width 200 needs about 0\.01 GiB .* 0\.00 GiB are available"
    ):
        population_fisher(*sample_weights(np.random.default_rng(20), 200), get_activation("erf"))


def test_dense_matrix_too_large_for_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fisher = population_fisher(*sample_weights(np.random.default_rng(21), 20), get_activation("erf"))
    monkeypatch.setattr(memory, "available_memory", lambda: 2**20)
    with pytest.raises(UserError, match=r"dense Fisher matrix of width 20 \(800 parameters\)"):
        fisher.dense()


def test_memory_estimate_of_the_operator_covers_what_building_and_applying_take() -> None:
    import tracemalloc

    width = 200
    weights = sample_weights(np.random.default_rng(22), width)
    tracemalloc.start()
    for spec in ("erf", "shifted_leaky_relu", "tanh"):
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        fisher = population_fisher(*weights, get_activation(spec))
        fisher.apply(np.ones(fisher.parameters))
        used = tracemalloc.get_traced_memory()[1] - before
        assert used < operator_memory(width) + 2**24  # quadrature grids do not grow with the square of the width
        assert used > 0.3 * operator_memory(width)
        del fisher
    tracemalloc.stop()


def test_a_network_of_one_unit_is_one() -> None:
    w_1, w_2 = sample_weights(np.random.default_rng(0), 1)
    assert (w_1.shape, w_2.shape) == ((1, 1), (1, 1))


def test_wrong_shapes_and_types_are_refused() -> None:
    w_1, w_2 = rectangular_weights(23)
    f = get_activation("erf")
    with pytest.raises(ValueError, match=r"must be \(n, n_in\) and \(n_out, n\)"):
        population_fisher(w_1, w_2.T, f)
    for weights in ((np.ones(3), np.ones((3, 3))), (np.ones((3, 3)), np.ones(3)), (np.ones((3, 0)), np.ones((3, 3)))):
        with pytest.raises(ValueError, match=r"must be \(n, n_in\) and \(n_out, n\)"):
            population_fisher(*weights, f)
    with pytest.raises(ValueError, match="must be float32 or float64"):
        population_fisher(w_1, w_2, f, dtype=np.int64)
    with pytest.raises(ValueError, match="must have 35 elements"):
        population_fisher(w_1, w_2, f).apply(np.ones(34))
    with pytest.raises(ValueError, match="width = 0"):
        fisher_operator.sample_weights(np.random.default_rng(0), 0)
