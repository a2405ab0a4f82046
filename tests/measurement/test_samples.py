"""The reader's data in every form, and what is said of those that are none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.measurement.measure import measure
from fisher_spectra.measurement.samples import fitting, samples_of

X = np.arange(24.0).reshape(6, 4)
Y = np.array([0, 1, 2, 0, 1, 2])


class Items(torch.utils.data.Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(list(zip(X, Y, strict=True)))


class MeasuredStream(Stream):
    def __len__(self):
        return len(X)


class Endless(torch.utils.data.Dataset):
    """Its `__getitem__` takes any number, and it has no length."""

    def __getitem__(self, place):
        return X[0]


def saved(path, **arrays):
    np.savez(path / "mine.npz", **arrays)
    return path / "mine.npz"


FORMS = {
    "array": lambda path: X,
    "nested list": lambda path: X.tolist(),
    "tensor": lambda path: torch.from_numpy(X),
    "tensor with gradient": lambda path: torch.from_numpy(X).requires_grad_(),
    "pair": lambda path: (X, Y),
    "pair of tensors": lambda path: (torch.from_numpy(X), torch.from_numpy(Y)),
    "file": lambda path: saved(path, x=X, y=Y),
    "its name": lambda path: str(saved(path, x=X, y=Y)),
    "file of inputs": lambda path: saved(path, x=X),
    "split file": lambda path: saved(path, x_train=X, y_train=Y, x_test=X[:1], y_test=Y[:1]),
    "tensor data set": lambda path: TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),
    "data set of pairs": lambda path: Items([(torch.from_numpy(x), int(y)) for x, y in zip(X, Y, strict=True)]),
    "data set of inputs": lambda path: Items([torch.from_numpy(x) for x in X]),
    "stream": lambda path: Stream(),
    "stream with a length": lambda path: MeasuredStream(),
    "loader": lambda path: DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), batch_size=4),
    "loader without batches": lambda path: DataLoader(TensorDataset(torch.from_numpy(X)), batch_size=None),
}
WITHOUT_TARGETS = {
    "array",
    "nested list",
    "tensor",
    "tensor with gradient",
    "file of inputs",
    "data set of inputs",
    "loader without batches",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_samples(form, tmp_path):
    found = samples_of(FORMS[form](tmp_path))
    np.testing.assert_array_equal(found.inputs.numpy(), X)
    assert not found.inputs.requires_grad
    if form in WITHOUT_TARGETS:
        assert found.targets is None
    else:
        np.testing.assert_array_equal(found.targets.numpy(), Y)


def test_of_a_data_set_of_the_library_the_training_samples_are_taken(tmp_path):
    data = load_dataset(saved(tmp_path, x=np.ones((10, 2, 3)), y=np.arange(10) % 2))
    found = samples_of(data)
    assert found.inputs.shape == (8, 6)
    assert found.shapes == ((2, 3), (1, 2, 3))
    np.testing.assert_array_equal(found.targets.numpy(), data.y_train)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (torch.nn.Linear(6, 2), (6,)),
        (torch.nn.Sequential(torch.nn.Conv2d(1, 2, 2), torch.nn.Flatten()), (1, 2, 3)),
        (torch.nn.Sequential(torch.nn.Conv1d(2, 2, 2), torch.nn.Flatten()), (2, 3)),
    ],
)
def test_images_are_given_in_the_shape_that_the_module_takes(module, shape, tmp_path):
    data = load_dataset(saved(tmp_path, x=np.random.default_rng(0).random((10, 2, 3)), y=np.arange(10) % 2))
    found = measure(module, data, "mse", "auto", None)
    assert found.inputs.shape[1:] == shape
    assert bool(found.notes) == (shape != (6,))


def test_images_as_they_are_go_into_a_module_of_vectors():
    found = measure(torch.nn.Linear(6, 2), np.ones((4, 2, 3)), "mse", "auto", None)
    assert found.inputs.shape == (4, 6)
    assert found.notes == ("Samples were given to the model in the shape (6,), as it does not take their own.",)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, np.float16, np.uint32])
def test_numbers_of_any_kind_are_taken_in_the_precision_of_the_module(kind):
    linear, table = torch.nn.Linear(4, 2).double(), torch.nn.Sequential(torch.nn.Embedding(30, 4), torch.nn.Flatten())
    samples = samples_of(X.astype(kind))
    found = fitting(samples, linear, torch.float64, torch.device("cpu")).inputs
    np.testing.assert_array_equal(found, X.astype(kind).astype(np.float64))
    looked_up = fitting(samples, table, torch.float32, torch.device("cpu")).inputs
    assert looked_up.dtype == (torch.float32 if kind == np.float16 else torch.int64)


REFUSED = {
    "nothing": (None, TypeError, "data = None: must be inputs, "),
    "number": (1.0, ValueError, r"data: inputs of shape \(\); must be \(samples, ...\), not empty"),
    "empty": (np.empty((0, 4)), ValueError, r"data: inputs of shape \(0, 4\); must be \(samples, ...\), not empty"),
    "samples without values": (np.empty((4, 0)), ValueError, r"data: inputs of shape \(4, 0\)"),
    "not finite": (np.full((4, 2), np.nan), ValueError, "data: inputs hold numbers that are not finite"),
    "complex": (np.ones((4, 2), complex), TypeError, "data = .*: must be inputs, "),
    "complex tensor": (torch.ones(4, 2, dtype=torch.complex64), TypeError, "data: holds complex numbers"),
    "data set without a length": (Endless(), TypeError, "data: Endless has no length and cannot be iterated"),
    "dictionary": ({"x": X}, TypeError, "data = .*: must be inputs, "),
    "texts": (["a", "b"], TypeError, "data = .*: must be inputs, "),
    "three": ((X, Y, Y), ValueError, r"data = .*: a tuple must be \(inputs, targets\)"),
    "other number of targets": ((X, Y[:3]), ValueError, r"data: 6 inputs, but targets of shape \(3,\)"),
    "targets not finite": ((X, np.full(6, np.inf)), ValueError, "data: targets hold numbers that are not finite"),
    "no file": ("nowhere.npz", UserError, "nowhere.npz: no such file"),
    "no items": (Items([]), ValueError, "data: has no samples"),
    "items of three": (Items([(X[0], 1, 2)]), ValueError, "data: an item of 3 parts; must be inputs, or inputs and"),
    "unlike items": (
        Items([X[0], X[0, :2]]),
        ValueError,
        r"different shapes, such as \(2,\) and \(4,\);",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_data_is_refused_in_one_line(name):
    data, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message) as caught:
        samples_of(data)
    assert "\n" not in str(caught.value)


def test_a_file_without_inputs_or_of_texts_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"array 'x' is missing \(found: images\); needed are inputs x, or x_train"):
        samples_of(saved(tmp_path, images=X))
    with pytest.raises(UserError, match=r"mine\.npz: x = "):
        samples_of(saved(tmp_path, x=np.array(["a", "b"])))
