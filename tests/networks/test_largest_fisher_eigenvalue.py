"""The largest eigenvalue of a network's Fisher matrix: both ways, the choice between them, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.networks import largest_fisher_eigenvalue as module


def network_and_inputs(spec, widths, samples, dtype=np.float64):
    rng = np.random.default_rng(4)
    network = fs.sample_network(rng, widths, fs.get_activation(spec), sigma_w2=1.8, sigma_b2=0.3, dtype=dtype)
    return network, fs.gaussian_inputs(rng, samples, widths[0])


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("spec", ["tanh", "relu", "linear"])
@pytest.mark.parametrize(("widths", "samples"), [((6, 9, 7, 4), 8), ((5, 30, 1), 20), ((3, 2, 40), 6), ((1, 1, 1), 1)])
def test_both_ways_give_the_largest_of_all_eigenvalues(spec, widths, samples, biases):
    network, inputs = network_and_inputs(spec, widths, samples)
    expected = np.linalg.eigvalsh(fs.dual_fisher(network, inputs, biases))[-1]
    for method in ("matrix", "matrix_free", "auto"):
        found = fs.largest_fisher_eigenvalue(network, inputs, biases, method=method)
        assert found == pytest.approx(expected, rel=1e-9)


def test_a_coarse_tolerance_bounds_the_relative_error():
    network, inputs = network_and_inputs("tanh", (40, 50, 30), 20)
    exact = fs.largest_fisher_eigenvalue(network, inputs, method="matrix")
    coarse = fs.largest_fisher_eigenvalue(network, inputs, tolerance=1e-3, method="matrix_free")
    assert coarse == pytest.approx(exact, rel=1e-3)


def test_single_precision_is_within_its_rounding():
    network, inputs = network_and_inputs("relu", (40, 50, 30, 3), 50, np.float32)
    exact = np.linalg.eigvalsh(fs.dual_fisher(network, inputs).astype(np.float64))[-1]
    for method in ("matrix", "matrix_free"):
        assert fs.largest_fisher_eigenvalue(network, inputs, method=method) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(
    ("widths", "samples", "method"),
    [
        ((500, 500, 500, 500, 10), 100, "matrix"),  # 86 and 205 ms
        ((64, 64, 64, 10), 100, "matrix_free"),  # 12 and 3 ms
        ((1000, 1000, 1000, 1), 100, "matrix"),
        ((784, 512, 512, 1000), 100, "matrix_free"),
    ],
)
def test_the_cheaper_way_is_chosen(widths, samples, method):
    assert module.cheaper_method(widths, samples) == method


def test_the_way_that_fits_into_memory_is_taken(monkeypatch):
    network, inputs = network_and_inputs("tanh", (10, 20, 5), 30)
    needed = module.operator_memory(network.widths, 30, 8), module.matrix_memory(5 * 30, 8)
    assert needed[0] < needed[1]
    expected = fs.largest_fisher_eigenvalue(network, inputs)
    monkeypatch.setattr(module, "cheaper_method", lambda *_: "matrix")
    monkeypatch.setattr(module, "dual_fisher", lambda *_: pytest.fail("forms the matrix"))
    monkeypatch.setattr(memory, "available_memory", lambda: needed[1] - 1)
    assert fs.largest_fisher_eigenvalue(network, inputs) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(UserError, match="dual Fisher matrix of order 150, method matrix, needs about"):
        fs.largest_fisher_eigenvalue(network, inputs, method="matrix")


def test_unknown_methods_and_inputs_of_another_size_are_refused():
    network, inputs = network_and_inputs("tanh", (10, 20, 5), 30)
    with pytest.raises(ValueError, match="method = 'exact': must be auto, matrix or matrix_free"):
        fs.largest_fisher_eigenvalue(network, inputs, method="exact")
    with pytest.raises(ValueError, match="M_0 = 10"):
        fs.largest_fisher_eigenvalue(network, inputs[:, :3])
