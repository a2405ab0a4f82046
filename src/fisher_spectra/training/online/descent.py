"""Online gradient descent over all learning rates of one depth in one pass: Hayase, Karakida 2021, Section 5.2.

    theta_{t+1} = theta_t - eta grad [ M^{-1} ||f_theta_t(x(t)) - y(t)||^2 / 2 ],  (37) of 2021,

one sample a step, on networks of constant width M without biases. (The text has the target y(t) inside the argument of
f.) All cells, one for each eta, start from the same weights and see the same samples in the same order.

All cells move together, in the ways of `training.online.cells`.

When a cell has diverged. Before each step the loss of its sample is looked at. Once it is above `give_up_loss` or not a
number, the cell is given up and costs no more time. The outputs have second moments of order one, so initially the
loss is of order one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.devices import Execution, usable_memory
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.limits import DENSE_WIDTH, EVALUATED_AT_A_TIME, UPDATES_AT_A_TIME, shared_steps
from fisher_spectra.training.memory import train_within_memory
from fisher_spectra.training.online.cells import (
    Cells,
    DeferredCells,
    DenseCells,
    SharedCells,
    SingleCell,
    descend_cells,
    forward_cells,
)
from fisher_spectra.training.online.outcome import Inspector, OnlineOutcome, OutcomeRecord
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, OnlineProblem

METHODS = ("auto", "dense", "deferred", "shared")

# On CUDA, from so many weights of all cells in a layer on, reading them costs more than the additional kernel calls of
# deferred updates: on an H200 dense is 1.4 to 1.8 times as fast with 24 cells at M = 784, with 16 at M = 3072 half as.
_DEFERRED_NUMBERS = 5e7


def train_online(
    weights: Sequence[npt.NDArray[np.floating]],
    activation: Activation,
    data: OnlineData,
    descent: OnlineDescent,
    execution: Execution | None = None,
    method: str = "auto",
    *,
    inspect: Inspector | None = None,
    bookkeeping: Bookkeeping | None = None,
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
    bookkeeping
        Told of every step of every cell; keeps cells that are done: what it knows from earlier work is neither trained
        nor inspected again.

    Raises
    ------
    ValueError
        If shapes do not fit, or the method is another one.
    UserError
        If the device is not there, or the memory does not suffice for a single cell.

    Examples
    --------
    >>> data = fs.online_data(np.random.default_rng(0), fs.load_named_dataset("digits"), samples=50)
    >>> weights = fs.initial_weights(np.random.default_rng(1), width=64, depth=3)
    >>> descent = fs.OnlineDescent(learning_rates=(0.1, 100.0), order=fs.epochs_in_order(samples=50, epochs=1))
    >>> found = fs.train_online(weights, fs.get_activation("hard_tanh(s=0.125,g=1)"), data, descent)
    >>> found.diverged, bool(found.train_accuracy[0] > 0.5)
    (array([False,  True]), True)
    """
    execution, bookkeeping = execution or Execution(), bookkeeping or Bookkeeping()
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(METHODS)}")
    problem = OnlineProblem(weights, activation, data, descent, execution)
    way = _fastest(problem.device, problem.width, len(descent.learning_rates)) if method == "auto" else method
    record = OutcomeRecord(problem, inspect, bookkeeping.checkpoint)
    if record.done.any():
        bookkeeping.advance(int(record.steps.sum()))
    train_within_memory(
        lambda: np.flatnonzero(~record.done).tolist(),
        _cells_at_a_time(problem, execution, way),
        lambda batch: _train_batch(problem, batch, way, record, bookkeeping),
        f"memory: {problem.device.type} has not enough left to train one network of {problem.depth} layers "
        f"of width {problem.width}; take a smaller width or depth",
    )
    return record.finished()


def _fastest(device: torch.device, width: int, cells: int) -> str:
    if device.type == "cuda":
        return "deferred" if cells * width**2 >= _DEFERRED_NUMBERS else "dense"
    return "dense" if width <= DENSE_WIDTH else "shared"


def _cells_at_a_time(problem: OnlineProblem, execution: Execution, method: str) -> int:
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
    evaluation = 4 * EVALUATED_AT_A_TIME * problem.width
    fitting: int = max((memory - itemsize * (common + evaluation)) // (itemsize * numbers), 1)
    return fitting if execution.cells_per_batch is None else min(fitting, execution.cells_per_batch)


@torch.inference_mode()
def _train_batch(
    problem: OnlineProblem, batch: Sequence[int], method: str, record: OutcomeRecord, bookkeeping: Bookkeeping
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
    alive = _train_cells(problem, cells, batch, range(together), record, bookkeeping)
    for position, cell in enumerate(alive):
        weights = [cells.weight(layer, position) for layer in range(problem.depth)]
        if together < steps:
            single = SingleCell(weights)
            if not _train_cells(problem, single, [cell], range(together, steps), record, bookkeeping):
                continue
            weights = [single.weight(layer, 0) for layer in range(problem.depth)]
        record.finish(cell, weights)


def _train_cells(
    problem: OnlineProblem,
    cells: Cells,
    batch: Sequence[int],
    steps: range,
    record: OutcomeRecord,
    bookkeeping: Bookkeeping,
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
                record.give_up(alive[position], step)
            kept = np.flatnonzero(hopeful).tolist()
            alive = [alive[position] for position in kept]
            if not alive:
                break
            cells.keep(kept)
            passed = passed.of(kept, cells.rows)
            rates = problem.scaled_rates(alive, cells.rows)
        descend_cells(cells, passed, rates)
        bookkeeping.advance(len(alive))
    return alive
