"""Training samples as inputs: which are drawn, what is done to them, and how a bad one is named."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.training_samples import training_samples


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(3)
    file = tmp_path / "mine.npz"
    np.savez(file, x=rng.uniform(1.0, 5.0, (40, 6)), y=np.arange(40) % 3)
    return fs.load_dataset(file)


def test_each_input_is_a_normalised_training_sample_with_its_own_class(data):
    drawn = training_samples(np.random.default_rng(0), data, 12, "sample", dtype="float32")
    assert drawn.inputs.shape == (12, 6)
    assert drawn.inputs.dtype == np.float32
    pool = [(x - x.mean()) / x.std() for x in data.x_train]
    places = [int(np.argmin([np.abs(one - x).max() for one in pool])) for x in drawn.inputs]
    assert len(set(places)) == 12
    for place, x, label in zip(places, drawn.inputs, drawn.labels, strict=True):
        np.testing.assert_allclose(x, pool[place], atol=1e-6)
        assert label == data.y_train[place]


def test_pixel_statistics_are_those_of_the_drawn_samples(data):
    drawn = training_samples(np.random.default_rng(0), data, 7, "pixel")
    assert drawn.inputs.mean() == pytest.approx(0.0, abs=1e-14)
    assert drawn.inputs.std() == pytest.approx(1.0, abs=1e-14)


def test_more_samples_begin_with_fewer(data):
    few, many = (training_samples(np.random.default_rng(5), data, size, "unit") for size in (4, 20))
    np.testing.assert_array_equal(many.inputs[:4], few.inputs)
    np.testing.assert_array_equal(many.labels[:4], few.labels)


def test_a_sample_that_cannot_be_normalised_is_named_by_its_place_in_the_file(tmp_path):
    x = np.random.default_rng(3).uniform(1.0, 5.0, (30, 6))
    x[17] = 2.0
    file = tmp_path / "flat.npz"
    np.savez(file, x_train=x, y_train=np.arange(30) % 3, x_test=x[:3], y_test=np.arange(3))
    flat = fs.load_dataset(file)
    with pytest.raises(UserError, match=r"flat\.npz: sample 17 of 'x_train': all of its 6 values are equal"):
        training_samples(np.random.default_rng(0), flat, 30, "sample")


@pytest.mark.parametrize("size", [0, 33])
def test_as_many_samples_as_there_are_can_be_drawn_and_no_more(data, size):
    assert len(training_samples(np.random.default_rng(0), data, 32, "none").inputs) == 32
    with pytest.raises(UserError, match=f"{size} samples are wanted of a data set of 32: allowed are 1 to 32"):
        training_samples(np.random.default_rng(0), data, size, "none")
