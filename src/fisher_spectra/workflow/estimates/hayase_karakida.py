"""What the jobs of Hayase, Karakida 2020 and 2021 take in memory and time, estimated before they start.

Memory follows from the arrays a job holds at once, times from the operations that dominate and the measured rates. The
time that a job needs to start is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from fisher_spectra.training.limits import (
    EVALUATED_AT_A_TIME,
    PROJECTED_TOGETHER,
    directions,
    projected_numbers,
    takes_few_directions,
)
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    COMPILER_MB,
    CUDA_HOST_MB,
    DOUBLE_RATE,
    FLOAT32,
    FLOAT64,
    MB,
    SINGLE_RATE,
    TORCH_BASE_MB,
    eigenvalues_seconds,
    haar_seconds,
)

_CELL_SECONDS = 1e-3  # calls of numpy for one network, however small
_LAYER_SECONDS = 2e-5  # the same for one layer of it
# Without the weights: calls for one layer, operations a second of narrow products, one number of a matrix that grows.
_FRAME_LAYER_SECONDS, _FRAME_RATE, _COPY_SECONDS = 1.5e-4, 1.5e10, 8e-9
# Passes of all inputs through the network for the largest eigenvalue of Theta: from 100 (N = L = 10) to 500 (N = 100).
_THETA_PASSES = 200
# Online training reads the matrix of a layer twice in a step and writes it once. Measured: 0.14 to 0.22 ns for each of
# its numbers in the cache (M = 64, 160 and, with two layers, 784), 0.28 to 0.38 ns from memory (M = 784 and 3072).
_CACHED_NUMBER_SECONDS, _NUMBER_SECONDS = 2e-10, 3.8e-10
_CACHE = 8 * MB  # bytes of matrices of one network, from which on they come from memory
# Of the steps of a grid so many are taken: learning rates beyond the border are given up early. At paper scale 0.34 to
# 0.41 of the cells of Figure 4 are.
_STEPS_TAKEN = 0.65
# Wide networks that see few samples: a number of what their matrices make of inputs, or of a matrix that cells share.
_PROJECTED_SECONDS = 1.5e-10


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


def means_seconds(width: int, depth: int, samples: int) -> float:
    """Time of the mean eigenvalues of H_L for so many inputs of one network: a product for each layer and input."""
    return depth * haar_seconds(width) + samples * depth * 2 * width**3 / DOUBLE_RATE + _CELL_SECONDS


def cut_shares(s: float, g: float, layers: int) -> list[float]:
    """Share of the directions that each layer cuts, from the first: those beyond a bend of the hard tanh, |s g h| > 1.

    h is normal of variance q, with q = 1 in the input, and s^2 q of the next layer is E min((s g h)^2, 1).
    """
    found, u = [], s**2  # u = s^2 q
    for _ in range(layers):
        bend = 1 / (g * math.sqrt(u))
        share = math.erfc(bend / math.sqrt(2))
        inside = 1 - share - 2 * bend * math.exp(-(bend**2) / 2) / math.sqrt(2 * math.pi)  # E z^2 where |z| < bend
        u = g**2 * u * inside + share
        found.append(share)
    return found


def frames_seconds(width: int, depth: int, shares: Sequence[float]) -> float:
    """Time of one network without its weights, each layer of which cuts such a share of directions.

    Where r directions are cut and k more are, a layer costs the reflections of an r x r matrix from both sides, their
    decomposition, that of a corner and a k x k singular value decomposition.
    """
    total, before = _CELL_SECONDS, 0.0
    for share in shares[: depth - 1]:
        now = min(share * width, float(width))
        smaller = min(now, before)
        operations = 8 * before**2 * smaller + 8 * before * now * smaller + 20 * smaller**3
        total += operations / _FRAME_RATE + _FRAME_LAYER_SECONDS + _COPY_SECONDS * (before + now) ** 2
        before = min(before + now, float(width))
    return total + eigenvalues_seconds(round(before))


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
    *,
    steps: int = 0,
    rates: int = 1,
    limit_mb: int = 0,
    spectra: bool = False,
    gpu: bool = False,
) -> int:
    """Memory of training networks of this depth, one after another or some together, in MB.

    Parameters
    ----------
    dataset
        Its name; the networks are as wide as it has pixels.
    depth, samples
        L and N.
    steps, rates, limit_mb
        Steps of a network; learning rates, which are trained together as far as this memory holds them.
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
    # the network, its units, and the units of the samples that it is evaluated on
    held = 0 if gpu else FLOAT32 * (matrices + 4 * (depth + EVALUATED_AT_A_TIME) * width)
    if not gpu and takes_few_directions(width, depth, samples, FLOAT32):
        each = FLOAT32 * projected_numbers(width, depth, samples, steps)
        held += each * max(1, min(rates, PROJECTED_TOGETHER, int((limit_mb * MB - held) // each)))
    if spectra and not gpu:
        held += FLOAT64 * 9 * width**2
    return round(TORCH_BASE_MB + (CUDA_HOST_MB if gpu else COMPILER_MB) + (initial + data + held) / MB)


def online_seconds(dataset: str, depths: Sequence[int], samples: int, epochs: int, rates: int, trials: int) -> float:
    """Time of training so many learning rates and trials at each depth on one core, of which some are given up early.

    Training takes one sample at a time: matrix-vector products, bound by memory traffic. In the end each network sees
    all training and test samples.
    """
    steps = samples * epochs
    stored, width = pixels_of(dataset)
    matrix = width**2
    evaluation = 2 * matrix * stored / 5 / SINGLE_RATE  # a fifth of the samples at most are test samples

    def layer(depth: int) -> float:
        if takes_few_directions(width, depth, samples, FLOAT32):
            # five times the directions of all inputs so far; a matrix twice in the first epoch, and once in others
            mean = (samples / 2 + (epochs - 1) * (samples + directions(samples, steps)) / 2) / epochs
            numbers = 5 * mean * width + matrix * (1 + 1 / epochs) / min(rates, PROJECTED_TOGETHER)
            return haar_seconds(width) + rates * (steps * _PROJECTED_SECONDS * numbers + evaluation)
        number = _CACHED_NUMBER_SECONDS if FLOAT32 * depth * matrix <= _CACHE else _NUMBER_SECONDS
        return haar_seconds(width) + rates * (steps * number * matrix + evaluation)

    return _STEPS_TAKEN * trials * sum(depth * layer(depth) for depth in depths)


def trained_spectra_seconds(dataset: str, depths: Sequence[int], rates: int, inputs: int) -> float:
    """Time of the eigenvalues of H_L for so many inputs before training and after it at each rate."""
    _, width = pixels_of(dataset)
    return (rates + 1) * inputs * sum(recursion_seconds(width, depth) for depth in depths)
