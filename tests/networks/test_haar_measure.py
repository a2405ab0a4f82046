"""Haar distributed matrices and inputs on the sphere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from fisher_spectra.common.seeds import generator
from fisher_spectra.networks import haar_measure_torch
from fisher_spectra.networks.haar_measure import haar_orthogonal, sphere_inputs


def test_haar_matrix_is_orthogonal():
    q = haar_orthogonal(generator(0, "haar"), 30)
    np.testing.assert_allclose(q @ q.T, np.eye(30), atol=1e-13)
    frame = haar_orthogonal(generator(0, "haar"), 30, 4)
    np.testing.assert_allclose(frame.T @ frame, np.eye(4), atol=1e-13)


def test_haar_traces_have_the_moments_of_the_orthogonal_group():
    # Diaconis, Shahshahani 1994: E tr Q = 0, E (tr Q)^2 = 1, E (tr Q^2) = 1, E (tr Q^2)^2 = 1 + 2. Without the
    # correction of signs E tr Q is not 0.
    rng = generator(0, "haar traces")
    samples = 3000
    q = np.array([haar_orthogonal(rng, 8) for _ in range(samples)])
    first = np.trace(q, axis1=1, axis2=2)
    second = np.trace(q @ q, axis1=1, axis2=2)
    error = 4 / math.sqrt(
        samples
    )  # of means of variables of variance about 1 (2 and 6 for squares), four standard errors
    assert abs(first.mean()) < error
    assert abs(np.mean(first**2) - 1) < error * math.sqrt(2)
    assert abs(second.mean() - 1) < error * math.sqrt(2)
    assert abs(np.mean(second**2) - 3) < error * math.sqrt(60)


def test_haar_columns_and_rows_are_uniform_on_the_sphere():
    rng = generator(0, "haar columns")
    q = np.array([haar_orthogonal(rng, 5) for _ in range(2000)])
    uniform = sphere_inputs(rng, 2000, 5, moment=0.2)
    for entry in (q[:, 0, 0], q[:, 4, 0], q[:, 0, 4], q[:, 3, 3]):
        assert ks_2samp(entry, uniform[:, 0]).pvalue > 1e-4


def test_haar_refuses_more_columns_than_rows():
    with pytest.raises(ValueError, match="columns = 4"):
        haar_orthogonal(generator(0, "haar"), 3, 4)


def test_inputs_have_exactly_the_moment_asked_for():
    x = sphere_inputs(generator(0, "inputs"), 7, 20, moment=1.7)
    np.testing.assert_allclose(np.mean(x**2, axis=1), 1.7, rtol=1e-13)


def test_torch_gives_the_same_haar_matrix():
    first = haar_orthogonal(generator(0, "torch haar"), 40)
    second = haar_measure_torch.haar_orthogonal(generator(0, "torch haar"), 40, torch.device("cpu"))
    np.testing.assert_allclose(second.numpy(), first, rtol=1e-9, atol=1e-12)
