"""What the jobs of own networks take in memory and time, estimated before they start."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.activations.compiled_codes import coded
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.karakida import training_parameters
from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    DOUBLE_RATE,
    FLOAT32,
    FLOAT64,
    MB,
    NORMAL_SECONDS,
    QR_RATE,
    SINGLE_RATE,
    START_SECONDS,
    STREAM_RATE,
    eigenvalues_seconds,
)

_NETWORK_SECONDS = 5e-3  # calls of numpy for one network, however small
_PREDICTION_SECONDS = 0.5  # of one network at its own widths: edges of the bulk with all outputs, 0.2 s
# What a step of training calls, and phi and phi' of a unit for one sample: in a compiled loop (GELU), else by PyTorch.
_CALLS_SECONDS, _UNIT_SECONDS = {True: 1e-5, False: 1.5e-4}, {True: 1e-9, False: 3e-9}
_MOVING_RATE = 2 * STREAM_RATE  # of parameters, most of which lie in the cache
# Of the steps of a grid of learning rates, which ends far above the critical one. A cross-entropy does not diverge; of
# squared errors 0.3 (digits, momentum 0.9) to all were taken (Gaussian inputs, GELU).
_SQUARED_STEPS_TAKEN = 0.75
_PAIR_SECONDS = 4e-7  # a Gaussian integral for one pair of samples and layer, interpolated
_DUALS = 4  # matrices of order C T at once: F*, one layer's product, that of the loss, what a decomposition overwrites


def own_data_mb(dataset: str | None, samples: int) -> float:
    """Memory of reading a data set and keeping so many samples of it; of Gaussian inputs none."""
    if dataset is None:
        return 0.0
    stored, pixels = pixels_of(dataset)
    return (stored * pixels * FLOAT32 + 2 * samples * pixels * FLOAT64) / MB


def own_sampling_mb(widths: Sequence[int], samples: int, *, dual: bool, dataset: str | None) -> int:
    """Memory of sampling one network, with its dual Fisher matrix or its layers' variables alone."""
    outputs, order = widths[-1], widths[-1] * samples
    numbers = 2 * training_parameters(widths) + 3 * samples * sum(widths) + 2 * outputs * samples * max(widths[1:])
    numbers += _DUALS * order**2 if dual else 2 * samples**2
    return round(BASE_MB + own_data_mb(dataset, samples) + FLOAT64 * numbers / MB)


def own_sampling_seconds(
    widths: Sequence[int], samples: int, networks: int, *, dual: bool, every: bool, orthogonal: bool
) -> float:
    """Time of so many networks, in seconds.

    Parameters
    ----------
    widths, samples, networks
        (M_0, .., C), T, and how many.
    dual
        Whether the dual Fisher matrix is made; else the variables of the layers.
    every
        Whether all of its eigenvalues are wanted, not the largest alone.
    orthogonal
        Whether the weights are.
    """
    outputs, order, size = widths[-1], widths[-1] * samples, training_parameters(widths)
    drawn = NORMAL_SECONDS * size + _NETWORK_SECONDS
    if orthogonal:
        drawn += sum(8 / 3 * max(pair) * min(pair) ** 2 for pair in pairwise(widths)) / QR_RATE
    work = 2 * samples * size * (1 + outputs)
    work += sum(widths[1:-1]) * (order**2 if dual else outputs * samples**2) * 2
    each = drawn + work / DOUBLE_RATE
    if dual:
        each += 3e-9 * len(widths) * order**2  # products entry by entry
        each += eigenvalues_seconds(order) if every else 60 * 2 * order**2 / DOUBLE_RATE
    return START_SECONDS + networks * each


def own_training_seconds(
    widths: Sequence[int],
    activations: Sequence[str],
    samples: int,
    steps: int,
    cells: int,
    *,
    cross_entropy: bool,
) -> float:
    """Time of training so many cells (learning rates times trials) on all samples, without the start, in seconds.

    Three products a layer, of the first one two; units and their slopes; and parameters and velocities, which are read
    and written once each beside the gradient.
    """
    parameters = training_parameters(widths)
    products = 6 * samples * parameters - 2 * samples * widths[0] * widths[1]
    in_a_loop = all(coded(get_activation(spec), np.float32) is not None for spec in activations)
    step = _CALLS_SECONDS[in_a_loop] + products / SINGLE_RATE + 6 * FLOAT32 * parameters / _MOVING_RATE
    step += _UNIT_SECONDS[in_a_loop] * samples * sum(widths[1:-1])
    return (1.0 if cross_entropy else _SQUARED_STEPS_TAKEN) * cells * steps * step


def own_prediction_mb(samples: int, layers: int, dataset: str | None) -> int:
    """Memory of predicting: kernels of all layers on the data's overlaps."""
    kernels = 0 if dataset is None else (2 * layers + 12) * samples**2
    return round(BASE_MB + 100 + own_data_mb(dataset, samples) + FLOAT64 * kernels / MB)


def own_prediction_seconds(samples: int, layers: int, factors: int, dataset: str | None) -> float:
    """Time of predicting for so many scaled networks."""
    kernels = 0.0 if dataset is None else 2 * _PAIR_SECONDS * layers * samples**2
    return START_SECONDS + factors * (_PREDICTION_SECONDS + kernels)
