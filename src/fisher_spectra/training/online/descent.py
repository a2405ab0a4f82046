"""Online gradient descent over all learning rates of one depth in one pass: Hayase, Karakida 2021, Section 5.2.

    theta_{t+1} = theta_t - eta grad [ M^{-1} ||f_theta_t(x(t)) - y(t)||^2 / 2 ],  (37) of 2021,

one sample a step, on networks of constant width M without biases. (The text has the target y(t) inside the argument of
f.) All cells, one for each eta, start from the same weights and see the same samples in the same order.

`train_online` moves all cells together, in the ways of `training.online.cells`.
`train_online_plainly` is the obvious loop, one cell after the other; it is what the former is tested and timed against.

When a cell has diverged. Before each step the loss of its sample is looked at. Once it is above `give_up_loss` or not a
number, the cell is given up and costs no more time. The outputs have second moments of order one, so initially the
loss is of order one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.devices import Execution, is_out_of_memory, usable_memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.training.checkpoints import Checkpoint
from fisher_spectra.training.online.cells import (
    UPDATES_AT_A_TIME,
    Cells,
    DeferredCells,
    DenseCells,
    SharedCells,
    SingleCell,
    descend_cells,
    forward_cells,
    padded,
    shared_steps,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Inspector = Callable[[int, Sequence[Tensor]], None]

METHODS = ("auto", "dense", "deferred", "shared")
GIVE_UP_LOSS = 1000.0  # as the diverged cells of Karakida 2019, Figure 2; neither paper has a number

# On the CPU, up to this width a matrix for each cell is faster: see benchmarks/online_training.py.
_DENSE_WIDTH = 160
# On CUDA, from so many weights of all cells in a layer on, reading them costs more than the additional kernel calls of
# deferred updates: on an H200 dense is 1.4 to 1.8 times as fast with 24 cells at M = 784, with 16 at M = 3072 half as.
_DEFERRED_NUMBERS = 5e7
_EVALUATED_AT_A_TIME = 2048  # samples


class ProgressCounter(Protocol):
    """What training needs of `common.progress.Progress`."""

    def advance(self, units: float = 1, note: str = "") -> None:
        """Record that so many steps of cells are done."""


@dataclass(frozen=True)
class OnlineData:
    """Samples as the networks see them.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """

    inputs: npt.NDArray[np.floating]  # x(n), (N, M)
    labels: IntArray  # classes, (N,)
    label_vectors: npt.NDArray[np.floating]  # y of each class, (C, M), of equal norms: the answer is the largest f . y
    test_inputs: npt.NDArray[np.floating]  # (N', M)
    test_labels: IntArray  # (N',)

    def __post_init__(self) -> None:
        width, classes = self.inputs.shape[-1], len(self.label_vectors)
        shapes = (self.inputs.shape, self.test_inputs.shape, self.label_vectors.shape)
        if any(len(shape) != 2 or shape[0] == 0 or shape[1] != width for shape in shapes):
            raise ValueError(
                f"inputs {shapes[0]}, test_inputs {shapes[1]}, label_vectors {shapes[2]}: "
                "must be (N, M), (N', M) and (C, M), none of them empty"
            )
        for name, labels, inputs in (
            ("labels", self.labels, self.inputs),
            ("test_labels", self.test_labels, self.test_inputs),
        ):
            if labels.shape != (len(inputs),) or not np.all((labels >= 0) & (labels < classes)):
                raise ValueError(
                    f"{name} of shape {labels.shape}: must be {len(inputs)} classes from 0 to {classes - 1}"
                )


@dataclass(frozen=True)
class OnlineDescent:
    """Learning rates and steps.

    Raises
    ------
    ValueError
        If a value is not allowed.
    """

    learning_rates: tuple[float, ...]  # eta of each cell
    order: tuple[int, ...]  # sample of each step; see `epochs_in_order`
    give_up_loss: float = GIVE_UP_LOSS

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(np.isfinite(rate) and rate > 0 for rate in self.learning_rates):
            raise ValueError(f"learning_rates = {self.learning_rates}: at least one, each finite and above 0")
        if not self.order or min(self.order) < 0:
            raise ValueError("order: at least one sample, counted from 0")
        if not self.give_up_loss > 0:
            raise ValueError(f"give_up_loss = {self.give_up_loss}: must be above 0")


def epochs_in_order(samples: int, epochs: int) -> tuple[int, ...]:
    """Order in which `epochs` passes go through the samples, each in the order in which they are given."""
    return tuple(range(samples)) * epochs


@dataclass(frozen=True)
class OnlineOutcome:
    """How the cells ended; one entry for each learning rate.

    Cells that were given up have infinite losses and, as there is no network to ask, accuracies that are not a number.
    """

    learning_rates: FloatArray  # (R,)
    train_loss: FloatArray  # (R,): mean over the samples of ||f - y||^2 / (2 M)
    test_loss: FloatArray  # (R,)
    train_accuracy: FloatArray  # (R,): share of samples whose class has the largest f . y
    test_accuracy: FloatArray  # (R,)
    diverged: npt.NDArray[np.bool_]  # (R,)
    steps: IntArray  # (R,): steps done; less than all if the cell was given up


def train_online(
    weights: Sequence[npt.NDArray[np.floating]],
    activation: Activation,
    data: OnlineData,
    descent: OnlineDescent,
    execution: Execution | None = None,
    method: str = "auto",
    inspect: Inspector | None = None,
    progress: ProgressCounter | None = None,
    checkpoint: Checkpoint | None = None,
) -> OnlineOutcome:
    """Train all cells together and evaluate them.

    Parameters
    ----------
    weights
        Common initial W_1 .. W_L, each (M, M).
    activation
        phi of the hidden layers.
    data, descent
        Samples; learning rates and order.
    execution
        Device, dtype and memory; the default is `Execution()`. `cells_per_batch` and the memory bound the number of
        cells that are trained together; the result does not depend on it.
    method
        ``dense``: `DenseCells`; ``deferred``: `DeferredCells`; ``shared``: `SharedCells` for the first steps, then each
        cell alone as a `SingleCell`; ``auto``: on the CPU dense for small widths, else shared; on CUDA dense for few
        weights in all, else deferred.
    inspect
        Called for each cell that did not diverge with the position of its learning rate and W_1 .. W_L at the end,
        tensors on the device that must not be changed or kept.
    progress
        Told of every step of every cell.
    checkpoint
        Keeps cells that are done; what it knows from earlier work is neither trained nor inspected again.

    Raises
    ------
    ValueError
        If shapes do not fit, or the method is another one.
    UserError
        If the device is not there, or the memory does not suffice for a single cell.
    """
    execution = execution or Execution()
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(METHODS)}")
    problem = _Problem(weights, activation, data, descent, execution)
    if method == "auto":
        method = _fastest(problem.device, problem.width, len(descent.learning_rates))
    outcome = _Outcome(problem, inspect, checkpoint)
    if progress is not None and outcome.done.any():
        progress.advance(int(outcome.steps.sum()))
    size = _cells_at_a_time(problem, execution, method)
    while not outcome.done.all():
        batch = np.flatnonzero(~outcome.done)[:size].tolist()
        try:
            _train_batch(problem, batch, method, outcome, progress)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if len(batch) == 1:
                raise UserError(
                    f"memory: {problem.device.type} has not enough left to train one network of {problem.depth} layers "
                    f"of width {problem.width}; take a smaller width or depth"
                ) from error
            size = len(batch) // 2
        else:
            continue
        # Outside of the handler: the traceback of the error holds the tensors of the batch that did not fit.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return outcome.finished()


def _fastest(device: torch.device, width: int, cells: int) -> str:
    if device.type == "cuda":
        return "deferred" if cells * width**2 >= _DEFERRED_NUMBERS else "dense"
    return "dense" if width <= _DENSE_WIDTH else "shared"


def _cells_at_a_time(problem: _Problem, execution: Execution, method: str) -> int:
    memory = usable_memory(problem.device) if execution.memory_limit is None else execution.memory_limit
    matrix = problem.width**2
    # The final matrices of the cell that is evaluated, beside the initial ones, which are there already.
    common = problem.depth * matrix
    if method == "shared":
        common += problem.depth * matrix  # the initial ones transposed
        numbers = 2 * problem.depth * shared_steps(problem.width, len(problem.descent.order)) * problem.width
    else:
        numbers = problem.depth * matrix
        if method == "deferred":
            numbers += 2 * problem.depth * UPDATES_AT_A_TIME * problem.width
    # Inputs, slopes and errors of all layers, and the outputs of an evaluation.
    numbers += 4 * problem.depth * problem.width
    itemsize = problem.dtype.itemsize
    evaluation = 4 * _EVALUATED_AT_A_TIME * problem.width
    fitting: int = max((memory - itemsize * (common + evaluation)) // (itemsize * numbers), 1)
    return fitting if execution.cells_per_batch is None else min(fitting, execution.cells_per_batch)


class _Problem:
    """Initial weights and samples on the device."""

    def __init__(
        self,
        weights: Sequence[npt.NDArray[np.floating]],
        activation: Activation,
        data: OnlineData,
        descent: OnlineDescent,
        execution: Execution,
    ) -> None:
        self.width = data.inputs.shape[1]
        if not weights or any(weight.shape != (self.width, self.width) for weight in weights):
            shapes = sorted({weight.shape for weight in weights})
            raise ValueError(
                f"weights of shapes {shapes}: at least one, all ({self.width}, {self.width}) as the inputs"
            )
        if max(descent.order) >= len(data.inputs):
            raise ValueError(f"order: sample {max(descent.order)} is asked for, there are {len(data.inputs)}")
        self.device, self.dtype = execution.torch_device, execution.torch_dtype
        self.activation, self.descent, self.depth = activation, descent, len(weights)
        samples = len(data.inputs) + len(data.test_inputs)
        execution.require(
            self.dtype.itemsize * self.width * (self.depth * self.width + samples),
            f"online training of {self.depth} layers of width {self.width}",
        )
        self.weights = [self._tensor(weight) for weight in weights]
        self.vectors = self._tensor(data.label_vectors)
        self.train = self._tensor(data.inputs), torch.from_numpy(data.labels).to(self.device)
        self.test = self._tensor(data.test_inputs), torch.from_numpy(data.test_labels).to(self.device)
        self.rates = np.array(descent.learning_rates)

    def _tensor(self, values: npt.NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device=self.device, dtype=self.dtype)

    def sample(self, step: int) -> tuple[Tensor, Tensor]:
        """x(t) and y(t), each (M,)."""
        inputs, labels = self.train
        index = self.descent.order[step]
        return inputs[index], self.vectors[labels[index]]

    def scaled_rates(self, cells: Sequence[int], rows: int) -> Tensor:
        """eta / M of each row, as a column."""
        return self._tensor(self.rates[padded(cells, rows)][:, None] / self.width)

    def evaluate(self, weights: Sequence[Tensor], samples: tuple[Tensor, Tensor]) -> tuple[float, float]:
        """Loss and accuracy of one network on `samples`."""
        inputs, labels = samples
        squares, right = 0.0, 0
        for start in range(0, len(inputs), _EVALUATED_AT_A_TIME):
            h, classes = inputs[start : start + _EVALUATED_AT_A_TIME], labels[start : start + _EVALUATED_AT_A_TIME]
            for weight in weights[:-1]:
                h = self.activation(h @ weight.T)
            outputs = h @ weights[-1].T
            right += int(torch.sum(torch.argmax(outputs @ self.vectors.T, dim=1) == classes))
            squares += float((outputs - self.vectors[classes]).double().square().sum())
        return squares / (2 * self.width * len(inputs)), right / len(inputs)


class _Outcome:
    """The outcome while it is being filled."""

    def __init__(self, problem: _Problem, inspect: Inspector | None, checkpoint: Checkpoint | None = None) -> None:
        count = len(problem.rates)
        self._problem, self._inspect, self._checkpoint = problem, inspect, checkpoint
        self._results = np.full((count, 4), [np.inf, np.inf, np.nan, np.nan])
        self.steps = np.zeros(count, dtype=np.int64)
        self._diverged = np.zeros(count, dtype=bool)
        self.done = np.zeros(count, dtype=bool)
        if checkpoint is not None:
            checkpoint.restore(**self._arrays())

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {"results": self._results, "steps": self.steps, "diverged": self._diverged, "done": self.done}

    def _end(self, cell: int, steps: int) -> None:
        self.steps[cell], self.done[cell] = steps, True
        if self._checkpoint is not None:
            self._checkpoint.save(**self._arrays())

    def give_up(self, cell: int, steps: int) -> None:
        self._diverged[cell] = True
        self._end(cell, steps)

    def finish(self, cell: int, weights: Sequence[Tensor]) -> None:
        """Evaluate a cell that has done all steps."""
        train, test = (self._problem.evaluate(weights, part) for part in (self._problem.train, self._problem.test))
        if np.isfinite(train[0]) and np.isfinite(test[0]):
            self._results[cell] = train[0], test[0], train[1], test[1]
            if self._inspect is not None:
                self._inspect(cell, weights)
        else:
            self._diverged[cell] = True
        self._end(cell, len(self._problem.descent.order))

    def finished(self) -> OnlineOutcome:
        train_loss, test_loss, train_accuracy, test_accuracy = self._results.T.copy()
        return OnlineOutcome(
            self._problem.rates, train_loss, test_loss, train_accuracy, test_accuracy, self._diverged, self.steps
        )


@torch.inference_mode()
def _train_batch(
    problem: _Problem, batch: Sequence[int], method: str, outcome: _Outcome, progress: ProgressCounter | None
) -> None:
    """Train the cells `batch`, positions of learning rates, from the start."""
    steps = len(problem.descent.order)
    together = shared_steps(problem.width, steps) if method == "shared" else steps
    cells: Cells
    if method == "dense":
        cells = DenseCells(problem.weights, len(batch))
    elif method == "deferred":
        cells = DeferredCells(problem.weights, len(batch))
    else:
        cells = SharedCells(problem.weights, len(batch), together)
    alive = _train_cells(problem, cells, batch, range(together), outcome, progress)
    for position, cell in enumerate(alive):
        weights = [cells.weight(layer, position) for layer in range(problem.depth)]
        if together < steps:
            single = SingleCell(weights)
            if not _train_cells(problem, single, [cell], range(together, steps), outcome, progress):
                continue
            weights = [single.weight(layer, 0) for layer in range(problem.depth)]
        outcome.finish(cell, weights)


def _train_cells(
    problem: _Problem,
    cells: Cells,
    batch: Sequence[int],
    steps: range,
    outcome: _Outcome,
    progress: ProgressCounter | None,
) -> list[int]:
    """Take some steps with `cells`, which are those of `batch`; returns those that have not diverged."""
    alive = list(batch)
    rates = problem.scaled_rates(alive, cells.rows)
    for step in steps:
        passed = forward_cells(cells, problem.activation, *problem.sample(step))
        squares = torch.linalg.vecdot(passed.error, passed.error)[: cells.count]
        losses = squares.double().cpu().numpy() / (2 * problem.width)
        hopeful = losses <= problem.descent.give_up_loss  # false for what is not a number
        if not hopeful.all():
            for position in np.flatnonzero(~hopeful).tolist():
                outcome.give_up(alive[position], step)
            kept = np.flatnonzero(hopeful).tolist()
            alive = [alive[position] for position in kept]
            if not alive:
                break
            cells.keep(kept)
            passed = passed.of(kept, cells.rows)
            rates = problem.scaled_rates(alive, cells.rows)
        descend_cells(cells, passed, rates)
        if progress is not None:
            progress.advance(len(alive))
    return alive


@torch.inference_mode()
def train_online_plainly(
    weights: Sequence[npt.NDArray[np.floating]],
    activation: Activation,
    data: OnlineData,
    descent: OnlineDescent,
    execution: Execution | None = None,
    inspect: Inspector | None = None,
) -> OnlineOutcome:
    """The same by one cell after the other, with matrix-vector products and updates in place."""
    problem = _Problem(weights, activation, data, descent, execution or Execution())
    outcome = _Outcome(problem, inspect)
    for cell, rate in enumerate(descent.learning_rates):
        moved = [weight.clone() for weight in problem.weights]
        for step in range(len(descent.order)):
            x, y = problem.sample(step)
            inputs, slopes = [x], []
            for weight in moved[:-1]:
                u = weight @ inputs[-1]
                inputs.append(activation(u))
                slopes.append(activation.derivative(u))
            error = moved[-1] @ inputs[-1] - y
            if not float(error @ error) / (2 * problem.width) <= descent.give_up_loss:
                outcome.give_up(cell, step)
                break
            delta = error
            for layer in range(problem.depth - 1, -1, -1):
                back = (moved[layer].T @ delta) * slopes[layer - 1] if layer else delta
                moved[layer].addr_(delta, inputs[layer], alpha=-rate / problem.width)
                delta = back
        else:
            outcome.finish(cell, moved)
    return outcome.finished()
