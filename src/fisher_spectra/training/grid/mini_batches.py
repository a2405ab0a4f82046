"""Mini-batch training on a data set: Karakida, Akaho, Amari 2019, Figure 2, right column, and Figure C.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.devices import Execution
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.compiled_schedule import Schedule
from fisher_spectra.training.grid.gradient_descent import (
    GradientDescent,
    NetworkEnsemble,
    TrainingGrid,
    TrainingProblem,
    Trial,
    train,
)
from fisher_spectra.training.grid.mini_batch_order import MiniBatchOrder, steps_of_epochs
from fisher_spectra.training.grid.network_shape import NetworkShape

if TYPE_CHECKING:
    from torch import Tensor

    from fisher_spectra.training.grid.batched_network import BatchedNetwork


@dataclass(frozen=True)
class MiniBatches:
    """Samples of a data set and how many of them a step takes.

    Parameters
    ----------
    inputs
        x, shape (N, M_0).
    targets
        y, shape (N, C).
    batch
        Samples of a step, from 1 to N.

    Raises
    ------
    ValueError
        If shapes or batch size do not fit.

    Examples
    --------
    >>> data = fs.load_named_dataset("digits")
    >>> x, y = fs.normalise(data.x_train, "sample"), fs.one_hot(data.y_train, data.n_classes)
    >>> fs.MiniBatches(x, y, batch=100).inputs.shape
    (1500, 64)
    """

    inputs: npt.NDArray[np.floating[Any]]
    targets: npt.NDArray[np.floating[Any]]
    batch: int

    def __post_init__(self) -> None:
        if self.inputs.ndim != 2 or self.targets.ndim != 2:
            raise ValueError(f"inputs {self.inputs.shape}, targets {self.targets.shape}: must be (N, M_0) and (N, C)")
        if len(self.targets) != len(self.inputs):
            raise ValueError(f"{len(self.inputs)} inputs, {len(self.targets)} targets: must be as many")
        if not 1 <= self.batch <= len(self.inputs):
            raise ValueError(f"batch = {self.batch}: must be from 1 to the number of samples, {len(self.inputs)}")


def train_on_data(
    ensemble: NetworkEnsemble,
    descent: GradientDescent,
    data: MiniBatches,
    generators: Sequence[np.random.Generator],
    execution: Execution | None = None,
    bookkeeping: Bookkeeping | None = None,
) -> TrainingGrid:
    """Train on the samples of a data set, a batch at a step, each trial in an order of its own.

    An epoch passes through all samples in a new order. Its last batch is the smaller remainder if the batch size does
    not divide the number of samples; the loss of a batch is divided by its own size. With
    ``descent.steps = steps_of_epochs(N, batch)`` training lasts the single epoch of the paper. Divergence is watched
    on the loss of each batch. The loss reported is that of the whole training set after the last step.

    Parameters
    ----------
    ensemble
        Widths, activation and variances; M_0 and C must be those of the data.
    descent
        Learning rates, steps, momentum.
    data
        x (N, M_0), y (N, C) and the number of samples of a step.
    generators
        One for each trial. Drawn from a copy of it, in this order: student, order of each epoch.
    execution
        Device, dtype and memory; `Execution()` if not given.
    bookkeeping
        Told of the cells that are done; keeps their outcome for a job that is interrupted.

    Raises
    ------
    ValueError
        If there is no trial, or the widths are not those of the data.
    UserError
        If the device is not there, or memory does not suffice for the data and a single cell.

    Examples
    --------
    >>> data = fs.MiniBatches(np.eye(4), np.ones((4, 1)), batch=2)
    >>> ensemble = fs.NetworkEnsemble(fs.get_activation("tanh"), (4, 8, 1), sigma_w2=1.0, sigma_b2=0.0)
    >>> descent = fs.GradientDescent(learning_rates=(0.1, 100.0), steps=40, momentum=0.0)
    >>> grid = fs.train_on_data(ensemble, descent, data, [np.random.default_rng(0)])
    >>> grid.loss.shape, bool(grid.loss[0, 0] < 0.01), grid.diverged[:, 0]
    ((2, 1), True, array([False,  True]))
    """
    execution = execution or Execution()
    expected = (ensemble.widths[0], ensemble.widths[-1])
    if (data.inputs.shape[1], data.targets.shape[1]) != expected:
        raise ValueError(
            f"inputs {data.inputs.shape}, targets {data.targets.shape}: "
            f"must be (N, {expected[0]}) and (N, {expected[1]})"
        )
    problem = _DataSet(ensemble, descent, data, generators, execution)
    return train(problem, descent, execution, bookkeeping or Bookkeeping())


class _DataSet(TrainingProblem):
    def __init__(
        self,
        ensemble: NetworkEnsemble,
        descent: GradientDescent,
        data: MiniBatches,
        generators: Sequence[np.random.Generator],
        execution: Execution,
    ) -> None:
        shape = NetworkShape(ensemble.widths, ensemble.activation, data.batch, descent.momentum)
        shared = execution.numpy_dtype.itemsize * (data.inputs.size + data.targets.size)
        super().__init__(shape, generators, shared, execution)
        self._ensemble, self._batch = ensemble, data.batch
        self._steps_per_epoch = steps_of_epochs(len(data.inputs), data.batch)
        self._steps = descent.steps
        self._inputs, self._targets = self.held(data.inputs), self.held(data.targets)

    def draw(self, rng: np.random.Generator) -> Trial:
        student = self._ensemble.sample(rng)
        order = MiniBatchOrder.draw(rng, len(self._inputs), self._batch, self._steps)
        return Trial(self.start(student), (self.positions(order.samples),))

    def schedule(self, trial: int) -> Schedule:
        (orders,) = self.trial(trial).samples
        offset = np.empty((0, 0), self._inputs.dtype)
        return Schedule(self._inputs, self._targets, offset, orders, self._steps_per_epoch)

    def step_loss(self, networks: BatchedNetwork, trials: Sequence[int], step: int) -> Tensor:
        from fisher_spectra.training.grid.batched_training import stack

        epoch, part = divmod(step, self._steps_per_epoch)
        positions = slice(part * self._batch, (part + 1) * self._batch)
        chosen = stack([self.trial(trial).samples[0][epoch, positions] for trial in trials])
        return networks.loss(self._inputs[chosen], self._targets[chosen])

    def last_loss(self, networks: BatchedNetwork, trials: Sequence[int]) -> Tensor:
        import torch

        from fisher_spectra.training.grid.batched_network import half_mean_square

        total = torch.zeros(len(trials), dtype=torch.float64, device=self._inputs.device)
        for start in range(0, len(self._inputs), self._batch):
            x = self._inputs[start : start + self._batch]
            y = self._targets[start : start + self._batch]
            error = networks.forward(x.expand(len(trials), -1, -1)).sub_(y)
            total += half_mean_square(error).double() * len(x)
        return total / len(self._inputs)
