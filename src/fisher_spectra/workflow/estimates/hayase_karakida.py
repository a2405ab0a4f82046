"""What the jobs of Hayase, Karakida 2020 and 2021 take in memory and time, estimated before they start.

Memory follows from the arrays a job holds at once, times from the operations that dominate and the measured rates. The
time that a job needs to start is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from fisher_spectra.training.limits import DENSE_WIDTH, EVALUATED_AT_A_TIME, shared_steps
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    CUDA_HOST_MB,
    DOUBLE_RATE,
    FLOAT32,
    FLOAT64,
    MB,
    NORMAL_SECONDS,
    QR_RATE,
    SINGLE_RATE,
    STREAM_RATE,
    TORCH_BASE_MB,
    eigenvalues_seconds,
    haar_seconds,
)

_CELL_SECONDS = 1e-3  # calls of numpy for one network, however small
_LAYER_SECONDS = 2e-5  # the same for one layer of it
# Passes of all inputs through the network for the largest eigenvalue of Theta: from 100 (N = L = 10) to 500 (N = 100).
_THETA_PASSES = 200
# Online training. PyTorch's calls for a layer and a step of one network with a matrix of its own; of one of many in a
# kernel call: 7.4e-6 s at M = 64, of which the matrix itself, in the cache, is the smaller part.
_SINGLE_LAYER_SECONDS = 3e-5
_DENSE_LAYER_SECONDS = 5e-6
_DENSE_NUMBERS = 3e9  # numbers of matrices a second that a step of networks of small width handles, in the cache
# What the training of one network reads of its matrices in a step, in units of them: forward, backward, and one update
# in 16 steps that reads and writes. Measured: 370 (L = 10) to 430 us (L = 50) a layer at M = 784, which is 1.5 times as
# much, as the vectors of the first steps cost memory traffic as well.
_MATRIX_READS = 2.1
_TRAFFIC = 1.5


# ---------------------------------------------------------------------------------------------------------------------
# Spectra of H_L


def spectrum_mb(width: int, layers: int = 0) -> int:
    """Memory of the spectrum of H_L, with so many layers of weights held, or none where frames are drawn, in MB."""
    matrices = 8 + layers  # H_L, its product, the copy that LAPACK overwrites; a Gaussian matrix, Q, and workspace
    return round(BASE_MB + FLOAT64 * matrices * width**2 / MB)


def plain_seconds(width: int, depths: Iterable[int]) -> float:
    """Time of one network of each depth with all weights drawn, in seconds."""
    return sum(depth * haar_seconds(width) + recursion_seconds(width, depth) for depth in depths) + _CELL_SECONDS


def recursion_seconds(width: int, depth: int) -> float:
    """Time of H_L by its recursion and of its eigenvalues: two products for each layer."""
    return depth * (4 * width**3 / DOUBLE_RATE + _LAYER_SECONDS) + eigenvalues_seconds(width)


def cut_share(s: float, g: float) -> float:
    """Share of the directions that a layer cuts: those beyond the bend of the hard tanh, |s g h| > 1, h normal."""
    return math.erfc(1 / (s * g * math.sqrt(2)))


def frames_seconds(width: int, depths: Iterable[int], share: float) -> float:
    """Time of one network of each depth without its weights, where a layer cuts such a share of directions.

    A frame of r columns costs two QR decompositions of M x r matrices a layer; once all M are cut, a layer costs an
    orthogonal matrix and the products with it. Within a factor 1.5 of what was measured where all directions are cut
    soon, up to 2.3 above where that takes hundreds of layers, which cut less and less.
    """
    whole = haar_seconds(width) + 6 * width**3 / DOUBLE_RATE + 8 / 3 * width**3 / QR_RATE
    total = _CELL_SECONDS
    for depth in depths:
        for layer in range(1, depth):
            columns = layer * share * width
            if columns >= width:
                total += (depth - layer) * whole
                break
            total += 8 * width * columns**2 / QR_RATE + NORMAL_SECONDS * width * (1 + columns) + 5 * _LAYER_SECONDS
        total += eigenvalues_seconds(round(min(depth * share, 1.0) * width))
    return total


# ---------------------------------------------------------------------------------------------------------------------
# Theta


def theta_mb(width: int, depth: int, samples: int) -> int:
    """Memory of the largest eigenvalue of Theta without Theta: weights, signals, overlaps of the inputs, in MB."""
    numbers = depth * (width**2 + 4 * samples * width + 2 * samples**2) + 40 * samples * width + 8 * width**2
    return round(BASE_MB + FLOAT64 * numbers / MB)


def theta_seconds(width: int, depths: Iterable[int], samples: Iterable[int]) -> float:
    """Time of one network for each depth and number of inputs, with the eigenvalues of all diagonal blocks."""
    numbers = list(samples)
    return sum(
        depth * haar_seconds(width)
        + number * recursion_seconds(width, depth)
        + _THETA_PASSES * (4 * depth * number * width * (width + number) / DOUBLE_RATE + depth * _LAYER_SECONDS / 2)
        for depth in depths
        for number in numbers
    )


def dense_theta_mb(width: int, samples: int) -> int:
    """Memory of all eigenvalues of Theta: the matrix, a copy in another order of rows, LAPACK's workspace, in MB."""
    return round(BASE_MB + 3 * FLOAT64 * (samples * width) ** 2 / MB)


def dense_theta_seconds(width: int, depth: int, samples: int) -> float:
    """Time of all eigenvalues of Theta and of its diagonal blocks, of one network."""
    order = samples * width
    return (
        depth * haar_seconds(width)
        + samples * recursion_seconds(width, depth)
        + 2 * depth * order**2 * (1 + samples) / DOUBLE_RATE
        + eigenvalues_seconds(order)
    )


# ---------------------------------------------------------------------------------------------------------------------
# Online training


def online_mb(
    dataset: str,
    depth: int,
    samples: int,
    steps: int,
    rates: int,
    limit: int,
    *,
    spectra: bool = False,
    gpu: bool = False,
) -> int:
    """Memory of training networks of this depth, all rates of one trial together as far as the limit allows, in MB.

    Parameters
    ----------
    dataset
        Its name; the networks are as wide as it has pixels.
    depth, samples, steps, rates
        L, N, steps and number of learning rates of a job.
    limit
        Memory that the script may take for networks that are trained together, in MB (its `--memory-mb`).
    spectra
        Whether the eigenvalues of H_L are taken: matrices in double precision, one layer at a time.
    gpu
        Whether training runs on a GPU: its networks are there then, and CUDA's libraries in the host's memory.
    """
    stored, width = pixels_of(dataset)
    matrices = depth * width**2
    initial = FLOAT32 * matrices + 6 * FLOAT64 * width**2  # and one layer being drawn in double precision
    # pixels as they are stored; test samples (at most a fifth) and training samples in both precisions
    data = stored * width * (1 + (FLOAT32 + FLOAT64) / 5) + (FLOAT32 + FLOAT64) * samples * width
    held = 0 if gpu else _held(width, depth, steps, rates, limit * MB)
    if spectra and not gpu:
        held += FLOAT64 * 9 * width**2
    return round(TORCH_BASE_MB + (CUDA_HOST_MB if gpu else 0) + (initial + data + held) / MB)


def _held(width: int, depth: int, steps: int, rates: int, limit: float) -> float:
    """Bytes of the networks that are trained together and of one being evaluated, on the CPU, within the limit."""
    matrices = depth * width**2
    evaluation = 4 * EVALUATED_AT_A_TIME * width
    if width <= DENSE_WIDTH:
        common, each = matrices + evaluation, matrices + 4 * depth * width
    else:
        vectors = 2 * depth * shared_steps(width, steps) * width
        common, each = 2 * matrices + evaluation, vectors + 4 * depth * width
    return FLOAT32 * max(common + each, min(common + rates * each, limit / FLOAT32))


def online_seconds(dataset: str, depths: Sequence[int], steps: int, rates: int, trials: int) -> float:
    """Time of training so many learning rates and trials at each depth on one core, if none is given up.

    Training takes one sample at a time: matrix-vector products, bound by memory traffic. In the end each network sees
    all training and test samples.
    """
    stored, width = pixels_of(dataset)
    matrix = width**2
    if width <= DENSE_WIDTH:
        layer = _DENSE_LAYER_SECONDS + 3 * matrix / _DENSE_NUMBERS
    else:
        layer = _SINGLE_LAYER_SECONDS + _TRAFFIC * _MATRIX_READS * FLOAT32 * matrix / STREAM_RATE
    evaluation = 2 * matrix * stored / 5 / SINGLE_RATE  # a fifth of the samples at most are test samples
    each = rates * (steps * layer + evaluation)
    return trials * sum(depth * (haar_seconds(width) + each) for depth in depths)


def trained_spectra_seconds(dataset: str, depths: Sequence[int], rates: int, inputs: int) -> float:
    """Time of the eigenvalues of H_L for so many inputs before training and after it at each rate."""
    _, width = pixels_of(dataset)
    return (rates + 1) * inputs * sum(recursion_seconds(width, depth) for depth in depths)
