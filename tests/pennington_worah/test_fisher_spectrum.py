"""The spectrum of one Fisher matrix on the CPU and through PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah import fisher_spectrum
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import (
    dense_eigenvalues,
    find_device,
    lanczos_spectrum,
    name_of_device,
)

# PyTorch takes "cpu:0" for a device of its own: the path that a GPU takes, on every machine.
THROUGH_TORCH = "cpu:0"


@pytest.fixture(scope="module")
def fisher():
    return population_fisher(*sample_weights(np.random.default_rng(0), 10), get_activation("normalised_erf"))


@pytest.mark.parametrize("device", ["cpu", THROUGH_TORCH])
def test_dense_eigenvalues_are_those_of_numpy(fisher, device):
    expected = np.linalg.eigvalsh(fisher.dense())
    np.testing.assert_allclose(dense_eigenvalues(fisher, device), expected, atol=1e-12)


@pytest.mark.parametrize("device", ["cpu", THROUGH_TORCH])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lanczos_nodes_do_not_depend_on_precision_or_library(fisher, device, dtype):
    exact = lanczos_spectrum(fisher, 8, 2, np.random.default_rng(1))
    found = lanczos_spectrum(fisher.astype(dtype), 8, 2, np.random.default_rng(1), device)
    for a, b in zip((*exact.nodes, *exact.weights), (*found.nodes, *found.weights), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 if dtype == "float32" else 1e-12)


def test_lanczos_runs_in_the_precision_of_the_matrix(fisher, monkeypatch):
    seen = []
    monkeypatch.setattr(
        fisher_spectrum,
        "stochastic_lanczos_quadrature",
        lambda matvec, size, steps, probes, rng, convert, itemsize: seen.append(
            (convert(np.ones(size)).dtype, itemsize)
        ),
    )
    lanczos_spectrum(fisher.astype(np.float32), 3, 1, np.random.default_rng(0))
    lanczos_spectrum(fisher, 3, 1, np.random.default_rng(0))
    assert seen == [(np.dtype(np.float32), 4), (np.dtype(np.float64), 8)]


def test_a_matrix_that_does_not_fit_is_refused_with_the_estimate(fisher, monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    with pytest.raises(UserError, match=r"dense Fisher matrix of width 10 \(200 parameters\) needs about 0.00 GiB"):
        dense_eigenvalues(fisher)


def test_a_matrix_that_does_not_fit_onto_the_device_is_refused(fisher, monkeypatch):
    monkeypatch.setattr(fisher_spectrum, "usable_memory", lambda device: 1000)
    with pytest.raises(UserError, match=r"200 parameters on cpu:0 needs about .* use a smaller width"):
        dense_eigenvalues(fisher, THROUGH_TORCH)


def test_devices_are_found_and_named():
    assert find_device("cpu") == "cpu"
    assert find_device("auto") in ("cpu", "cuda")
    assert name_of_device("cpu") == "cpu"
    assert name_of_device(THROUGH_TORCH) == "cpu"
    with pytest.raises(UserError, match="not known"):
        find_device("tpu")
