"""Gradient descent with momentum over a grid of learning rates and trials: Karakida, Akaho, Amari 2019, Section 4.2.

All cells of a trial share samples and initial parameters and differ in the learning rate alone. Random numbers are
drawn on the CPU in double precision, so that dtype and device change nothing but rounding.

When a cell has diverged. Its loss is looked at before every step and after the last one. It has diverged if the last
loss is above `divergence_loss` (1000 in the paper) or not a number: the end counts, as in the paper, because
networks with bounded units rise to 10^7 and return. A cell is given up, and costs no more time, once its loss is
above `give_up_loss` or not finite; by default that is where no return was ever seen, see `hopeless_loss`. The loss of a
cell that was given up is reported as infinity, so that the mean over its trials is infinite as well.

On the CPU a cell takes all its steps in one compiled loop (`training.grid.compiled_descent`) where Numba is installed
and the loop knows all activations; all else is done by `training.grid.batched_network`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.activations.compiled_codes import coded
from fisher_spectra.common.compiled import can_compile
from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.fully_connected import RandomNetwork, sample_network
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.batched_network import BatchedNetwork, NetworkShape, Parameters
from fisher_spectra.training.grid.compiled_schedule import Schedule
from fisher_spectra.training.hopeless_loss import hopeless_loss
from fisher_spectra.training.memory import train_within_memory

if TYPE_CHECKING:
    from fisher_spectra.training.grid.compiled_descent import CompiledDescent

FloatArray = npt.NDArray[np.float64]
Loss = Literal["half_sum", "mse", "cross_entropy"]

DIVERGENCE_LOSS = 1000.0  # Karakida 2019, caption of Figure 2


@dataclass(frozen=True)
class NetworkEnsemble:
    """Distribution of the initial parameters: Karakida 2019, (8).

    Parameters
    ----------
    activation
        phi of the hidden layers; the output is linear.
    widths
        (M_0, M_1, .., M_{L-1}, C).
    sigma_w2, sigma_b2
        Variances of weights (times the width below) and biases.

    Examples
    --------
    >>> ensemble = fs.NetworkEnsemble(fs.get_activation("tanh"), (10, 20, 1), sigma_w2=3.0, sigma_b2=0.64)
    >>> ensemble.sample(np.random.default_rng(0)).n_parameters()
    241
    """

    activation: Activation
    widths: tuple[int, ...]
    sigma_w2: float
    sigma_b2: float

    def sample(self, rng: np.random.Generator) -> RandomNetwork:
        """One network, in double precision."""
        return sample_network(rng, self.widths, self.activation, self.sigma_w2, self.sigma_b2)


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent with momentum, Karakida 2019, (21), on E = (1/2T) sum ||y - f||^2, with a grid of rates.

    Parameters
    ----------
    learning_rates
        eta of each row of the grid.
    steps
        Number of steps.
    momentum
        mu, at least 0 and below 1.
    divergence_loss
        A cell whose last loss is above has diverged.
    give_up_loss
        A cell whose loss is above is not trained any further; `hopeless_loss` if not given.

    Raises
    ------
    ValueError
        If one of them is not allowed.

    Examples
    --------
    >>> descent = fs.GradientDescent(learning_rates=(0.01, 0.1), steps=100, momentum=0.9)
    >>> descent.divergence_loss, f"{descent.hopeless:.1e}"
    (1000.0, '3.8e+11')
    """

    learning_rates: tuple[float, ...]
    steps: int
    momentum: float
    divergence_loss: float = DIVERGENCE_LOSS
    give_up_loss: float | None = None

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(np.isfinite(rate) and rate > 0 for rate in self.learning_rates):
            raise ValueError(f"learning_rates = {self.learning_rates}: at least one, each finite and above 0")
        if self.steps < 1:
            raise ValueError(f"steps = {self.steps}: must be at least 1")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum = {self.momentum}: must be at least 0 and below 1")
        if not self.divergence_loss > 0:
            raise ValueError(f"divergence_loss = {self.divergence_loss}: must be above 0")
        if self.give_up_loss is not None and not self.give_up_loss >= self.divergence_loss:
            raise ValueError(
                f"give_up_loss = {self.give_up_loss}: must not be below divergence_loss = {self.divergence_loss}"
            )

    @property
    def hopeless(self) -> float:
        """The loss above which a cell is given up."""
        if self.give_up_loss is not None:
            return self.give_up_loss
        return hopeless_loss(self.divergence_loss, self.momentum, self.steps)


@dataclass(frozen=True)
class TrainingGrid:
    """Outcome of every cell; rows are learning rates, columns are trials."""

    learning_rates: FloatArray  # (n_rates,)
    loss: FloatArray  # (n_rates, n_trials): E after the last step; inf if the cell was given up
    diverged: npt.NDArray[np.bool_]  # (n_rates, n_trials)
    # (n_rates, n_trials): number of steps after which the loss rose above divergence_loss for good; -1 if it did not
    step_of_divergence: npt.NDArray[np.int64]

    @property
    def diverged_fraction(self) -> FloatArray:
        """Share of the trials that diverged, (n_rates,)."""
        share: FloatArray = self.diverged.mean(axis=1)
        return share


@dataclass(frozen=True)
class Trial:
    """What the cells of a trial share, on the device."""

    start: Parameters  # as `BatchedNetwork` takes it
    samples: tuple[Tensor, ...]  # as the problem defines it


class TrainingProblem(ABC):
    """What the cells of a grid are trained on. Trials are drawn when they are needed, and held until they are not.

    Parameters
    ----------
    shape
        What all networks have in common.
    generators
        One for each trial.
    data
        Bytes that the samples all trials share take on the device.
    execution
        Device, dtype and memory.

    Raises
    ------
    ValueError
        If there is no trial.
    UserError
        If the device is not there, or `data`, a trial and a cell do not fit.
    """

    loss: Loss = "half_sum"
    moves_biases = True

    def __init__(
        self, shape: NetworkShape, generators: Sequence[np.random.Generator], data: int, execution: Execution
    ) -> None:
        if not generators:
            raise ValueError("generators: one for each trial, at least one")
        self.shape = shape
        self._dtype, self._device = execution.torch_dtype, execution.torch_device
        self._generators = generators
        self._trials: dict[int, Trial] = {}
        # A trial holds initial parameters and samples, and is no larger than a cell, which holds both and more.
        needed = data + 2 * shape.bytes_per_cell(self._dtype)
        execution.require(needed, f"training of networks with the widths {shape.widths}")

    @property
    def activations(self) -> Sequence[Activation]:
        """phi_1 .. phi_{L-1}."""
        return (self.shape.activation,) * (self.shape.depth - 1)

    @property
    def n_trials(self) -> int:
        """Number of trials."""
        return len(self._generators)

    def trial(self, number: int) -> Trial:
        """A trial, drawn on first use from a copy of its generator: if memory runs out meanwhile, it is drawn again."""
        if number not in self._trials:
            self._trials[number] = self.draw(deepcopy(self._generators[number]))
        return self._trials[number]

    def forget_before(self, number: int) -> None:
        """Free what is held for the trials before this one: they are done."""
        self._trials = {trial: held for trial, held in self._trials.items() if trial >= number}

    def tensor(self, values: npt.NDArray[Any]) -> Tensor:
        """Floating point values on the device.

        A copy: numpy's memory is not always aligned as PyTorch's is, and kernels may round differently then.
        """
        return torch.tensor(values, device=self._device, dtype=self._dtype)

    def start(self, student: RandomNetwork) -> Parameters:
        """Initial parameters that `BatchedNetwork` takes."""
        first = 1 if self.shape.in_span else 0
        pairs = zip(student.weights[first:], student.biases[first:], strict=True)
        return [(self.tensor(weight), self.tensor(bias)) for weight, bias in pairs]

    def networks(self, trials: Sequence[int], learning_rates: FloatArray) -> BatchedNetwork:
        """Networks at the start of `trials`."""
        return BatchedNetwork(self.shape, [self.trial(k).start for k in trials], self.tensor(learning_rates))

    @abstractmethod
    def schedule(self, trial: int) -> Schedule:
        """The samples of a trial for a compiled loop, which shares their memory; on the CPU only."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Trial:
        """A trial from its generator."""

    @abstractmethod
    def step_loss(self, networks: BatchedNetwork, trials: Sequence[int], step: int) -> Tensor:
        """Loss (n,) on the samples of a step, by `networks.loss`, so that `networks.descend` can follow."""

    @abstractmethod
    def last_loss(self, networks: BatchedNetwork, trials: Sequence[int]) -> Tensor:
        """Loss (n,) after the last step."""


def stack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors along a new first axis; without a copy if there is only one."""
    return tensors[0].unsqueeze(0) if len(tensors) == 1 else torch.stack(list(tensors))


def train(
    problem: TrainingProblem, descent: GradientDescent, execution: Execution, bookkeeping: Bookkeeping
) -> TrainingGrid:
    """Train every cell of the grid, as many side by side as `execution` allows.

    If memory runs out, the cells of that batch start again in batches of half the size. Cells that the checkpoint knows
    are not trained again.

    Raises
    ------
    UserError
        If memory does not suffice for a single cell.
    """
    outcome = _Outcome(descent, problem.n_trials)
    loop = _compiled_loop(problem, descent, execution)
    waiting = [(rate, trial) for trial in range(problem.n_trials) for rate in range(len(descent.learning_rates))]
    checkpoint = bookkeeping.checkpoint
    if checkpoint is not None and checkpoint.restore(**outcome.arrays):
        del waiting[: int(outcome.done)]
        bookkeeping.advance(int(outcome.done))

    def train_cells(cells: Sequence[tuple[int, int]]) -> None:
        if loop is None:
            _train_batch(problem, descent, cells, outcome)
        else:
            for rate, trial in cells:
                start = [values.numpy() for pair in problem.trial(trial).start for values in pair]
                schedule = problem.schedule(trial)
                outcome.loss[rate, trial], outcome.step[rate, trial] = loop.train(start, schedule, outcome.rates[rate])
        del waiting[: len(cells)]
        problem.forget_before(waiting[0][1] if waiting else problem.n_trials)
        outcome.done += len(cells)
        if checkpoint is not None:
            checkpoint.save(**outcome.arrays)
        bookkeeping.advance(len(cells))

    train_within_memory(
        lambda: waiting,
        execution.cells_per_kernel(problem.shape.bytes_per_cell(execution.torch_dtype)),
        train_cells,
        f"memory: {execution.torch_device.type} has not enough left to train one network with the widths "
        f"{problem.shape.widths}; take a smaller width, batch or data set",
        release=lambda cells: problem.forget_before(cells[0][1]),
    )
    return outcome.grid()


def _compiled_loop(problem: TrainingProblem, descent: GradientDescent, execution: Execution) -> CompiledDescent | None:
    """What trains one cell after another on the CPU; None where `BatchedNetwork` has to."""
    if execution.torch_device.type != "cpu" or not can_compile():
        return None
    from fisher_spectra.training.grid import compiled_descent

    codes = [coded(activation, execution.dtype) for activation in problem.activations]
    known = [code for code in codes if code is not None]
    if len(known) < len(codes):
        return None
    shape = problem.shape
    plan = compiled_descent.layout(shape.widths, shape.batch, shape.in_span)
    limits = descent.steps, descent.momentum, descent.divergence_loss, descent.hopeless
    course = compiled_descent.Course(*limits, compiled_descent.LOSSES[problem.loss], problem.moves_biases)
    return compiled_descent.CompiledDescent(plan, course, known, execution.dtype)


class _Outcome:
    """The grid while it is being filled."""

    def __init__(self, descent: GradientDescent, trials: int) -> None:
        self.rates = np.array(descent.learning_rates)
        self.loss = np.full((len(self.rates), trials), np.inf)
        self.step = np.full((len(self.rates), trials), -1, dtype=np.int64)
        self.done = np.zeros((), dtype=np.int64)  # cells, in the order in which they are trained

    @property
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What a checkpoint keeps."""
        return {"done": self.done, "loss": self.loss, "step": self.step}

    def grid(self) -> TrainingGrid:
        return TrainingGrid(self.rates, self.loss, self.step >= 0, self.step)


@torch.inference_mode()
def _train_batch(
    problem: TrainingProblem, descent: GradientDescent, cells: Sequence[tuple[int, int]], outcome: _Outcome
) -> None:
    """Train `cells`, each a pair (rate, trial), and enter how they ended."""
    alive = np.array(cells)
    trials = [trial for _, trial in cells]
    networks = problem.networks(trials, outcome.rates[alive[:, 0]])
    above_since = np.full(len(cells), -1, dtype=np.int64)
    for step in range(descent.steps + 1):
        last = step == descent.steps
        losses = problem.last_loss(networks, trials) if last else problem.step_loss(networks, trials, step)
        loss = losses.double().cpu().numpy()
        # Both are written so that a loss that is not a number counts as too large.
        above = ~(loss <= descent.divergence_loss)
        given_up = ~(loss <= descent.hopeless) | np.isinf(loss)
        above_since = np.where(above, np.where(above_since < 0, step, above_since), -1)
        rates_and_trials = tuple(alive.T)
        outcome.step[rates_and_trials] = above_since
        outcome.loss[rates_and_trials] = np.where(np.isfinite(loss), loss, np.inf) if last else np.inf
        if last or given_up.all():
            return
        networks.descend()
        if given_up.any():
            kept = np.flatnonzero(~given_up)
            networks.keep(kept.tolist())
            alive, above_since = alive[kept], above_since[kept]
            trials = [trials[cell] for cell in kept]
