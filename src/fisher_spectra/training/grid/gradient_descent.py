"""Gradient descent with momentum over a grid of learning rates and trials: Karakida, Akaho, Amari 2019, Section 4.2.

All cells of a trial share samples and initial parameters and differ in the learning rate alone. Random numbers are
drawn on the CPU in double precision, so that dtype and device change nothing but rounding.

When a cell has diverged. Its loss is looked at before every step and after the last one. It has diverged if the last
loss is above `divergence_loss` (1000 in the paper) or not a number: the end counts, as in the paper, because
networks with bounded units rise to 10^7 and return. A cell is given up, and costs no more time, once its loss is
above `give_up_loss` or not finite; by default that is where no return was ever seen, see `hopeless_loss`. The loss of a
cell that was given up is reported as infinity, so that the mean over its trials is infinite as well.

On the CPU a cell takes all its steps in one compiled loop (`training.grid.compiled_descent`) where Numba is installed
and the loop knows all activations; all else is done by `training.grid.batched_training`, with PyTorch, which is not
imported before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.activations.compiled_codes import Coded, coded
from fisher_spectra.common.compiled import can_compile
from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.fully_connected import RandomNetwork, sample_network
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.compiled_schedule import Schedule, aligned
from fisher_spectra.training.grid.network_shape import NetworkShape
from fisher_spectra.training.hopeless_loss import hopeless_loss
from fisher_spectra.training.memory import train_within_memory

if TYPE_CHECKING:
    from torch import Tensor

    from fisher_spectra.training.grid.batched_network import BatchedNetwork
    from fisher_spectra.training.grid.compiled_descent import CompiledDescent

FloatArray = npt.NDArray[np.float64]
Held = Any  # numbers where cells are trained: an array for compiled loops, else a tensor on the device
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
    """What the cells of a trial share, where they are trained."""

    start: Sequence[tuple[Held, Held]]  # as `BatchedNetwork` takes it
    samples: tuple[Held, ...]  # as the problem defines it


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

    Attributes
    ----------
    codes
        phi_1 .. phi_{L-1} for compiled loops; None where `BatchedNetwork` has to train.
    """

    loss: Loss = "half_sum"
    moves_biases = True

    def __init__(
        self, shape: NetworkShape, generators: Sequence[np.random.Generator], data: int, execution: Execution
    ) -> None:
        if not generators:
            raise ValueError("generators: one for each trial, at least one")
        self.shape = shape
        self._execution = execution
        self._generators = generators
        self._trials: dict[int, Trial] = {}
        self.codes = _codes(self.activations, execution)
        # A trial holds initial parameters and samples, and is no larger than a cell, which holds both and more.
        needed = data + 2 * shape.bytes_per_cell(execution.numpy_dtype.itemsize)
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

    def held(self, values: npt.NDArray[Any]) -> Held:
        """Floating point values where cells are trained. A copy, for the sake of its alignment."""
        if self.codes is not None:
            return aligned(values, self._execution.numpy_dtype)
        return self.tensor(values)

    def tensor(self, values: npt.NDArray[Any]) -> Tensor:
        """Floating point values on the device. A copy, for the sake of its alignment."""
        import torch

        return torch.tensor(values, device=self._execution.torch_device, dtype=self._execution.torch_dtype)

    def positions(self, values: npt.NDArray[np.int64]) -> Held:
        """Positions of samples where cells are trained."""
        if self.codes is not None:
            return values
        import torch

        return torch.tensor(values, device=self._execution.torch_device)

    def start(self, student: RandomNetwork) -> Sequence[tuple[Held, Held]]:
        """Initial parameters, W^l and b^l of each layer, without the first one if it is held in the span."""
        first = 1 if self.shape.in_span else 0
        pairs = zip(student.weights[first:], student.biases[first:], strict=True)
        return [(self.held(weight), self.held(bias)) for weight, bias in pairs]

    def networks(self, trials: Sequence[int], learning_rates: FloatArray) -> BatchedNetwork:
        """Networks at the start of `trials`."""
        from fisher_spectra.training.grid.batched_network import BatchedNetwork

        return BatchedNetwork(self.shape, [self.trial(k).start for k in trials], self.tensor(learning_rates))

    @abstractmethod
    def schedule(self, trial: int) -> Schedule:
        """The samples of a trial for a compiled loop, which shares their memory; with `codes` only."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Trial:
        """A trial from its generator."""

    @abstractmethod
    def step_loss(self, networks: BatchedNetwork, trials: Sequence[int], step: int) -> Tensor:
        """Loss (n,) on the samples of a step, by `networks.loss`, so that `networks.descend` can follow."""

    @abstractmethod
    def last_loss(self, networks: BatchedNetwork, trials: Sequence[int]) -> Tensor:
        """Loss (n,) after the last step."""


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
    outcome = Outcome(descent, problem.n_trials)
    loop = _compiled_loop(problem, descent, execution)
    waiting = [(rate, trial) for trial in range(problem.n_trials) for rate in range(len(descent.learning_rates))]
    checkpoint = bookkeeping.checkpoint
    if checkpoint is not None and checkpoint.restore(**outcome.arrays):
        del waiting[: int(outcome.done)]
        bookkeeping.advance(int(outcome.done))

    def train_cells(cells: Sequence[tuple[int, int]]) -> None:
        if loop is None:
            from fisher_spectra.training.grid.batched_training import train_batch

            train_batch(problem, descent, cells, outcome)
        else:
            for rate, trial in cells:
                start = [values for pair in problem.trial(trial).start for values in pair]
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
        execution.cells_per_kernel(problem.shape.bytes_per_cell(execution.numpy_dtype.itemsize)),
        train_cells,
        f"memory: {execution.device_type} has not enough left to train one network with the widths "
        f"{problem.shape.widths}; take a smaller width, batch or data set",
        release=lambda cells: problem.forget_before(cells[0][1]),
    )
    return outcome.grid()


def _codes(activations: Sequence[Activation], execution: Execution) -> Sequence[Coded] | None:
    """The activations for compiled loops; None if these cannot be used."""
    if execution.device_type != "cpu" or not can_compile():
        return None
    codes = [coded(activation, execution.dtype) for activation in activations]
    known = [code for code in codes if code is not None]
    return known if len(known) == len(codes) else None


def _compiled_loop(problem: TrainingProblem, descent: GradientDescent, execution: Execution) -> CompiledDescent | None:
    """What trains one cell after another on the CPU; None where `BatchedNetwork` has to."""
    if problem.codes is None:
        return None
    from fisher_spectra.training.grid import compiled_descent

    shape = problem.shape
    plan = compiled_descent.layout(shape.widths, shape.batch, shape.in_span)
    limits = descent.steps, descent.momentum, descent.divergence_loss, descent.hopeless
    course = compiled_descent.Course(*limits, compiled_descent.LOSSES[problem.loss], problem.moves_biases)
    return compiled_descent.CompiledDescent(plan, course, problem.codes, execution.dtype)


class Outcome:
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
