"""The largest eigenvalue along full-batch training: what becomes of a network that starts above its own border.

Karakida, Akaho, Amari 2019, Lemma 6: gradient descent with momentum mu converges to a minimum if lambda_max of the
Fisher matrix there is below 2 (1 + mu) / eta. Above that border the loss rises; whether training diverges depends on
whether the network reaches a place where lambda_max is small enough before (the catapult of Lewkowycz, Bahri, Dyer,
Sohl-Dickstein, Gur-Ari 2020, arXiv:2003.02218).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.networks.dual_fisher import dual_fisher_operator
from fisher_spectra.networks.fully_connected import RandomNetwork, forward
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue
from fisher_spectra.training.grid.batched_network import BatchedNetwork, NetworkShape

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
class FollowedRun:
    """One network along training. After a run is given up its losses are inf, and nothing else is known (NaN)."""

    loss: FloatArray  # (steps + 1,): E before each step and after the last one
    measured: tuple[int, ...]  # numbers of steps after which the network was looked at
    eigenvalue: FloatArray  # (len(measured),): lambda_max of F
    dead: FloatArray  # (len(measured),): share of dead units of the last hidden layer


def doubling_steps(steps: int) -> tuple[int, ...]:
    """1, 2, 4 .. up to `steps`, and `steps` itself.

    Examples
    --------
    >>> doubling_steps(10)
    (1, 2, 4, 8, 10)
    """
    return tuple(dict.fromkeys([2**k for k in range(steps.bit_length()) if 2**k <= steps] + [steps]))


def largest_fisher_eigenvalue(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """lambda_max of F = (1/T) sum_t sum_k grad f_k grad f_k^T, biases among the parameters, without the matrix.

    Converged to a relative error of at most 1e-4.
    """
    return largest_eigenvalue(dual_fisher_operator(network, inputs), tolerance=_TOLERANCE)


def dead_share(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Share of the units of the last hidden layer whose slope is zero on every sample: no gradient reaches them."""
    slopes = forward(network, inputs).slopes[-1]
    return float(np.mean(~np.any(slopes, axis=0)))


@torch.inference_mode()
def follow_training(
    start: RandomNetwork,
    inputs: npt.NDArray[np.floating[Any]],
    targets: npt.NDArray[np.floating[Any]],
    step: Step,
    measured: Sequence[int],
    give_up_loss: float = LARGEST_SINGLE,
) -> FollowedRun:
    """Train one network on all samples at each step, in double precision on the CPU, and look at it now and then.

    Double precision because above the border rounding is amplified: single precision would make another run on another
    machine.

    Parameters
    ----------
    start
        The network, with linear outputs.
    inputs, targets
        x (T, M_0) and y (T, C) of E = (1/2T) sum ||y - f||^2.
    step
        Learning rate and momentum.
    measured
        Rising numbers of steps, at least 1, after which lambda_max and the dead units are looked at; the last one ends
        the run.
    give_up_loss
        A run whose loss is above, or not a number, ends there.

    Raises
    ------
    ValueError
        If `measured` is empty or does not rise from at least 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (5, 10, 2), "linear", sigma_w2=1.0, sigma_b2=0.1)
    >>> x = fs.gaussian_inputs(rng, samples=3, width=5)
    >>> run = follow_training(network, x, np.zeros((3, 2)), Step(0.1, momentum=0.0), measured=[1, 5])
    >>> run.loss.shape, bool(run.loss[-1] < run.loss[0]), run.eigenvalue.shape
    ((6,), True, (2,))
    """
    numbers = tuple(measured)
    if not numbers or numbers[0] < 1 or any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ValueError(f"measured = {numbers}: rising numbers of steps, at least one, each at least 1")
    shape = NetworkShape(start.widths, start.activation, len(inputs), step.momentum)
    pairs = [(torch.tensor(w), torch.tensor(b)) for w, b in zip(start.weights, start.biases, strict=True)]
    networks = BatchedNetwork(shape, [pairs], torch.tensor([step.learning_rate], dtype=torch.float64))
    x, y = (torch.tensor(values, dtype=torch.float64).unsqueeze(0) for values in (inputs, targets))
    loss = np.full(numbers[-1] + 1, np.inf)
    eigenvalue, dead = np.full(len(numbers), np.nan), np.full(len(numbers), np.nan)
    for number in range(numbers[-1] + 1):
        now = float(networks.loss(x, y)[0])
        if not now <= give_up_loss:
            break
        loss[number] = now
        if number in numbers:
            place, network = numbers.index(number), networks.network(0)
            eigenvalue[place], dead[place] = largest_fisher_eigenvalue(network, inputs), dead_share(network, inputs)
        networks.descend()
    return FollowedRun(loss, numbers, eigenvalue, dead)
