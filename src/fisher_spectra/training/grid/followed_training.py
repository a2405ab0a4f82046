"""One network along full-batch or mini-batch training: its loss before each step, and the network itself now and then.

In double precision on the CPU, because above the border of stability rounding is amplified: single precision would make
another run on another machine. Steps are those of `training.grid.compiled_descent` where Numba is installed and knows
the activation, else those of `training.grid.batched_network`, with PyTorch, which is not imported before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.compiled_codes import Coded, coded
from fisher_spectra.common.compiled import can_compile
from fisher_spectra.networks.dual_fisher import dual_fisher_operator
from fisher_spectra.networks.fully_connected import RandomNetwork, forward
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue_without_restarts
from fisher_spectra.training.grid.compiled_schedule import Schedule, aligned
from fisher_spectra.training.grid.mini_batch_order import MiniBatchOrder
from fisher_spectra.training.grid.network_shape import in_span, out_of_span

FloatArray = npt.NDArray[np.float64]

# Where single precision, in which Figure 2 is trained, overflows.
LARGEST_SINGLE = 1e38
# Residual over lambda_max, which bounds its relative error: a hundredth of what single networks scatter by is not seen.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Step:
    """A step of gradient descent with momentum: Karakida 2019, (21)."""

    learning_rate: float  # eta > 0
    momentum: float  # 0 <= mu < 1

    @classmethod
    def at(cls, factor: float, eigenvalue: float, momentum: float) -> Step:
        """The step at so many times the critical learning rate 2 (1 + mu) / lambda_max of a network, Lemma 6."""
        return cls(factor * 2.0 * (1.0 + momentum) / eigenvalue, momentum)

    @property
    def stable_eigenvalue(self) -> float:
        """Largest lambda_max at which the step contracts around a minimum: 2 (1 + mu) / eta, Lemma 6."""
        return 2.0 * (1.0 + self.momentum) / self.learning_rate


@dataclass(frozen=True)
class Task:
    """Samples to learn, and which of them each step sees."""

    inputs: npt.NDArray[np.floating[Any]]  # x, (T, M_0)
    targets: npt.NDArray[np.floating[Any]]  # y, (T, C)
    order: MiniBatchOrder | None = None  # None: each step sees all


@dataclass(frozen=True)
class FollowedRun:
    """One network along training. Of a run that was given up the losses are inf from there, and the rest is NaN."""

    loss: FloatArray  # (steps + 1,): E before each step, on its samples, and after the last one, on all
    start_loss: float  # E on all samples at the start
    measured: tuple[int, ...]  # numbers of steps after which the network was looked at
    whole_loss: FloatArray  # (len(measured),): E on all samples
    eigenvalue: FloatArray  # (len(measured),): lambda_max of F on all samples
    dead: FloatArray  # (len(measured),): share of dead units of the last hidden layer


class Trainee(Protocol):
    """A network that is being trained on a task."""

    def advance(self, first: int, losses: FloatArray) -> int:
        """Take as many steps as there are `losses`, the first with number `first`; how many were taken.

        Each leaves the loss before it in `losses`. The first whose loss is above the give-up loss ends it.
        """

    def loss_of_all(self) -> float:
        """E on all samples."""

    def network(self) -> RandomNetwork:
        """The network as it stands, a copy."""


def follow_training(
    start: RandomNetwork,
    task: Task,
    step: Step,
    measured: Sequence[int],
    give_up_loss: float = LARGEST_SINGLE,
) -> FollowedRun:
    """Train one network on the samples of each step, and look at it now and then.

    Parameters
    ----------
    start
        The network, with linear outputs.
    task
        x (T, M_0) and y (T, C) of E = (1/2B) sum ||y - f||^2 over the B samples of a step.
    step
        Learning rate and momentum.
    measured
        Rising numbers of steps, at least 1, after which lambda_max and the dead units are looked at; the last one ends
        the run.
    give_up_loss
        A run whose loss is above, or not a number, on the samples of a step or on all when it is looked at, ends there.

    Raises
    ------
    ValueError
        If `measured` is empty or does not rise from at least 1, or there are not as many batches as steps.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (5, 10, 2), "linear", sigma_w2=1.0, sigma_b2=0.1)
    >>> x = fs.gaussian_inputs(rng, samples=3, width=5)
    >>> run = follow_training(network, Task(x, np.zeros((3, 2))), Step(0.1, momentum=0.0), measured=[1, 5])
    >>> run.loss.shape, bool(run.loss[-1] < run.loss[0]), run.eigenvalue.shape
    ((6,), True, (2,))
    """
    numbers = tuple(measured)
    if not numbers or numbers[0] < 1 or any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ValueError(f"measured = {numbers}: rising numbers of steps, at least one, each at least 1")
    if task.order is not None and task.order.steps < numbers[-1]:
        raise ValueError(f"{task.order.steps} batches: must be one for each of {numbers[-1]} steps")
    trainee = _trainee(start, task, step, numbers[-1], give_up_loss)
    loss, whole_loss = np.full(numbers[-1] + 1, np.inf), np.full(len(numbers), np.inf)
    eigenvalue, dead = np.full(len(numbers), np.nan), np.full(len(numbers), np.nan)
    start_loss, networks = trainee.loss_of_all(), []
    for place, (before, number) in enumerate(pairwise([0, *numbers])):
        if trainee.advance(before, loss[before:number]) < number - before:
            break
        now = trainee.loss_of_all()
        if not now <= give_up_loss:
            break
        whole_loss[place] = now
        networks.append(trainee.network())
    if len(networks) == len(numbers):  # else it was given up: nobody asks what became of it before
        loss[-1] = whole_loss[-1]
        operators = (dual_fisher_operator(network, task.inputs) for network in networks)
        eigenvalue[:] = [largest_eigenvalue_without_restarts(operator, TOLERANCE) for operator in operators]
        dead[:] = [dead_share(network, task.inputs) for network in networks]
    return FollowedRun(loss, start_loss, numbers, whole_loss, eigenvalue, dead)


def dead_share(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Share of the units of the last hidden layer whose slope is zero on every sample: no gradient reaches them."""
    slopes = forward(network, inputs).slopes[-1]
    return float(np.mean(~np.any(slopes, axis=0)))


def _trainee(start: RandomNetwork, task: Task, step: Step, steps: int, give_up_loss: float) -> Trainee:
    code = coded(start.activation, np.float64) if can_compile() else None
    if code is not None:
        return _Compiled(start, task, step, steps, give_up_loss, code)
    from fisher_spectra.training.grid.followed_in_batches import FollowedInBatches

    return FollowedInBatches(start, task, step, give_up_loss)


class _Compiled:
    """Steps in a compiled loop, the first layer in the span of the inputs where that is the smaller form."""

    def __init__(
        self, start: RandomNetwork, task: Task, step: Step, steps: int, give_up_loss: float, code: Coded
    ) -> None:
        from fisher_spectra.training.grid import compiled_descent

        x = np.asarray(task.inputs, dtype=np.float64)
        self._in_span = task.order is None and len(x) <= x.shape[1]
        batch = len(x) if task.order is None else task.order.batch
        plan = compiled_descent.layout(start.widths, batch, self._in_span)
        course = compiled_descent.Course(
            steps, step.momentum, give_up_loss, give_up_loss, compiled_descent.HALF_SUM, moves_biases=True
        )
        self._loop = compiled_descent.CompiledDescent(plan, course, [code] * (len(start.widths) - 2), np.float64)
        self._start, self._rate, self._inputs = start, step.learning_rate, x
        pairs = zip(start.weights, start.biases, strict=True)
        parameters = [np.asarray(values, dtype=np.float64) for pair in pairs for values in pair]
        self._loop.begin(parameters[2:] if self._in_span else parameters)
        span = in_span(x, start.weights[0], start.biases[0]) if self._in_span else (x, np.empty((0, 0)))
        given, offset, targets = (aligned(values, np.float64) for values in (*span, task.targets))
        if task.order is None:
            self._schedule = Schedule(given, targets, offset)
        else:
            self._schedule = Schedule(given, targets, offset, task.order.samples, task.order.steps_per_epoch)

    def advance(self, first: int, losses: FloatArray) -> int:
        return self._loop.advance(self._schedule, self._rate, first, losses)

    def loss_of_all(self) -> float:
        return self._loop.loss_of_all(self._schedule)

    def network(self) -> RandomNetwork:
        pairs = self._loop.parameters()
        if self._in_span:
            pairs[0] = out_of_span(pairs[0][0], self._inputs, self._start.weights[0], self._start.biases[0])
        weights, biases = zip(*pairs, strict=True)
        return RandomNetwork(weights, biases, self._start.activation)
