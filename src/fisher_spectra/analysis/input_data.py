"""The inputs that a prediction is made for: Gaussian ones, a named data set, a file, an array."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, finite_array, shown
from fisher_spectra.common.errors import UserError, printable
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import Dataset
from fisher_spectra.datasets.named import FOLDER, load_named_dataset
from fisher_spectra.datasets.npz import read_npz
from fisher_spectra.datasets.preprocessing import SCHEMES, normalise, subsample
from fisher_spectra.datasets.registry import DATASETS, OWN_SUFFIX

Array = npt.NDArray[np.float64]

# T where nothing is said, or all of the data if they are fewer. That of the figures of Karakida, Akaho, Amari 2019; and
# the dual matrix has C T rows.
SAMPLES = 100


@dataclass(frozen=True)
class Inputs:
    """Inputs of networks.

    Attributes
    ----------
    samples
        T.
    table
        x(t), shape (T, M_0); ``None`` for independent N(0, 1) entries, drawn anew for each network.
    title
        What they are, for people.
    """

    samples: int
    table: Array | None
    title: str


def inputs_of(data: Any, width: int, samples: int | None, normalisation: str | None, seed: int) -> Inputs:
    """The inputs that the reader asks for.

    Parameters
    ----------
    data
        ``None`` for Gaussian inputs; name of a data set (`datasets.registry`), path of an `.npz` file with `x` or
        `x_train`, a data set of this library, or an array or tensor (T, ...), of which samples are flattened.
    width
        M_0, which the samples must have.
    samples
        T; of data so many are drawn. 100 by default, or all of the data if they are fewer.
    normalisation
        One of `datasets.preprocessing.SCHEMES`; by default ``"sample"`` for named data sets, and ``"none"`` for the
        reader's own.
    seed
        Of the samples drawn.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or the samples do not have `width` values.
    UserError
        If the file or the data set is not there, or damaged, or cannot be normalised.
    """
    if samples is not None:
        samples = check_integer("samples", samples, 2)
    if normalisation is not None and (not isinstance(normalisation, str) or normalisation not in SCHEMES):
        raise ValueError(f"normalisation = {shown(normalisation)}: must be {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}")
    if data is None:
        count = SAMPLES if samples is None else samples
        return Inputs(count, None, f"{count} independent N(0, 1) inputs")
    values, title, scheme = _read(data)
    scheme = normalisation or scheme
    if values.shape[1] != width:
        raise ValueError(f"data: its samples have {values.shape[1]} values, but widths begin with {width}")
    available = len(values)
    count = min(available, SAMPLES) if samples is None else samples
    if count > available:
        raise ValueError(f"samples = {count}: the data have {available}")
    if count < 2:
        raise ValueError(f"data: {available} sample; at least two are needed")
    if count < available:
        values = values[subsample(generator(seed, "samples of a prediction", available), available, count)]
        title = f"{count} of the {available} samples of {title}, drawn with seed {seed}"
    else:
        title = f"the {count} samples of {title}"
    if scheme != "none":
        title += f", normalised by {scheme!r}"
    return Inputs(count, normalise(values, scheme), title)


def _read(data: Any) -> tuple[npt.NDArray[Any], str, str]:
    """Samples (N, M_0), what they are called, and how they are normalised where nothing is said."""
    if isinstance(data, Dataset):
        return data.x_train, data.title, "none"
    if isinstance(data, str | os.PathLike):
        name = os.fspath(data)
        if isinstance(data, str) and not _is_path(data):
            return _named(data)
        return _of_file(Path(name)), printable(Path(name).name), "none"
    values = finite_array("data", data)
    if values.ndim < 2 or 0 in values.shape:
        raise ValueError(f"data of shape {values.shape}: must be (T, M_0), not empty")
    return values.reshape(len(values), -1), "an array", "none"


def _is_path(text: str) -> bool:
    return text.lower().endswith(OWN_SUFFIX) or any(sign in text for sign in (os.sep, "/"))


def _named(name: str) -> tuple[npt.NDArray[Any], str, str]:
    if name not in DATASETS:
        raise UserError(f"data {name!r}: must be {', '.join(DATASETS)}, or the path of an {OWN_SUFFIX} file with x")
    dataset = load_named(name)
    return dataset.x_train, dataset.title, "sample"


def load_named(name: str) -> Dataset:
    """A data set of the registry; what is not here is said in one line with what brings it."""
    if DATASETS[name].embedded and find_spec("sklearn") is None:
        raise ImportError(f"data set {name!r} needs scikit-learn: pip install 'fisher-spectra[data]'", name="sklearn")
    if not DATASETS[name].embedded and not (FOLDER / f"{name}.npz").is_file():
        raise UserError(
            f"data set {name!r}: there is no {FOLDER / name}.npz here; this fetches it: fisher-spectra fetch {name}"
        )
    return load_named_dataset(name)


def _of_file(path: Path) -> npt.NDArray[Any]:
    arrays = read_npz(path)
    name = next((one for one in ("x", "x_train") if one in arrays), None)
    if name is None:
        found = printable(", ".join(arrays)) or "none"
        raise UserError(f"{path}: needs an array x, or x_train, of samples (found: {found})")
    x = arrays[name]
    if x.dtype.kind not in "buif":
        raise UserError(f"{path}: array {name!r} has dtype {x.dtype}; real numbers are needed")
    if x.ndim < 2 or 0 in x.shape:
        raise UserError(f"{path}: array {name!r} has shape {x.shape}; (samples, values of one sample ...) is needed")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise UserError(f"{path}: array {name!r} holds a value that is not a number or infinite")
    return x.reshape(len(x), -1)
