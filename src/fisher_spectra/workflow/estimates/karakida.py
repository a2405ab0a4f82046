"""What the jobs of Karakida, Akaho, Amari 2019 take in memory and time, estimated before they start.

Memory follows from the arrays a job holds at once, times from the operations that dominate and the measured rates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from fisher_spectra.finite_size.sweeps import Shape
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    COMPILER_MB,
    CUDA_HOST_MB,
    DOUBLE_RATE,
    FLOAT32,
    FLOAT64,
    MB,
    NORMAL_SECONDS,
    SINGLE_RATE,
    START_SECONDS,
    TORCH_BASE_MB,
    eigenvalues_seconds,
)

_CELL_SECONDS = 1e-3  # calls of numpy for one network, however small
_PASSES = 160  # passes through a network for the largest eigenvalue by Lanczos iterations
STEP_SECONDS = 3e-4  # a step of training, however small the network: about fifty calls of PyTorch
_COMPILED_STEP_SECONDS = 1e-5  # the same in a compiled loop
# Of the steps of a grid so many are taken: learning rates beyond the border are given up within some twenty. At paper
# scale 0.40 to 0.69 of the cells of Figures 2 and C.2 are, and 0.31 to 0.60 of those that are followed.
_STEPS_TAKEN = 0.5
# Both Gaussian integrals for one entry of an overlap matrix and layer: interpolated (tanh), or in closed form (ReLU).
_PAIR_SECONDS, _CLOSED_PAIR_SECONDS = 3.2e-7, 3e-8
_ENTRY_SECONDS = 1.6e-8  # to sum up an entry of one width's dual matrix and to find the largest eigenvalue
_POINT_SECONDS = 0.09  # fixed points of one shape, and draws of its chain of outputs
_FORMULA_SECONDS = 5e-7  # all formulas without a figure, for a weight between two layers of one network
_PIXEL_SECONDS = 3e-8  # to read, normalise and average one value of a sample


def sampled_network_mb(depth: int, width: int, samples: int, outputs: int, *, all_eigenvalues: bool = False) -> int:
    """Memory of sampling one network with its dual Fisher matrix, in MB.

    Parameters
    ----------
    depth, width, samples, outputs
        L, M (of the input and every hidden layer), T and C.
    all_eigenvalues
        Whether the dual matrix is decomposed in full.
    """
    weights = depth * width * width
    signals = (2 * depth + 1) * samples * width + 2 * outputs * samples * width  # u, h of all layers, two deltas
    order = outputs * samples
    # beyond several outputs the statistics come from layer products, not from the matrix (`dual_fisher`)
    matrix = order * order if outputs == 1 or all_eigenvalues else min(order * order, depth * outputs * samples * width)
    numbers = weights + signals + (3 if all_eigenvalues else 2) * matrix
    return round(BASE_MB + FLOAT64 * numbers / MB)


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
        weights = depth * width**2
        drawn = NORMAL_SECONDS * weights + _CELL_SECONDS
        if not dual_matrix:
            total += networks * (drawn + 4 * samples * weights / DOUBLE_RATE)
            continue
        order = samples * outputs
        passes = 2 * samples * weights * (1 + outputs)
        matrix = 2 * depth * width * order**2
        # the largest eigenvalue from the matrix, or from passes forward and back without it (`dual_fisher`)
        work = passes + min(matrix + order**3 / 2, _PASSES * 2 * samples * weights)
        total += networks * (drawn + work / DOUBLE_RATE)
        if all_eigenvalues:
            total += networks * ((passes + matrix) / DOUBLE_RATE + eigenvalues_seconds(order))
    return total


def shapes_mb(sampled: Iterable[Shape]) -> int:
    """Memory of sampling networks of these shapes, with their dual Fisher matrix, in MB: that of the largest."""
    return max(round(BASE_MB + FLOAT64 * _shape_numbers(shape) / MB) for shape in sampled)


def _shape_numbers(shape: Shape) -> int:
    """Numbers that are held at once: weights, signals and backward signals, the dual matrix twice."""
    widths, outputs = shape.widths, shape.widths[-1]
    weights = sum(above * below for below, above in itertools.pairwise(widths))
    signals = (2 + 2 * outputs) * shape.samples * sum(widths)
    order = outputs * shape.samples
    return weights + signals + 2 * min(order * order, outputs * shape.samples * sum(widths))


def shapes_seconds(sampled: Iterable[Shape], networks: int) -> float:
    """Time of so many networks of each shape, in seconds."""
    total = START_SECONDS
    for shape in sampled:
        widths, outputs, samples = shape.widths, shape.widths[-1], shape.samples
        weights = sum(above * below for below, above in itertools.pairwise(widths))
        order = samples * outputs
        matrix = 2 * sum(widths[:-1]) * order**2 + order**3 / 2
        work = 2 * samples * weights * (1 + outputs) + min(matrix, _PASSES * 2 * samples * weights)
        total += networks * (NORMAL_SECONDS * weights + _CELL_SECONDS + work / DOUBLE_RATE)
    return total


def finite_size_prediction_seconds(points: int) -> float:
    """Time of so many predictions of the largest eigenvalue at finite size, in seconds."""
    return START_SECONDS + _POINT_SECONDS * points


def formulas_seconds(width: int, networks: int) -> float:
    """Time of the table of formulas that no figure shows, in seconds."""
    return START_SECONDS + _FORMULA_SECONDS * networks * width**2


def training_parameters(widths: Sequence[int]) -> int:
    """Number of weights and biases of a network with the widths (M_0, .., C)."""
    return sum(fan_out * (fan_in + 1) for fan_in, fan_out in itertools.pairwise(widths))


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
    start = (FLOAT64 + 2 * FLOAT32) * parameters  # drawn in double precision, kept, and a copy
    cell = FLOAT32 * (2 * parameters + batch * (5 * sum(widths[1:]) + 2 * widths[0]))
    data = 2 * FLOAT64 * samples * (widths[0] + widths[-1])
    if dataset is not None:
        stored, pixels = pixels_of(dataset)
        data += stored * pixels * FLOAT32
    return round(TORCH_BASE_MB + (CUDA_HOST_MB if gpu else COMPILER_MB) + (start + cell + data) / MB)


def training_seconds(widths: Sequence[int], batch: int, steps: int, cells: int, *, in_span: bool = False) -> float:
    """Time of training so many cells (learning rates times trials), without the start, in seconds.

    Half of them are given up early. A step takes three matrix products of each layer; in the span of the inputs
    (T <= M_0) the first layer costs one of T x T instead.
    """
    layers = training_parameters(widths[1:]) + (batch * widths[1] // 3 if in_span else widths[0] * widths[1])
    return _STEPS_TAKEN * cells * steps * (_COMPILED_STEP_SECONDS + 6 * batch * layers / SINGLE_RATE)


def followed_mb(widths: Sequence[int], samples: int, steps: int, *, dataset: str | None = None) -> int:
    """Memory of a job that follows networks of these widths (M_0, .., C) along so many steps, in MB.

    In double precision: two networks, parameters and velocities, a copy at each of the moments when the network is
    looked at, and five signals of each unit.
    """
    numbers = (4 + math.log2(steps) + 2) * training_parameters(widths) + samples * (8 * sum(widths) + 2 * widths[0])
    stored, pixels = pixels_of(dataset) if dataset is not None else (0, 0)
    # PyTorch's, which loads what has no compiled loop, is more than the compiler takes
    return round(TORCH_BASE_MB + (FLOAT64 * numbers + FLOAT32 * stored * pixels) / MB)


def followed_seconds(widths: Sequence[int], samples: int, steps: int) -> float:
    """Time of following one network along so many steps in double precision, in seconds.

    Half of them are given up early. Its largest eigenvalue is measured after 1, 2, 4 .. steps, in a quarter of the
    passes, as few digits of it are needed.
    """
    products = 2 * samples * training_parameters(widths) / DOUBLE_RATE
    trained = steps * (_COMPILED_STEP_SECONDS + 3 * products)
    looked_at = (math.log2(steps) + 2) * (_CELL_SECONDS + _PASSES / 4 * products)
    return _STEPS_TAKEN * (trained + looked_at)


def prediction_mb(samples: int, inputs: int, kernel_samples: int, widths: int, *, dataset: str | None = None) -> int:
    """Memory of predicting critical learning rates from the overlap matrix of so many samples, in MB."""
    stored, pixels = pixels_of(dataset) if dataset is not None else (0, 0)
    data = (2 * samples * inputs + kernel_samples * inputs) * FLOAT64 + stored * pixels * FLOAT32
    at_a_time = widths if dataset is not None else 1  # half a matrix for each
    return round(BASE_MB + ((14 + at_a_time / 2) * FLOAT64 * kernel_samples**2 + data) / MB)


def prediction_seconds(
    samples: int, inputs: int, kernel_samples: int, widths: int, depth: int, *, closed_form: bool, data: bool
) -> float:
    """Time of the same, in seconds, with kernels in closed form or interpolated.

    Samples of a data set, and what layers make of them, are those of all widths; Gaussian inputs are each width's own.
    The prediction at finite size is one point a width.
    """
    kernels = (_CLOSED_PAIR_SECONDS if closed_form else _PAIR_SECONDS) * (depth - 1) * kernel_samples**2
    overlaps = 2 * kernel_samples**2 * inputs / DOUBLE_RATE
    found = _PIXEL_SECONDS * samples * inputs + overlaps + kernels
    each = _ENTRY_SECONDS * kernel_samples**2 + _POINT_SECONDS
    return START_SECONDS + (1 if data else widths) * found + widths * each
