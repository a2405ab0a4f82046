"""Dual Fisher matrix against an explicit Jacobian, its algebra, and its statistics against mean field."""

from __future__ import annotations

import numpy as np
import pytest
from explicit_jacobian import TORCH_ACTIVATIONS, explicit_jacobian

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks import dual_fisher as module
from fisher_spectra.networks.dual_fisher import (
    count_at_least,
    dual_fisher,
    dual_fisher_moments,
    dual_fisher_operator,
    eigenvalue_statistics,
    eigenvalues,
    fisher_statistics,
)
from fisher_spectra.networks.fully_connected import RandomNetwork, gaussian_inputs, n_parameters, sample_network
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

# (widths M_0, M_1, .., C): depths 2, 3, 4, unequal widths, one output and several, one unit in a layer
ARCHITECTURES = [(4, 7, 1), (5, 8, 3), (6, 5, 9, 1), (3, 8, 4, 2), (4, 6, 3, 5, 1), (7, 3, 6, 4, 3), (2, 1, 3, 5)]
SAMPLES = 6


def small_network(spec="tanh", widths=(3, 8, 4, 2), samples=SAMPLES, dtype=np.float64):
    rng = generator(0, "test_dual_fisher", spec, samples, *widths)
    network = sample_network(rng, widths, get_activation(spec), 1.9, 0.4, dtype)
    return network, gaussian_inputs(rng, samples, widths[0], dtype)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("widths", ARCHITECTURES)
@pytest.mark.parametrize("spec", sorted(TORCH_ACTIVATIONS))
def test_dual_matrix_is_the_gram_matrix_of_the_explicit_jacobian(spec, widths, biases):
    network, inputs = small_network(spec, widths)
    jacobian = explicit_jacobian(network, inputs, spec, biases)
    assert jacobian.shape == (widths[-1] * SAMPLES, network.n_parameters(biases))
    np.testing.assert_allclose(
        dual_fisher(network, inputs, biases), jacobian @ jacobian.T / SAMPLES, rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("least_half", [2, 10**6], ids=["halves", "whole"])
@pytest.mark.parametrize("strip_rows", [1, 4, 100])
def test_halves_of_products_and_strips_give_the_gram_matrix_of_the_jacobian(dtype, least_half, strip_rows, monkeypatch):
    monkeypatch.setattr(module, "_LEAST_HALF", least_half)
    monkeypatch.setattr(module, "_STRIP_NUMBERS", strip_rows * SAMPLES)
    network, inputs = small_network("tanh", (6, 5, 9, 1), dtype=dtype)
    jacobian = explicit_jacobian(network, inputs, "tanh", True)
    dual = dual_fisher(network, inputs)
    np.testing.assert_allclose(
        dual, jacobian @ jacobian.T / SAMPLES, rtol=100 * np.finfo(dtype).eps, atol=1e-6 * np.finfo(dtype).eps
    )
    assert np.array_equal(dual, dual.T)


@pytest.mark.parametrize("biases", [True, False])
def test_one_layer_has_a_block_of_input_overlaps_for_each_output(biases):
    rng = generator(0, "one_layer")
    network = RandomNetwork((rng.standard_normal((3, 4)),), (rng.standard_normal(3),), get_activation("tanh"))
    inputs = gaussian_inputs(rng, SAMPLES, 4)
    expected = np.kron(np.eye(3), (inputs @ inputs.T + biases) / SAMPLES)
    np.testing.assert_allclose(dual_fisher(network, inputs, biases), expected, rtol=1e-13)
    vector = rng.standard_normal(3 * SAMPLES)
    product = dual_fisher_operator(network, inputs, biases) @ vector
    np.testing.assert_allclose(product, expected @ vector, rtol=1e-12, atol=1e-13)
    trace, squares = dual_fisher_moments(network, inputs, biases)
    assert (trace, squares) == pytest.approx((np.trace(expected), np.sum(expected**2)), rel=1e-13)


def test_block_k_k_prime_holds_the_gradients_of_outputs_k_and_k_prime():
    network, inputs = small_network("tanh", (5, 8, 3))
    jacobian = explicit_jacobian(network, inputs, "tanh", biases=True).reshape(3, SAMPLES, -1)
    dual = dual_fisher(network, inputs)
    for k in range(3):
        for k_prime in range(3):
            block = dual[k * SAMPLES : (k + 1) * SAMPLES, k_prime * SAMPLES : (k_prime + 1) * SAMPLES]
            np.testing.assert_allclose(block, jacobian[k] @ jacobian[k_prime].T / SAMPLES, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("panel_rows", [1, 13, 10**6])
def test_dual_matrix_is_the_same_for_every_panel_size(panel_rows, monkeypatch):
    network, inputs = small_network(widths=(7, 3, 6, 4, 5))
    expected = dual_fisher(network, inputs)
    monkeypatch.setattr(module, "_PANEL_ROWS", panel_rows)
    np.testing.assert_allclose(dual_fisher(network, inputs), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("spec", ["gelu", "sine", "softplus"])
def test_dual_matrix_agrees_with_finite_differences_of_the_outputs(spec):
    from dataclasses import replace

    from fisher_spectra.networks.fully_connected import forward

    network, inputs = small_network(spec, (3, 4, 3, 2))
    step = 1e-5  # central differences: the error is about step^2, rounding about 1e-16 / step
    columns = []
    for kind in ("weights", "biases"):
        for layer, array in enumerate(getattr(network, kind)):
            for index in np.ndindex(array.shape):
                moved = []
                for sign in (1, -1):
                    changed = [a.copy() for a in getattr(network, kind)]
                    changed[layer][index] += sign * step
                    moved.append(forward(replace(network, **{kind: tuple(changed)}), inputs).outputs)
                columns.append(((moved[0] - moved[1]) / (2 * step)).T.ravel())
    jacobian = np.array(columns).T
    np.testing.assert_allclose(dual_fisher(network, inputs), jacobian @ jacobian.T / SAMPLES, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("widths", [(6, 5, 9, 1), (7, 30, 20, 40)])
def test_dual_matrix_is_exactly_symmetric(widths, dtype):
    network, inputs = small_network("relu", widths, samples=40, dtype=dtype)
    dual = dual_fisher(network, inputs)
    assert dual.dtype == dtype
    assert np.array_equal(dual, dual.T)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("widths", [(6, 5, 9, 1), (3, 8, 4, 2)])
def test_dual_matrix_is_positive_semi_definite(widths, biases):
    network, inputs = small_network("relu", widths, samples=50)
    values = eigenvalues(dual_fisher(network, inputs, biases))
    assert values[0] > -1e-13 * values[-1]


@pytest.mark.parametrize("biases", [True, False])
def test_dual_matrix_has_the_non_zero_eigenvalues_of_the_fisher_matrix(biases):
    network, inputs = small_network("tanh", (3, 4, 2), samples=8)
    jacobian = explicit_jacobian(network, inputs, "tanh", biases)
    fisher = np.linalg.eigvalsh(jacobian.T @ jacobian / 8)
    dual = eigenvalues(dual_fisher(network, inputs, biases))
    common = min(len(fisher), len(dual))
    np.testing.assert_allclose(dual[-common:], fisher[-common:], rtol=1e-10, atol=1e-13 * fisher[-1])


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("widths", ARCHITECTURES)
def test_operator_trace_and_squared_norm_agree_with_the_matrix(widths, biases):
    network, inputs = small_network("erf", widths)
    dual = dual_fisher(network, inputs, biases)
    operator = dual_fisher_operator(network, inputs, biases)
    columns = np.array([operator.matvec(column) for column in np.eye(len(dual))]).T
    np.testing.assert_allclose(columns, dual, rtol=1e-12, atol=1e-13)
    trace, squares = dual_fisher_moments(network, inputs, biases)
    assert trace == pytest.approx(np.trace(dual), rel=1e-12)
    assert squares == pytest.approx(np.sum(dual**2), rel=1e-12)


@pytest.mark.parametrize("panel_numbers", [1, 100])
def test_moments_are_the_same_for_every_panel_size(panel_numbers, monkeypatch):
    network, inputs = small_network(widths=(7, 3, 6, 4, 5))
    expected = dual_fisher_moments(network, inputs)
    monkeypatch.setattr(module, "_PANEL_NUMBERS", panel_numbers)
    assert dual_fisher_moments(network, inputs) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("widths", [(20, 30, 20, 1), (15, 20, 15, 18), (1, 1, 1)])
def test_matrix_and_matrix_free_statistics_agree(widths, biases):
    network, inputs = small_network("tanh", widths, samples=15)
    matrix = fisher_statistics(network, inputs, biases, "matrix")
    matrix_free = fisher_statistics(network, inputs, biases, "matrix_free")
    for name in ("mean", "second_moment", "maximum"):
        assert getattr(matrix_free, name) == pytest.approx(getattr(matrix, name), rel=1e-11)
    assert matrix.n_parameters == matrix_free.n_parameters == network.n_parameters(biases)
    assert fisher_statistics(network, inputs, biases) in (matrix, matrix_free)


@pytest.mark.parametrize(
    ("widths", "samples", "method"),
    [
        ((1000, 1000, 1000, 1), 100, "matrix"),
        ((1000, 1000, 1000, 10), 100, "matrix"),
        ((300, 300, 300, 300), 100, "matrix_free"),
    ],
)
def test_matrix_free_method_is_chosen_for_many_outputs(widths, samples, method):
    assert module._cheaper_method(widths, samples) == method


def test_statistics_are_those_of_the_fisher_matrix_of_all_parameters():
    network, inputs = small_network("relu", (3, 4, 2, 2), samples=5)
    jacobian = explicit_jacobian(network, inputs, "relu", biases=True)
    fisher = np.linalg.eigvalsh(jacobian.T @ jacobian / 5)
    statistics = fisher_statistics(network, inputs)
    assert len(fisher) == statistics.n_parameters
    assert statistics.mean == pytest.approx(fisher.mean(), rel=1e-12)
    assert statistics.second_moment == pytest.approx(np.mean(fisher**2), rel=1e-12)
    assert statistics.maximum == pytest.approx(fisher[-1], rel=1e-12)


@pytest.mark.parametrize("samples", [100, 450])
def test_largest_eigenvalue_of_matrix_and_operator_is_that_of_the_full_spectrum(samples):
    network, inputs = small_network("tanh", (20, 30, 20, 1), samples=samples)
    dual = dual_fisher(network, inputs)
    expected = np.linalg.eigvalsh(dual)[-1]
    assert largest_eigenvalue(dual) == pytest.approx(expected, rel=1e-12)
    assert largest_eigenvalue(dual_fisher_operator(network, inputs)) == pytest.approx(expected, rel=1e-12)


def test_largest_eigenvalue_survives_a_crowd_of_close_outliers():
    # C > 1: the C outliers of F* are of the same order, so the gap below the maximum is small.
    network, inputs = small_network("relu", (60, 60, 60, 40), samples=10)
    expected = np.linalg.eigvalsh(dual_fisher(network, inputs))[-1]
    assert largest_eigenvalue(dual_fisher_operator(network, inputs)) == pytest.approx(expected, rel=1e-10)


def test_largest_eigenvalue_of_a_dead_network_is_zero():
    dead = RandomNetwork((np.zeros((4, 3)), np.ones((50, 4))), (-np.ones(4), np.ones(50)), get_activation("relu"))
    assert largest_eigenvalue(dual_fisher_operator(dead, np.ones((5, 3)), biases=False)) == 0


def test_overflow_is_reported_for_operators_too():
    network, inputs = small_network()
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ValueError, match="entries that are not finite"):
        largest_eigenvalue(dual_fisher_operator(network, np.full_like(inputs, 1e200)))
    with pytest.raises(ValueError, match="inputs has the entry nan: every one must be finite"):
        dual_fisher_operator(network, np.full_like(inputs, np.nan))


def test_the_estimate_without_the_matrix_counts_overlaps_and_deltas_of_all_hidden_layers():
    # three layers of overlaps in single precision and three matrices in double precision, 7 x 7 each; for each of the
    # two outputs the deltas of 4 + 5 hidden units, twice
    assert module.matrix_free_memory((3, 4, 5, 2), 7, 4) == (3 * 4 + 3 * 8) * 7**2 + 2 * 2 * 7 * (4 + 5) * 4


def test_products_of_gradients_keep_the_precision_of_the_network():
    left = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    gram = module._gram_of_products(left, left)
    assert gram.dtype == np.float32
    whole = np.einsum("tki,tkj->tij", *[left.astype(np.float64)] * 2).reshape(3, -1)
    np.testing.assert_allclose(gram, whole @ whole.T, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_of_the_matrix_covers_what_forming_it_takes(dtype):
    import tracemalloc

    network, inputs = small_network("tanh", (4, 6, 1), 700, dtype)
    tracemalloc.start()
    dual_fisher(network, inputs)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.9 * used < module.matrix_memory(700, np.dtype(dtype).itemsize) < 1.5 * used


def test_statistics_take_the_way_that_fits_into_memory(monkeypatch):
    """C = 10 and T = 20000: F* would need 320 GB, of which the other way needs a few per cent."""
    matrix = module.matrix_memory(10 * 20000, 8)
    matrix_free = module.matrix_free_memory((100, 200, 10), 20000, 8)
    assert matrix > 300e9
    assert matrix_free < 0.06 * matrix
    network, inputs = small_network()
    order = network.n_outputs * len(inputs)
    needed = (
        module.matrix_memory(order, 8),
        module.matrix_free_memory(network.widths, len(inputs), 8),
    )
    monkeypatch.setattr(module, "_dual_fisher", lambda *arguments: pytest.fail("forms the matrix"))
    for cheaper in ("matrix", "matrix_free"):
        monkeypatch.setattr(module, "_cheaper_method", lambda *arguments, cheaper=cheaper: cheaper)
        monkeypatch.setattr(module, "matrix_memory", lambda *arguments: 2 * max(needed))
        monkeypatch.setattr(memory, "available_memory", lambda: max(needed))
        statistics = fisher_statistics(network, inputs)
        assert statistics == fisher_statistics(network, inputs, method="matrix_free")
        with pytest.raises(UserError, match=r"the dual Fisher matrix of order \d+, method matrix, needs about"):
            fisher_statistics(network, inputs, method="matrix")
    monkeypatch.setattr(memory, "available_memory", lambda: 1)
    with pytest.raises(UserError, match="method matrix_free, needs about"):
        fisher_statistics(network, inputs)


def test_float32_statistics_are_within_1e_4_of_float64():
    network, inputs = small_network("tanh", (60, 80, 70, 3), samples=100)
    single = sample_network(generator(0, "single"), network.widths, network.activation, 1.9, 0.4, np.float32)
    double = type(single)(
        tuple(w.astype(np.float64) for w in single.weights),
        tuple(b.astype(np.float64) for b in single.biases),
        single.activation,
    )
    expected = fisher_statistics(double, inputs, method="matrix")
    for method in ("matrix", "matrix_free"):
        found = fisher_statistics(single, inputs, method=method)
        for name in ("mean", "second_moment", "maximum"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-4)


@pytest.mark.parametrize("method", ["matrix", "matrix_free"])
def test_same_identity_gives_bitwise_equal_statistics(method):
    first, again = (fisher_statistics(*small_network("relu", (30, 40, 30, 8), 40), method=method) for _ in "ab")
    assert first == again


def test_same_identity_gives_identical_bytes_of_the_dual_matrix():
    first, again = (dual_fisher(*small_network("erf", (30, 40, 30, 3), 40)) for _ in "ab")
    assert first.tobytes() == again.tobytes()


def test_count_at_least_counts_eigenvalues_from_each_threshold_on():
    ascending = np.array([-1e-18, 0.5, 1.0, 1.0, 7.0])
    np.testing.assert_array_equal(count_at_least(ascending, [0.1, 0.5, 1.0, 1.5, 8.0]), [4, 4, 3, 1, 0])
    with pytest.raises(ValueError, match=r"k = 0\.0: thresholds"):
        count_at_least(ascending, [1.0, 0.0])


@pytest.mark.parametrize("call", [eigenvalues, lambda dual: eigenvalue_statistics(dual, 7)])
@pytest.mark.parametrize(
    ("dual", "message"),
    [(np.full((3, 3), np.nan), "not finite"), (np.ones((2, 3)), "must be square"), (np.ones((0, 0)), "not empty")],
)
def test_matrices_that_are_not_square_and_finite_are_refused(call, dual, message):
    with pytest.raises(ValueError, match=message):
        call(dual)


def test_impossible_requests_are_refused():
    network, inputs = small_network()
    with pytest.raises(ValueError, match="n_parameters = 0: must be a whole number >= 1"):
        eigenvalue_statistics(np.eye(2), 0)
    with pytest.raises(ValueError, match="method = 'exact': must be auto, matrix or matrix_free"):
        fisher_statistics(network, inputs, method="exact")
    with pytest.raises(ValueError, match="M_0 = 3"):
        dual_fisher(network, inputs[:, :2])


# ---- Theory against sampling: L = 3, all widths 1000, T = 100, C = 1 ----------------------------------------
WIDTH, T, N_SEEDS = 1000, 100, 10
ALPHA = 2  # alpha_1 alpha_0 + alpha_2 alpha_1
KAPPAS = {  # (sigma_w2, sigma_b2), kappa_1, kappa_2
    "tanh": (3.0, 0.64, 0.95552, 0.11862),
    "relu": (2.0, 0.1, 1.57500, 0.40149),
    "linear": (1.0, 0.1, 1.65, 0.15),
}
# Tolerances on the mean over seeds: the finite-width excess at M = 1000 (largest for the linear network's second
# moment, 8 %) and three standard errors (largest for ReLU, whose seeds scatter by 3.5, 9 and 5 %).
TOLERANCES = {"mean": 0.03, "second_moment": 0.15, "maximum": 0.05}


@pytest.fixture(scope="module", params=sorted(KAPPAS))
def sampled(request):
    spec = request.param
    sigma_w2, sigma_b2, *_ = KAPPAS[spec]
    samples = []
    for seed in range(N_SEEDS):
        rng = generator(0, "test_theory", spec, WIDTH, seed)
        network = sample_network(rng, (WIDTH, WIDTH, WIDTH, 1), get_activation(spec), sigma_w2, sigma_b2)
        samples.append(fisher_statistics(network, gaussian_inputs(rng, T, WIDTH)))
    return spec, samples


@pytest.mark.parametrize("statistic", sorted(TOLERANCES))
def test_sampled_statistics_are_within_3_15_and_5_percent_of_mean_field_at_width_1000(sampled, statistic):
    spec, samples = sampled
    *_, kappa_1, kappa_2 = KAPPAS[spec]
    theory = {
        "mean": kappa_1 / WIDTH,
        "second_moment": ALPHA * ((T - 1) / T * kappa_2**2 + kappa_1**2 / T),
        "maximum": ALPHA * ((T - 1) / T * kappa_2 + kappa_1 / T) * WIDTH,
    }[statistic]
    assert samples[0].n_parameters == n_parameters((WIDTH, WIDTH, WIDTH, 1))
    found = np.mean([getattr(sample, statistic) for sample in samples])
    assert found == pytest.approx(theory, rel=TOLERANCES[statistic])
