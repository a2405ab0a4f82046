"""Estimates are made where PyTorch is not loaded, and repeat some constants of the code they estimate."""

from __future__ import annotations

import pytest

from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.pennington_worah import one_step_descent
from fisher_spectra.training.online import cells as online_cells
from fisher_spectra.training.online import descent as online
from fisher_spectra.workflow.estimates import hayase_karakida, pennington_worah
from fisher_spectra.workflow.estimates.datasets import pixels_of


@pytest.mark.parametrize(
    ("estimate", "code", "name"),
    [
        (hayase_karakida, online, "_DENSE_WIDTH"),
        (hayase_karakida, online, "_EVALUATED_AT_A_TIME"),
        (hayase_karakida, online_cells, "_SHARED_STEPS"),
        (pennington_worah, one_step_descent, "_BLOCK"),
    ],
)
def test_a_constant_that_an_estimate_repeats_is_that_of_the_code(estimate, code, name):
    assert getattr(estimate, name) == getattr(code, name)


def test_the_size_of_the_embedded_data_set_is_known_without_loading_it():
    digits = load_dataset("digits")
    assert pixels_of("digits") == (len(digits.x_train) + len(digits.x_test), digits.n_features)
