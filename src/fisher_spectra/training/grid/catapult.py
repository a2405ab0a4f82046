"""The largest eigenvalue along full-batch training: what becomes of a network that starts above its own border.

Karakida, Akaho, Amari 2019, Lemma 6: gradient descent with momentum mu converges to a minimum if lambda_max of the
Fisher matrix there is below 2 (1 + mu) / eta. Above that border the loss rises; whether training diverges depends on
whether the network reaches a place where lambda_max is small enough before (the catapult of Lewkowycz, Bahri, Dyer,
Sohl-Dickstein, Gur-Ari 2020, arXiv:2003.02218).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.networks.fully_connected import RandomNetwork, forward
from fisher_spectra.networks.largest_fisher_eigenvalue import largest_fisher_eigenvalue
from fisher_spectra.training.grid.batched_network import BatchedNetwork, half_mean_square
from fisher_spectra.training.grid.network_shape import NetworkShape
from fisher_spectra.training.hopeless_loss import hopeless_loss

FloatArray = npt.NDArray[np.float64]

# Where single precision, in which Figure 2 is trained, overflows.
LARGEST_SINGLE = 1e38
# Residual over lambda_max, which bounds its relative error: a hundredth of what single networks scatter by is not seen.
_TOLERANCE = 1e-4


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
    batches: Sequence[npt.NDArray[np.integer[Any]]] | None = None  # samples of each step; None for all at each


@dataclass(frozen=True)
class FollowedRun:
    """One network along training. After a run is given up its losses are inf, and nothing else is known (NaN)."""

    loss: FloatArray  # (steps + 1,): E before each step, on its samples, and after the last one, on all
    start_loss: float  # E on all samples at the start
    measured: tuple[int, ...]  # numbers of steps after which the network was looked at
    whole_loss: FloatArray  # (len(measured),): E on all samples
    eigenvalue: FloatArray  # (len(measured),): lambda_max of F on all samples
    dead: FloatArray  # (len(measured),): share of dead units of the last hidden layer


def doubling_steps(steps: int) -> tuple[int, ...]:
    """1, 2, 4 .. up to `steps`, and `steps` itself.

    Examples
    --------
    >>> doubling_steps(10)
    (1, 2, 4, 8, 10)
    """
    return tuple(dict.fromkeys([2**k for k in range(steps.bit_length()) if 2**k <= steps] + [steps]))


def _largest_eigenvalue(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    return largest_fisher_eigenvalue(network, inputs, tolerance=_TOLERANCE, method="matrix_free")


def dead_share(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Share of the units of the last hidden layer whose slope is zero on every sample: no gradient reaches them."""
    slopes = forward(network, inputs).slopes[-1]
    return float(np.mean(~np.any(slopes, axis=0)))


@torch.inference_mode()
def follow_training(
    start: RandomNetwork,
    task: Task,
    step: Step,
    measured: Sequence[int],
    give_up_loss: float = LARGEST_SINGLE,
) -> FollowedRun:
    """Train one network on the samples of each step, in double precision on the CPU, and look at it now and then.

    Double precision because above the border rounding is amplified: single precision would make another run on another
    machine.

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
        A run whose loss on the samples of a step is above, or not a number, ends there.

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
    if task.batches is not None and len(task.batches) < numbers[-1]:
        raise ValueError(f"{len(task.batches)} batches: must be one for each of {numbers[-1]} steps")
    shape = NetworkShape(start.widths, start.activation, len(task.inputs), step.momentum)
    pairs = [(torch.tensor(w), torch.tensor(b)) for w, b in zip(start.weights, start.biases, strict=True)]
    networks = BatchedNetwork(shape, [pairs], torch.tensor([step.learning_rate], dtype=torch.float64))
    x, y = (torch.tensor(values, dtype=torch.float64).unsqueeze(0) for values in (task.inputs, task.targets))

    def loss_on_all() -> float:
        return float(half_mean_square(networks.forward(x).sub_(y))[0])

    loss = np.full(numbers[-1] + 1, np.inf)
    whole_loss = np.full(len(numbers), np.inf)
    eigenvalue, dead = np.full(len(numbers), np.nan), np.full(len(numbers), np.nan)
    start_loss = loss_on_all()
    for number in range(numbers[-1] + 1):
        looked_at = number in numbers
        seen = None if task.batches is None or number == numbers[-1] else torch.as_tensor(task.batches[number])
        # before the loss of the step, whose signals the gradient is made of
        on_all = loss_on_all() if looked_at and seen is not None else math.nan
        now = float(networks.loss(x, y)[0] if seen is None else networks.loss(x[:, seen], y[:, seen])[0])
        if not now <= give_up_loss:
            break
        loss[number] = now
        if looked_at:
            place, network = numbers.index(number), networks.network(0)
            whole_loss[place] = now if seen is None else on_all
            eigenvalue[place] = _largest_eigenvalue(network, task.inputs)
            dead[place] = dead_share(network, task.inputs)
        networks.descend()
    return FollowedRun(loss, start_loss, numbers, whole_loss, eigenvalue, dead)


def batches_of_epochs(rng: np.random.Generator, samples: int, batch: int, steps: int) -> list[npt.NDArray[np.int64]]:
    """Samples of so many steps: each epoch all of them in a new order, its last batch the remainder.

    Examples
    --------
    >>> [len(chosen) for chosen in batches_of_epochs(np.random.default_rng(0), samples=5, batch=2, steps=4)]
    [2, 2, 1, 2]
    """
    found: list[npt.NDArray[np.int64]] = []
    while len(found) < steps:
        order = rng.permutation(samples)
        found += [order[first : first + batch] for first in range(0, samples, batch)]
    return found[:steps]


@dataclass(frozen=True)
class Catapult:
    """Runs of one network around its own critical learning rate: each momentum and each multiple of the rate."""

    momenta: Sequence[float]  # mu
    factors: Sequence[float]  # eta lambda_max / 2 (1 + mu) at the start
    steps: tuple[int, int, int]  # after which losses are told: early, the usual number, late; the last one ends a run
    loss_lenient: float  # the largest loss that is held against them: a run that cannot come below it is given up

    @property
    def runs(self) -> int:
        """How many runs a network has."""
        return len(self.momenta) * len(self.factors)

    def follow(self, student: RandomNetwork, task: Task) -> Iterator[dict[str, float]]:
        """What becomes of a network at each momentum and multiple, one after the other.

        ``peak_ratio`` and ``end_ratio`` are lambda_max eta / 2 (1 + mu) at its largest among the moments looked at
        (after 1, 2, 4 .. steps), and at the end. Of runs that were given up the last ratios are NaN, and so is their
        largest.
        """
        early, usual, late = self.steps
        measured = sorted({*doubling_steps(late), *self.steps})
        start = _largest_eigenvalue(student, task.inputs)
        for momentum in self.momenta:
            give_up = min(hopeless_loss(self.loss_lenient, momentum, late), LARGEST_SINGLE)
            for factor in self.factors:
                step = Step.at(factor, start, momentum)
                run = follow_training(student, task, step, measured, give_up)
                after = dict(zip(run.measured, run.whole_loss.tolist(), strict=True))
                ratios = np.array([start, *run.eigenvalue]) / step.stable_eigenvalue
                yield (
                    {"momentum": momentum, "factor": factor, "eta": step.learning_rate, "lambda_0": start}
                    | {"start_loss": run.start_loss, "peak_loss": float(max(run.loss.max(), run.whole_loss.max()))}
                    | {"loss_early": after[early], "loss": after[usual], "loss_late": after[late]}
                    | {"peak_ratio": ratios.max(), "end_ratio": ratios[-1], "dead": run.dead[-1]}
                )
