"""Inputs of predictions: names, files, arrays, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import fisher_spectra as fs
from fisher_spectra.analysis.input_data import SAMPLES, inputs_of

X = np.random.default_rng(0).standard_normal((30, 2, 3))
FLAT = X.reshape(30, 6)


def test_without_data_there_is_only_their_number():
    found = inputs_of(None, 6, None, None, 0)
    assert (found.samples, found.table) == (SAMPLES, None)
    assert inputs_of(None, 6, 7, None, 0).title == "7 independent N(0, 1) inputs"


@pytest.mark.parametrize("kind", ["array", "tensor", "list", "npz", "path", "x_train", "labelled"])
def test_samples_of_the_readers_own_are_taken_as_they_are(kind, tmp_path):
    path = tmp_path / "mine.npz"
    arrays = {"x_train": X} if kind == "x_train" else {"x": X} | ({"y": np.arange(30)} if kind == "labelled" else {})
    np.savez(path, **arrays)
    data = {"array": X, "tensor": torch.tensor(X), "list": X.tolist(), "npz": str(path)}.get(kind, path)
    found = inputs_of(data, 6, None, None, 0)
    np.testing.assert_array_equal(found.table, FLAT)
    assert "30 samples" in found.title
    assert ("mine.npz" in found.title) == (kind not in ("array", "tensor", "list"))


def test_fewer_samples_are_drawn_with_the_seed_and_said():
    found = inputs_of(X, 6, 10, None, 4)
    assert found.table.shape == (10, 6)
    assert {tuple(row) for row in found.table} < {tuple(row) for row in FLAT}
    assert found.title == "10 of the 30 samples of an array, drawn with seed 4"
    assert not np.array_equal(found.table, inputs_of(X, 6, 10, None, 5).table)
    many = inputs_of(np.tile(FLAT, (9, 1)), 6, None, None, 0)
    assert many.samples == SAMPLES


def test_named_data_are_normalised_unless_it_is_said_how():
    found = inputs_of("digits", 64, 50, None, 0)
    np.testing.assert_allclose((found.table**2).mean(axis=1), 1.0, rtol=1e-12)
    assert "normalised by 'sample'" in found.title
    raw = inputs_of("digits", 64, 50, "none", 0)
    assert raw.table.max() == 16.0
    assert "normalised" not in raw.title
    np.testing.assert_allclose(found.table, fs.normalise(raw.table, "sample"), rtol=1e-12)
    own = inputs_of(fs.load_named_dataset("digits"), 64, 50, "unit", 0)
    np.testing.assert_allclose(own.table, fs.normalise(raw.table, "unit"), rtol=1e-12)


def test_a_data_set_that_was_not_fetched_says_how_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        fs.UserError, match=r"results/data/mnist\.npz here; this fetches it: fisher-spectra fetch mnist"
    ):
        inputs_of("mnist", 784, None, None, 0)


@pytest.mark.parametrize(
    ("data", "width", "samples", "message"),
    [
        (X, 7, None, "its samples have 6 values, but widths begin with 7"),
        (X, 6, 31, "samples = 31: the data have 30"),
        (X[:1], 6, None, "1 sample; at least two are needed"),
        (X[:0], 6, None, "must be .T, M_0., not empty"),
        (np.ones((5, 0)), 6, None, "must be .T, M_0., not empty"),
        ("penguins", 6, None, "data 'penguins': must be digits, "),
        ("folder/none.npz", 6, None, "folder/none.npz: no such file"),
    ],
)
def test_what_does_not_fit_is_refused(data, width, samples, message):
    with pytest.raises((ValueError, fs.UserError), match=message):
        inputs_of(data, width, samples, None, 0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": np.ones(3)}, "needs an array x, or x_train, of samples .found: y."),
        ({"x": np.array(["a", "b"])}, "real numbers are needed"),
        ({"x": np.ones(3)}, "has shape .3,."),
        ({"x": np.array([[1.0, np.inf]])}, "not a number or infinite"),
    ],
)
def test_files_that_hold_no_samples_are_refused(arrays, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(fs.UserError, match=message):
        inputs_of(tmp_path / "bad.npz", 6, None, None, 0)
