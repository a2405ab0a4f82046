"""Gradient descent with momentum on all samples, one network in double precision: Karakida, Akaho, Amari 2019, (21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fisher_spectra.networks.fully_connected import FloatArray, RandomNetwork, forward, pull_back


class Step(NamedTuple):
    """Where gradient descent is before a step: E = sum ||y - f||^2 / (2 T), the network, and f (T, C)."""

    loss: float
    network: RandomNetwork
    outputs: FloatArray


def _itself(errors: FloatArray) -> FloatArray:
    return errors


def descend(
    start: RandomNetwork,
    inputs: FloatArray,
    targets: FloatArray,
    rate: float,
    momentum: float,
    of_errors: Callable[[FloatArray], FloatArray] = _itself,
) -> Iterator[Step]:
    """Every step of a descent, without end.

    Parameters
    ----------
    start
        With linear outputs; its biases are trained, too.
    inputs, targets
        x (T, M_0) and y (T, C).
    rate, momentum
        eta and mu.
    of_errors
        What takes the place of f - y (T, C) in the gradient; itself in gradient descent.
    """
    weights, biases = list(start.weights), list(start.biases)
    slow: Sequence[FloatArray] = [np.zeros_like(p) for p in (*weights, *biases)]
    depth = len(weights)
    while True:
        network = RandomNetwork(tuple(weights), tuple(biases), start.activation)
        passed = forward(network, inputs)
        error = passed.outputs - targets
        yield Step(float(np.sum(error**2)) / (2 * len(inputs)), network, passed.outputs)
        pulled = pull_back(passed, of_errors(error) / len(inputs))
        gradients = [d.T @ h for d, h in zip(pulled, passed.activations, strict=True)]
        gradients += [d.sum(0) for d in pulled]
        slow = [momentum * s - rate * g for s, g in zip(slow, gradients, strict=True)]
        weights = [w + s for w, s in zip(weights, slow[:depth], strict=True)]
        biases = [b + s for b, s in zip(biases, slow[depth:], strict=True)]
