"""A user's own data set: an `.npz` file with arrays `x` and `y`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.sample_numbers import SampleNumbers

HELD_OUT_SHARE = 0.2
LARGEST_VALUE = 1e100  # squares and their sums stay far from the largest float64, 1.8e308
LARGEST_LABEL = np.iinfo(np.int64).max  # classes are kept as int64
_SPLIT = ("x_train", "y_train", "x_test", "y_test")
_WHOLE = ("x", "y")


@dataclass(frozen=True)
class UserArrays:
    """Samples of a user's file for training and for testing.

    Attributes
    ----------
    arrays
        x_train, y_train, x_test, y_test as the file has them.
    train, test
        Where their samples stand in the file.
    """

    arrays: dict[str, npt.NDArray[Any]]
    train: SampleNumbers
    test: SampleNumbers


def validate_samples(path: Path, x_name: str, x: npt.NDArray[Any], y_name: str, y: npt.NDArray[Any]) -> None:
    """Check the inputs and labels of a user's file.

    Parameters
    ----------
    path, x_name, y_name
        For the message.
    x
        Inputs, shape (N, ...), real numbers.
    y
        Labels, shape (N,), integers; any integers up to 2^63 - 1 will do, each different one is a class.

    Raises
    ------
    UserError
        One line that names the file, the array and what is allowed.
    """
    if x.dtype.kind not in "buif":
        raise UserError(f"{path}: array {x_name!r} has dtype {x.dtype}; real numbers are needed")
    if y.dtype.kind not in "bui":
        raise UserError(f"{path}: array {y_name!r} has dtype {y.dtype}; class labels are integers")
    if x.ndim < 2:
        raise UserError(f"{path}: array {x_name!r} has shape {x.shape}; (samples, values of one sample ...) is needed")
    if y.ndim != 1:
        raise UserError(f"{path}: array {y_name!r} has shape {y.shape}; one label for each sample is needed")
    if len(x) != len(y):
        raise UserError(f"{path}: {len(x)} samples in {x_name!r} but {len(y)} labels in {y_name!r}")
    if x[:1].size == 0 and len(x) > 0:
        raise UserError(f"{path}: array {x_name!r} has shape {x.shape}: samples without values")
    if y.size > 0 and int(y.max()) > LARGEST_LABEL:
        raise UserError(f"{path}: array {y_name!r} has label {y.max()}; labels are at most {LARGEST_LABEL}")
    if x.dtype.kind == "f" and x.size > 0:
        finite = np.isfinite(x).reshape(len(x), -1).all(axis=1)
        if not finite.all():
            bad = int(np.argmin(finite))
            raise UserError(f"{path}: sample {bad} of {x_name!r} holds a value that is not a number or infinite")
        if max(float(x.max()), -float(x.min())) > LARGEST_VALUE:
            raise UserError(f"{path}: array {x_name!r} holds values above {LARGEST_VALUE:g}; scale them down")


def split_user_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> UserArrays:
    """Training and test samples of a user's file, validated.

    A file with `x` and `y` is split: one fifth of the samples (at least one), drawn uniformly with a fixed seed, is
    held out for testing; the order of the others is kept. A file with `x_train`, `y_train`, `x_test` and `y_test` is
    taken as it is.

    Raises
    ------
    UserError
        If an array is missing or wrong, it is not clear which arrays are meant, or there are fewer than two samples.
    """
    split = [name for name in _SPLIT if name in arrays]
    whole = [name for name in _WHOLE if name in arrays]
    if split and whole:
        raise UserError(f"{path}: has {', '.join(whole + split)}; either x and y are needed, or {', '.join(_SPLIT)}")
    if split:
        missing = [name for name in _SPLIT if name not in arrays]
        if missing:
            raise UserError(
                f"{path}: has {', '.join(split)} and lacks {', '.join(missing)}; give all four, or all samples as x "
                "and their labels as y, one fifth of which is held out for testing"
            )
        return _as_it_is(path, arrays)
    if len(whole) < len(_WHOLE):
        missing_name = next(name for name in _WHOLE if name not in arrays)
        found = ", ".join(arrays) or "none"
        raise UserError(
            f"{path}: array {missing_name!r} is missing (found: {found}); needed are x (samples, ...) and y (samples,)"
        )
    return _held_out(path, arrays["x"], arrays["y"])


def _as_it_is(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> UserArrays:
    whole = {name: arrays[name] for name in _SPLIT}
    for part in ("train", "test"):
        validate_samples(path, f"x_{part}", whole[f"x_{part}"], f"y_{part}", whole[f"y_{part}"])
    if whole["x_train"].shape[1:] != whole["x_test"].shape[1:]:
        raise UserError(
            f"{path}: a sample of 'x_train' has shape {whole['x_train'].shape[1:]}, "
            f"one of 'x_test' {whole['x_test'].shape[1:]}"
        )
    if len(whole["x_train"]) < 1 or len(whole["x_test"]) < 1:
        raise UserError(f"{path}: at least one training sample and one test sample are needed")
    return UserArrays(whole, *(_all_of(path, name, whole[name]) for name in ("x_train", "x_test")))


def number_held_out(samples: int) -> int:
    """How many of the samples of a file with `x` and `y` are held out for testing."""
    return max(1, round(HELD_OUT_SHARE * samples))


def _held_out(path: Path, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> UserArrays:
    validate_samples(path, "x", x, "y", y)
    if len(x) < 2:
        raise UserError(f"{path}: {len(x)} sample(s) in 'x'; at least two are needed")
    n_held_out = number_held_out(len(x))
    order = generator(0, "held-out samples of a user's data set", len(x)).permutation(len(x))
    test, train = np.sort(order[:n_held_out]), np.sort(order[n_held_out:])
    numbers = _all_of(path, "x", x)
    parts = {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}
    return UserArrays(parts, numbers.chosen(train), numbers.chosen(test))


def _all_of(path: Path, name: str, x: npt.NDArray[Any]) -> SampleNumbers:
    return SampleNumbers(str(path), name, np.arange(len(x), dtype=np.int64))
