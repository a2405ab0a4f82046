"""A user's own data set: an `.npz` file with arrays `x` and `y`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator

HELD_OUT_SHARE = 0.2
LARGEST_VALUE = 1e100  # squares and their sums stay far from the largest float64, 1.8e308


def validate_samples(path: Path, x_name: str, x: npt.NDArray[Any], y_name: str, y: npt.NDArray[Any]) -> None:
    """Check the inputs and labels of a user's file.

    Parameters
    ----------
    path, x_name, y_name
        For the message.
    x
        Inputs, shape (N, ...), real numbers.
    y
        Labels, shape (N,), integers; any integers will do, each different one is a class.

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
    if x.dtype.kind == "f" and x.size > 0:
        finite = np.isfinite(x).reshape(len(x), -1).all(axis=1)
        if not finite.all():
            bad = int(np.argmin(finite))
            raise UserError(f"{path}: sample {bad} of {x_name!r} holds a value that is not a number or infinite")
        if max(float(x.max()), -float(x.min())) > LARGEST_VALUE:
            raise UserError(f"{path}: array {x_name!r} holds values above {LARGEST_VALUE:g}; scale them down")


def split_user_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Training and test samples of a user's file, validated.

    A file with `x` and `y` alone is split: one fifth of the samples (at least one), drawn uniformly with a fixed
    seed, is held out for testing; the order of the others is kept. A file with `x_train`, `y_train`, `x_test`
    and `y_test` is taken as it is.

    Returns
    -------
    dict
        x_train, y_train, x_test, y_test as the file has them.

    Raises
    ------
    UserError
        If an array is missing or wrong, or there are fewer than two samples.
    """
    if "x_train" in arrays:
        whole = {name: _need(path, arrays, name) for name in ("x_train", "y_train", "x_test", "y_test")}
        for part in ("train", "test"):
            validate_samples(path, f"x_{part}", whole[f"x_{part}"], f"y_{part}", whole[f"y_{part}"])
        if whole["x_train"].shape[1:] != whole["x_test"].shape[1:]:
            raise UserError(
                f"{path}: a sample of 'x_train' has shape {whole['x_train'].shape[1:]}, "
                f"one of 'x_test' {whole['x_test'].shape[1:]}"
            )
        if len(whole["x_train"]) < 1 or len(whole["x_test"]) < 1:
            raise UserError(f"{path}: at least one training sample and one test sample are needed")
        return whole
    x, y = _need(path, arrays, "x"), _need(path, arrays, "y")
    validate_samples(path, "x", x, "y", y)
    if len(x) < 2:
        raise UserError(f"{path}: {len(x)} sample(s) in 'x'; at least two are needed")
    n_held_out = max(1, round(HELD_OUT_SHARE * len(x)))
    order = generator(0, "held-out samples of a user's data set", len(x)).permutation(len(x))
    test, train = np.sort(order[:n_held_out]), np.sort(order[n_held_out:])
    return {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}


def _need(path: Path, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name not in arrays:
        found = ", ".join(arrays) or "none"
        raise UserError(
            f"{path}: array {name!r} is missing (found: {found}); needed are x (samples, ...) and y (samples,)"
        )
    return arrays[name]
