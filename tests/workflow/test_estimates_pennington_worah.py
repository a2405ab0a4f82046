"""Memory that a job asks for is what its arrays take; run times grow as the work does."""

from __future__ import annotations

import pytest
from peak_memory_of_arrays import peak_mb

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import dense_eigenvalues, lanczos_spectrum
from fisher_spectra.pennington_worah.one_step_descent import one_step_descent
from fisher_spectra.workflow.estimates.pennington_worah import (
    dense_mb,
    dense_seconds,
    descent_mb,
    descent_seconds,
    lanczos_seconds,
    linear_seconds,
    matrix_free_mb,
    moments_seconds,
)
from fisher_spectra.workflow.estimates.rates import BASE_MB, table_mb


def test_memory_of_a_dense_matrix_is_its_measured_peak_within_a_factor():
    width = 24
    fisher = population_fisher(*sample_weights(generator(0, "memory"), width), get_activation("normalised_erf"))
    peak = peak_mb(lambda: dense_eigenvalues(fisher))
    assert peak > 10  # large enough to be compared
    assert 0.75 * peak < dense_mb(width) - BASE_MB < 3 * peak


@pytest.mark.parametrize(("width", "steps", "dtype"), [(96, 100, "float32"), (96, 40, "float64"), (200, 1, "float64")])
def test_memory_of_a_matrix_free_spectrum_is_its_measured_peak_within_a_factor(width, steps, dtype):
    weights = sample_weights(generator(0, "memory"), width)

    def work():
        fisher = population_fisher(*weights, get_activation("normalised_erf"), dtype)
        lanczos_spectrum(fisher, steps, 1, generator(0, "probes"))

    peak = peak_mb(work)
    assert 0.75 * peak < matrix_free_mb(width, steps, int(dtype.removeprefix("float")) // 8) - BASE_MB < 3 * peak


def test_memory_of_a_loss_reduction_is_its_measured_peak_within_a_factor():
    activations = [get_activation(f"normalised_erf(alpha={alpha})") for alpha in (0.5, 1.0, 2.0)]
    one_step_descent(activations, 64, 16, 1e-3, generator(0, "memory"))  # PyTorch, once imported, is no array
    peak = peak_mb(lambda: one_step_descent(activations, 64, 4096, 1e-3, generator(0, "memory")))
    assert peak > 4
    assert 0.75 * peak < descent_mb(64, 3) - BASE_MB < 3 * peak


def test_run_times_are_those_of_the_operations_that_dominate():
    assert 30 < dense_seconds(64, 1) / dense_seconds(32, 1) < 2**6  # small matrices run at a lower rate
    assert dense_seconds(128, 1) / dense_seconds(64, 1) == pytest.approx(2**6, rel=0.05)
    assert dense_seconds(64, 3) == pytest.approx(3 * dense_seconds(64, 1), rel=1e-9)
    assert 20 < dense_seconds(64, 1) < 100
    wide, narrow = (lanczos_seconds(width, 2, 200, 1, 4) for width in (1024, 512))
    assert 4 < wide / narrow < 8  # vectors grow as n^2, products with the matrix as n^3
    assert lanczos_seconds(128, 1, 200, 8) > lanczos_seconds(128, 1, 200, 4) > lanczos_seconds(128, 1, 100, 4)
    assert moments_seconds([1024, 16], 4) > 3.9 * moments_seconds([1024], 1)
    assert descent_seconds(128, 2**17, 8, 1) == pytest.approx(2 * descent_seconds(128, 2**16, 8, 1), rel=1e-9)
    assert linear_seconds(128, 10) < 0.2 * dense_seconds(64, 1)  # the structure of linear networks is what it uses


def test_longer_tables_ask_for_more_memory():
    assert table_mb(1_000_000) > table_mb(1000) + 500
