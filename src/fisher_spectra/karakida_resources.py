"""What the jobs of Karakida, Akaho, Amari 2019 take in memory and time, estimated before they start.

Memory follows from the arrays a job holds at once. Times are for one core of a common server (rates below); they are
for plans and time limits, which leave room for a machine several times slower.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from fisher_spectra.resource_estimates import TORCH_BASE_MB, sampled_network_mb

_MB = 1e6
_FLOAT32, _FLOAT64 = 4, 8

# Round numbers assumed for one core of a common server with AVX2, not measurements: plans and limits need no more.
NORMAL_SECONDS = 1.5e-8  # one normal number in double precision
DOUBLE_RATE = 1.5e10  # multiplications and additions a second of a matrix product in double precision
SINGLE_RATE = 3e10  # the same in single precision
STEP_SECONDS = 4e-4  # a step of training, however small the network: about fifty calls of PyTorch
START_SECONDS = 5.0  # Python with its packages
TORCH_START_SECONDS = 10.0
GPU_SPEEDUP = 30.0  # of a training column on an accelerator of the data-centre kind
# Room for the scheduler, a machine several times slower and a busy file system: a limit is no estimate.
_LIMIT_FACTOR = 4.0
_LIMIT_MINUTES = 10

TABLE_MB = 300
FIGURE_MB = 400
# The host's memory for the CUDA runtime and its libraries.
CUDA_HOST_MB = 3000
# Data sets by name: samples with the test set, pixels.
_PIXELS = {"digits": (1797, 64), "mnist": (70000, 784), "fashion_mnist": (70000, 784), "cifar10": (60000, 3072)}
_LARGEST_KNOWN = (70000, 3072)  # for a user's own file, which is not looked at before it is there


def sampling_mb(cells: Iterable[tuple[int, int, int, int]], *, all_eigenvalues: bool = False) -> int:
    """Memory of sampling networks in cells (L, M, T, C), in MB: that of the largest."""
    return max(sampled_network_mb(*cell, all_eigenvalues=all_eigenvalues) for cell in cells)


def sampling_seconds(
    cells: Iterable[tuple[int, int, int, int]],
    networks: int,
    *,
    all_eigenvalues: bool = False,
    dual_matrix: bool = True,
) -> float:
    """Time of so many networks in each cell (L, M, T, C), in seconds.

    With `dual_matrix` their dual Fisher matrix of order C T is looked at, else they are passed through twice only.
    """
    total = START_SECONDS
    for depth, width, samples, outputs in cells:
        order = samples * outputs
        weights = depth * width**2
        if not dual_matrix:
            total += networks * ((NORMAL_SECONDS + 4 * samples / DOUBLE_RATE) * weights + 2e-3)
            continue
        passes = 2 * samples * weights * (1 + outputs)
        overlaps = 2 * depth * width * min(order**2, 40 * order * samples)  # or as an operator, applied 40 times
        spectrum = (4 / 3 if all_eigenvalues else 0.5) * min(order, 3000) ** 3
        total += networks * (NORMAL_SECONDS * weights + (passes + overlaps + spectrum) / DOUBLE_RATE + 2e-3)
    return total


def training_parameters(widths: Sequence[int]) -> int:
    """Number of weights and biases of a network with the widths (M_0, .., C)."""
    return sum(fan_out * (fan_in + 1) for fan_in, fan_out in itertools.pairwise(widths))


def pixels_of(dataset: str) -> tuple[int, int]:
    """Samples and pixels of a data set by name; the largest known for a file of the user's."""
    return _PIXELS.get(dataset, _LARGEST_KNOWN)


def training_mb(
    widths: Sequence[int], samples: int, batch: int, *, dataset: str | None = None, gpu: bool = False
) -> int:
    """Memory of a job that trains networks of these widths (M_0, .., C), one cell after the other, in MB.

    Parameters
    ----------
    widths
        Of the widest network.
    samples, batch
        T of the training set and of one step.
    dataset
        Its name, if the inputs are data.
    gpu
        Whether training runs on a GPU: its cells are there then, and CUDA's libraries in the host's memory.
    """
    parameters = training_parameters(widths)
    start = (_FLOAT64 + 2 * _FLOAT32) * parameters  # drawn in double precision, kept, and a copy
    cell = _FLOAT32 * (2 * parameters + batch * (5 * sum(widths[1:]) + 2 * widths[0]))
    data = 2 * _FLOAT64 * samples * (widths[0] + widths[-1])
    if dataset is not None:
        stored, pixels = pixels_of(dataset)
        data += stored * pixels * _FLOAT32
    return round(TORCH_BASE_MB + (CUDA_HOST_MB if gpu else 0) + (start + cell + data) / _MB)


def training_seconds(widths: Sequence[int], batch: int, steps: int, cells: int, *, in_span: bool = False) -> float:
    """Time of training so many cells (learning rates times trials) if none is given up, in seconds.

    A step takes three matrix products of each layer; in the span of the inputs (T <= M_0) the first layer costs one of
    T x T instead.
    """
    layers = training_parameters(widths[1:]) + (batch * widths[1] // 3 if in_span else widths[0] * widths[1])
    return TORCH_START_SECONDS + cells * steps * (STEP_SECONDS + 6 * batch * layers / SINGLE_RATE)


def prediction_mb(samples: int, inputs: int, kernel_samples: int, *, dataset: str | None = None) -> int:
    """Memory of predicting critical learning rates from the overlap matrix of so many samples, in MB."""
    stored, pixels = pixels_of(dataset) if dataset is not None else (0, 0)
    data = (2 * samples * inputs + kernel_samples * inputs) * _FLOAT64 + stored * pixels * _FLOAT32
    return round(250 + (14 * _FLOAT64 * kernel_samples**2 + data) / _MB)


def prediction_seconds(kernel_samples: int, inputs: int, widths: int, depth: int) -> float:
    """Time of the same for so many widths."""
    kernels = 4e-7 * depth * kernel_samples**2  # a Gaussian integral for each pair, interpolated
    products = (2 * kernel_samples**2 * inputs + 2 * kernel_samples**3) / DOUBLE_RATE
    return START_SECONDS + 5.0 + widths * (kernels + products + 0.5)


def limit_minutes(seconds: float, attempt: int = 1) -> int:
    """Time limit of a job, in minutes; more at each attempt."""
    return attempt * math.ceil(_LIMIT_MINUTES + _LIMIT_FACTOR * seconds / 60)


def estimated_seconds(minutes: float) -> float:
    """The estimate behind a time limit of a first attempt: the inverse of `limit_minutes`."""
    return max(60 * (minutes - _LIMIT_MINUTES) / _LIMIT_FACTOR, START_SECONDS)
