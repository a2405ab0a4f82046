"""Samples, targets and initial weights of online training."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.training.online.setting import initial_weights, online_data


@pytest.fixture(scope="module")
def digits():
    return load_named_dataset("digits")


def test_inputs_have_unit_second_moment_and_targets_the_norm_of_the_root_of_the_width(digits):
    data = online_data(generator(0, "samples"), digits, 50)
    assert data.inputs.shape == (50, 64)
    assert data.test_inputs.shape == (297, 64)
    for inputs in (data.inputs, data.test_inputs):
        np.testing.assert_allclose(np.sum(inputs.astype(float) ** 2, axis=1), 64, rtol=1e-6)
    np.testing.assert_allclose(data.label_vectors @ data.label_vectors.T, 64 * np.eye(10), atol=1e-9)


def test_another_norm_of_the_label_vectors_can_be_asked_for(digits):
    data = online_data(generator(0, "samples"), digits, 50, label_norm="one")
    np.testing.assert_allclose(data.label_vectors @ data.label_vectors.T, np.eye(10), atol=1e-12)


def test_samples_are_the_same_for_the_same_generator_and_carry_their_labels(digits):
    one, other = (online_data(generator(0, "samples"), digits, 30) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, other.inputs)
    scale = np.sqrt(np.mean(digits.x_train.astype(float) ** 2, axis=1, keepdims=True))
    distances = np.abs(digits.x_train / scale - one.inputs[0]).max(axis=1)
    assert digits.y_train[np.argmin(distances)] == one.labels[0]
    assert distances.min() < 1e-6


def test_too_many_samples_are_refused(digits):
    with pytest.raises(UserError, match="1501 samples"):
        online_data(generator(0, "samples"), digits, 1501)


def test_initial_weights_are_orthogonal_and_a_deeper_network_begins_with_the_shallower_one():
    shallow, deep = (initial_weights(generator(0, "weights"), 20, depth) for depth in (2, 3))
    assert [weight.dtype for weight in deep] == [np.float32] * 3
    for weight in deep:
        np.testing.assert_allclose(weight @ weight.T, np.eye(20), atol=1e-6)
    np.testing.assert_array_equal(shallow[1], deep[1])
