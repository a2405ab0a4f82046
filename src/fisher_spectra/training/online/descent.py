"""Online gradient descent over all learning rates of one depth in one pass: Hayase, Karakida 2021, Section 5.2.

    theta_{t+1} = theta_t - eta grad [ M^{-1} ||f_theta_t(x(t)) - y(t)||^2 / 2 ],  (37) of 2021,

one sample a step, on networks of constant width M without biases. (The text has the target y(t) inside the argument of
f.) All cells, one for each eta, start from the same weights and see the same samples in the same order.

On the CPU a cell takes all its steps alone, in a compiled loop (`training.online.compiled_cell`), or cells that are
wide and see few samples move together (`training.online.projected_cells`); on a GPU all cells do, in the ways of
`training.online.cells`.

When a cell has diverged. Before each step the loss of its sample is looked at. Once it is above `give_up_loss` or not a
number, the cell is given up and costs no more time. The outputs have second moments of order one, so initially the
loss is of order one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.compiled import can_compile
from fisher_spectra.common.devices import Execution, usable_memory
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.limits import (
    EVALUATED_AT_A_TIME,
    PROJECTED_TOGETHER,
    UPDATES_AT_A_TIME,
    projected_numbers,
    takes_few_directions,
)
from fisher_spectra.training.memory import train_within_memory
from fisher_spectra.training.online.cells import (
    Cells,
    DeferredCells,
    DenseCells,
    descend_cells,
    forward_cells,
)
from fisher_spectra.training.online.outcome import Inspector, OnlineOutcome, OutcomeRecord
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, OnlineProblem

if TYPE_CHECKING:
    from fisher_spectra.activations.compiled_codes import Coded

METHODS = ("auto", "compiled", "projected", "dense", "deferred")

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
        ``compiled``: cells one after another, each in a compiled loop, on the CPU; ``projected``: `ProjectedCells`, on
        the CPU; ``dense``: `DenseCells`; ``deferred``: `DeferredCells`; ``auto``: on the CPU, where Numba is installed,
        projected for widths that are many times the number of samples, else compiled where it knows the activation,
        else dense; on CUDA dense for few weights in all, else deferred.
    inspect
        Called for each cell that did not diverge with the position of its learning rate and W_1 .. W_L at the end,
        tensors on the device that must not be changed or kept.
    bookkeeping
        Told of every step of every cell; keeps cells that are done: what it knows from earlier work is neither trained
        nor inspected again.

    Raises
    ------
    ValueError
        If shapes do not fit, the method is another one, or there are no compiled loops for it on this device and, with
        ``compiled``, for this activation.
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
    code = _coded(problem)
    if method == "compiled" and code is None:
        raise ValueError(f"method = 'compiled': no loop for {activation.spec} on {problem.device.type}, or no Numba")
    if method == "projected" and not _has_loops(problem):
        raise ValueError(f"method = 'projected': no loops on {problem.device.type}, or no Numba")
    way = _fastest(problem, code is not None) if method == "auto" else method
    record = OutcomeRecord(problem, inspect, bookkeeping.checkpoint)
    if record.done.any():
        bookkeeping.advance(int(record.steps.sum()))
    train_within_memory(
        lambda: np.flatnonzero(~record.done).tolist(),
        _cells_at_a_time(problem, execution, way),
        lambda batch: (
            _train_compiled(problem, batch, code, record, bookkeeping)
            if way == "compiled" and code is not None
            else _train_batch(problem, batch, way, record, bookkeeping)
        ),
        f"memory: {problem.device.type} has not enough left to train one network of {problem.depth} layers "
        f"of width {problem.width}; take a smaller width or depth",
    )
    return record.finished()


def _has_loops(problem: OnlineProblem) -> bool:
    return problem.device.type == "cpu" and can_compile()


def _coded(problem: OnlineProblem) -> Coded | None:
    """The activation for the compiled loop; None where that cannot be used."""
    if not _has_loops(problem):
        return None
    from fisher_spectra.activations.compiled_codes import coded

    return coded(problem.activation, problem.vectors.numpy().dtype)


def _fastest(problem: OnlineProblem, compiled: bool) -> str:
    if _has_loops(problem):
        sizes = problem.width, problem.depth, problem.distinct_samples, problem.dtype.itemsize
        if takes_few_directions(*sizes):
            return "projected"
    if compiled:
        return "compiled"
    cells = len(problem.descent.learning_rates)
    deferred = problem.device.type == "cuda" and cells * problem.width**2 >= _DEFERRED_NUMBERS
    return "deferred" if deferred else "dense"


def _cells_at_a_time(problem: OnlineProblem, execution: Execution, method: str) -> int:
    if method == "compiled":
        return 1
    memory = usable_memory(problem.device) if execution.memory_limit is None else execution.memory_limit
    matrices = problem.depth * problem.width**2
    # Inputs, slopes and errors of all layers, and the outputs of an evaluation.
    numbers = matrices + 4 * problem.depth * problem.width
    if method == "deferred":
        numbers += 2 * problem.depth * UPDATES_AT_A_TIME * problem.width
    if method == "projected":
        steps = len(problem.descent.order)
        numbers = projected_numbers(problem.width, problem.depth, problem.distinct_samples, steps)
    # Beside the initial matrices, which are there already, those of the cell that is evaluated.
    common = matrices + 4 * EVALUATED_AT_A_TIME * problem.width
    itemsize = problem.dtype.itemsize
    fitting: int = max((memory - itemsize * common) // (itemsize * numbers), 1)
    if method == "projected":
        fitting = min(fitting, PROJECTED_TOGETHER)
    return fitting if execution.cells_per_batch is None else min(fitting, execution.cells_per_batch)


def _train_compiled(
    problem: OnlineProblem, batch: Sequence[int], code: Coded, record: OutcomeRecord, bookkeeping: Bookkeeping
) -> None:
    """Train the cells `batch`, positions of learning rates, one after another."""
    from fisher_spectra.training.online.compiled_cell import Samples, train_cell

    inputs, labels = (values.numpy() for values in problem.train)
    samples = Samples(inputs, problem.vectors.numpy()[labels], np.array(problem.descent.order))
    for cell in batch:
        weights = torch.stack(problem.weights)
        done = train_cell(
            weights.numpy(), samples, code, problem.rates[cell], problem.descent.give_up_loss, bookkeeping.advance
        )
        if done < len(problem.descent.order):
            record.give_up(cell, done)
        else:
            record.finish(cell, weights.unbind())


@torch.inference_mode()
def _train_batch(
    problem: OnlineProblem, batch: Sequence[int], method: str, record: OutcomeRecord, bookkeeping: Bookkeeping
) -> None:
    """Train the cells `batch`, positions of learning rates, from the start."""
    cells = _kind(method)(problem.weights, len(batch))
    alive = _train_cells(problem, cells, batch, record, bookkeeping)
    for position, cell in enumerate(alive):
        record.finish(cell, [cells.weight(layer, position) for layer in range(problem.depth)])


def _kind(method: str) -> Callable[[Sequence[torch.Tensor], int], Cells]:
    if method == "projected":
        from fisher_spectra.training.online.projected_cells import ProjectedCells  # Numba

        return ProjectedCells
    return DeferredCells if method == "deferred" else DenseCells


def _train_cells(
    problem: OnlineProblem,
    cells: Cells,
    batch: Sequence[int],
    record: OutcomeRecord,
    bookkeeping: Bookkeeping,
) -> list[int]:
    """Take all steps with `cells`, which are those of `batch`; returns those that have not diverged."""
    alive = list(batch)
    rates = problem.scaled_rates(alive, cells.rows)
    for step in range(len(problem.descent.order)):
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
