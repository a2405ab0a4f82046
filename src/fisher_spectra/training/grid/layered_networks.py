"""Networks whose layers differ, trained on all samples at a step by one of three losses.

Each hidden layer has an activation of its own, biases may stay as they were drawn, and besides (1/2T) sum |y - f|^2
(Karakida, Akaho, Amari 2019, (4)) there are its mean over outputs and the softmax cross-entropy. On the CPU compiled
loops train what they know (`gradient_descent.train`); all else does `layered_in_batches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.full_batch import FullBatch
from fisher_spectra.training.grid.gradient_descent import (
    GradientDescent,
    Loss,
    TrainingGrid,
    Trial,
    train,
)
from fisher_spectra.training.grid.network_shape import NetworkShape

if TYPE_CHECKING:
    from fisher_spectra.training.grid.batched_network import BatchedNetwork

Array = npt.NDArray[np.float64]
FloatArray = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Task:
    """What one trial learns: the network at its start, and samples with their targets.

    Attributes
    ----------
    start
        Initial parameters.
    inputs, targets
        x (T, M_0), y (T, C); for the cross-entropy each row of y is a distribution over classes.
    """

    start: RandomNetwork
    inputs: FloatArray
    targets: FloatArray


class DrawTask(Protocol):
    """Draws the task of a trial from its generator."""

    def __call__(self, rng: np.random.Generator, /) -> Task: ...


@dataclass(frozen=True)
class LayeredShape(NetworkShape):
    """What the cells of a batch have in common.

    Attributes
    ----------
    activations
        phi_1 .. phi_{L-1}; `activation` is not used.
    biases
        Whether training moves the biases.
    loss
        ``"half_sum"``, ``"mse"`` or ``"cross_entropy"``.
    """

    activations: tuple[Activation, ...] = ()
    biases: bool = True
    loss: Loss = "half_sum"


class _OfTasks(FullBatch):
    def __init__(
        self, shape: LayeredShape, draw: DrawTask, generators: Sequence[np.random.Generator], execution: Execution
    ) -> None:
        self._layered, self._draw = shape, draw
        super().__init__(shape, generators, execution)
        self.loss, self.moves_biases = shape.loss, shape.biases

    @property
    def activations(self) -> Sequence[Activation]:
        return self._layered.activations

    def draw(self, rng: np.random.Generator) -> Trial:
        task = self._draw(rng)
        return Trial(self.start(task.start), (self.held(task.inputs), self.held(task.targets)))

    def networks(self, trials: Sequence[int], learning_rates: Array) -> BatchedNetwork:
        from fisher_spectra.training.grid.layered_in_batches import LayeredNetworks

        starts = [self.trial(trial).start for trial in trials]
        return LayeredNetworks(self._layered, starts, self.tensor(learning_rates))


def train_layered(
    shape: LayeredShape,
    descent: GradientDescent,
    draw: DrawTask,
    generators: Sequence[np.random.Generator],
    execution: Execution | None = None,
    bookkeeping: Bookkeeping | None = None,
) -> TrainingGrid:
    """Train every cell of a grid of learning rates and trials on all samples at each step.

    Parameters
    ----------
    shape
        Widths, activations, T, momentum, loss.
    descent
        Learning rates, steps, the momentum once more.
    draw
        Gives each trial its network and samples.
    generators
        One for each trial; `draw` is given a copy of it.
    execution
        Device, dtype and memory; `Execution()` if not given.
    bookkeeping
        Told of the cells that are done; keeps their outcome for a job that is interrupted.

    Raises
    ------
    ValueError
        If there is no trial, or the momenta differ.
    UserError
        If the device is not there, or memory does not suffice for a single cell.
    """
    if shape.momentum != descent.momentum:
        raise ValueError(f"momentum = {descent.momentum}: must be that of the shape, {shape.momentum}")
    execution = execution or Execution()
    problem = _OfTasks(shape, draw, generators, execution)
    return train(problem, descent, execution, bookkeeping or Bookkeeping())
