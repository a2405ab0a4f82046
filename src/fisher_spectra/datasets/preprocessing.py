"""Samples as network inputs: normalisations and subsampling.

A sample x(t) has M_0 values. The names of the schemes are those of the configuration:

- ``"sample"``: each sample to zero mean and unit variance over its own values (Karakida, Akaho, Amari 2019, Section
  4.2, "each training sample was x(t) normalized to zero mean and variance 1", which can also mean each pixel over all
  samples), so qh^0 = ||x||^2 / M_0 = 1 exactly;
- ``"pixel"``: one mean and one standard deviation, those of all values of the training set, for all samples, so that
  qh^0 is 1 on average only;
- ``"unit"``: each sample divided by its root mean square, not centred, so that qh_0 = ||x||^2 / M = 1 exactly
  (Hayase, Karakida 2020 and 2021, Section 5); after centring each sample it would be ``"sample"``;
- ``"none"``: the values as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.sample_numbers import SampleNumbers

SCHEMES = ("sample", "pixel", "unit", "none")
BLOCK = 4096  # samples handled at a time, so that no second copy of a large data set is made in float64


def normalise_samples(
    x: npt.NDArray[Any],
    *,
    constant: Literal["refuse", "zero"] = "refuse",
    dtype: npt.DTypeLike = np.float64,
    numbers: SampleNumbers | None = None,
) -> npt.NDArray[Any]:
    """Each sample to zero mean and unit variance over its own values (divisor M_0).

    Parameters
    ----------
    x
        Samples, shape (N, M_0).
    constant
        What becomes of a sample whose values are all equal, which has no variance to normalise: it is refused, or
        mapped to zero (then its second moment is 0 instead of 1).
    dtype
        Type of the result; means and variances are computed in float64 whatever it is.
    numbers
        Where the samples stand in the file they come from, for messages; their positions in `x` if not given.

    Returns
    -------
    ndarray, shape (N, M_0)

    Raises
    ------
    UserError
        If a sample is constant and `constant` is ``"refuse"``.
    ValueError
        If `x` is not two-dimensional.
    """
    _check_samples(x)
    result = np.empty(x.shape, dtype=dtype)
    for rows in _blocks(len(x)):
        block = x[rows].astype(np.float64)
        largest = np.abs(block).max(axis=1, keepdims=True)
        block /= np.where(largest > 0, largest, 1.0)  # tiny and huge values would be lost when squared
        block -= block.mean(axis=1, keepdims=True)
        deviation = np.sqrt(np.mean(block**2, axis=1, keepdims=True))
        # Values that differ by rounding alone count as equal: their differences are not data.
        flat = (deviation <= 4 * np.finfo(np.float64).eps)[:, 0]
        if flat.any():
            if constant == "refuse":
                raise UserError(
                    f"{_name(numbers, rows.start + int(np.argmax(flat)))}: all of its {x.shape[1]} values are equal, "
                    "so it cannot be normalised to unit variance; leave it out, or choose the normalisation pixel"
                )
            block[flat], deviation[flat] = 0.0, 1.0
        result[rows] = block / deviation
    return result


def pixel_statistics(x: npt.NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation over all values of all samples.

    Raises
    ------
    UserError
        If all values are equal.
    """
    _check_samples(x)
    # in units of a power of two, which rounds nothing: squares of tiny and huge values would be lost
    exponent = int(np.frexp(largest_value(x))[1])

    def scaled() -> Iterator[npt.NDArray[np.float64]]:
        for rows in _blocks(len(x)):
            yield np.ldexp(x[rows].astype(np.float64), -exponent)

    mean = sum(float(block.sum()) for block in scaled()) / x.size
    variance = sum(float(((block - mean) ** 2).sum()) for block in scaled()) / x.size
    if variance <= (4 * np.finfo(np.float64).eps * mean) ** 2:
        raise UserError(f"all {len(x)} samples hold the same value everywhere: they cannot be normalised")
    return math.ldexp(mean, exponent), math.ldexp(math.sqrt(variance), exponent)


def normalise_pixels(
    x: npt.NDArray[Any], mean: float, deviation: float, *, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """(x - mean) / deviation, with the statistics of the training set from `pixel_statistics`.

    Parameters
    ----------
    x
        Samples, shape (N, M_0).
    mean, deviation
        Of all values of the training set.
    dtype
        Type of the result.
    """
    _check_samples(x)
    result = np.empty(x.shape, dtype=dtype)
    for rows in _blocks(len(x)):
        result[rows] = (x[rows].astype(np.float64) - mean) / deviation
    return result


def normalise_second_moment(
    x: npt.NDArray[Any], *, dtype: npt.DTypeLike = np.float64, numbers: SampleNumbers | None = None
) -> npt.NDArray[Any]:
    """Each sample divided by its root mean square: qh_0 = ||x||^2 / M = 1.

    Parameters
    ----------
    x
        Samples, shape (N, M).
    dtype
        Type of the result; second moments are computed in float64 whatever it is.
    numbers
        Where the samples stand in the file they come from, for messages; their positions in `x` if not given.

    Raises
    ------
    UserError
        If a sample is zero everywhere.
    """
    _check_samples(x)
    result = np.empty(x.shape, dtype=dtype)
    for rows in _blocks(len(x)):
        block = x[rows].astype(np.float64)
        largest = np.abs(block).max(axis=1, keepdims=True)
        if not largest.all():
            raise UserError(
                f"{_name(numbers, rows.start + int(np.argmin(largest[:, 0] > 0)))}: all of its {x.shape[1]} values are "
                "zero, so it cannot be scaled to unit second moment; leave it out"
            )
        block /= largest  # tiny and huge values would be lost when squared
        result[rows] = block / np.sqrt(np.mean(block**2, axis=1, keepdims=True))
    return result


def normalise(
    x: npt.NDArray[Any],
    scheme: str,
    *,
    training: npt.NDArray[Any] | None = None,
    constant: Literal["refuse", "zero"] = "refuse",
    dtype: npt.DTypeLike = np.float64,
    numbers: SampleNumbers | None = None,
) -> npt.NDArray[Any]:
    """Normalise samples by the scheme that the configuration names.

    Parameters
    ----------
    x
        Samples, shape (N, M_0).
    scheme
        ``"sample"``, ``"pixel"``, ``"unit"`` or ``"none"`` (see the text of the module).
    training
        Samples whose mean and standard deviation the scheme ``"pixel"`` uses; `x` itself if not given. For test
        samples, give the training samples.
    constant
        See `normalise_samples`.
    dtype
        Type of the result.
    numbers
        Where the samples stand in the file they come from, for messages; their positions in `x` if not given.

    Returns
    -------
    ndarray, shape (N, M_0), never `x` itself

    Raises
    ------
    UserError
        If a sample cannot be normalised, the scheme is unknown, or it is ``"none"`` and all values are zero, or the
        square of the largest one is no normal number of type `dtype`: networks would see zeros or infinities.

    Examples
    --------
    >>> fs.normalise(np.array([[1.0, 3.0], [0.0, 10.0]]), "sample")
    array([[-1.,  1.],
           [-1.,  1.]])
    >>> fs.normalise(np.array([[3.0, 4.0]]), "unit").round(4)
    array([[0.8485, 1.1314]])
    """
    if scheme == "sample":
        return normalise_samples(x, constant=constant, dtype=dtype, numbers=numbers)
    if scheme == "pixel":
        mean, deviation = pixel_statistics(x if training is None else training)
        return normalise_pixels(x, mean, deviation, dtype=dtype)
    if scheme == "unit":
        return normalise_second_moment(x, dtype=dtype, numbers=numbers)
    if scheme == "none":
        _check_samples(x)
        _check_range(largest_value(x), np.dtype(dtype))
        return x.astype(dtype)
    raise UserError(f"normalisation {scheme!r}: unknown; there are {', '.join(SCHEMES)}")


def subsample(rng: np.random.Generator, available: int, size: int) -> npt.NDArray[np.int64]:
    """Indices of `size` different samples, drawn uniformly, in random order.

    With the same generator a larger subsample begins with the smaller one.

    Parameters
    ----------
    rng
        Generator; the only source of randomness.
    available
        Number of samples there are.
    size
        Number of samples wanted.

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    UserError
        If more samples are wanted than there are, or less than one.
    """
    if not 1 <= size <= available:
        raise UserError(f"{size} samples are wanted of a data set of {available}: allowed are 1 to {available}")
    return rng.permutation(available)[:size].astype(np.int64)


def largest_value(x: npt.NDArray[Any]) -> float:
    """The largest absolute value of all samples."""
    return max(float(np.abs(x[rows].astype(np.float64)).max()) for rows in _blocks(len(x)))


def _check_range(largest: float, dtype: np.dtype[Any]) -> None:
    if dtype.kind != "f":
        return
    limits = np.finfo(dtype)
    low, high = math.sqrt(float(limits.tiny)), math.sqrt(float(limits.max))
    if not low <= largest <= high:
        raise UserError(
            f"the largest absolute value of the samples is {largest:g}; without normalisation it must be from "
            f"{low:.1e} to {high:.1e}, so that {dtype} holds its square; scale them"
        )


def _name(numbers: SampleNumbers | None, position: int) -> str:
    return f"sample {position}" if numbers is None else numbers.name(position)


def _check_samples(x: npt.NDArray[Any]) -> None:
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"samples have shape {x.shape}; (samples, values) without an empty side is needed")


def _blocks(n: int) -> list[slice]:
    return [slice(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK)]
