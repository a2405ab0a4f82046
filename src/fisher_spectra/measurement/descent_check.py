"""Whether gradient descent on the reader's module does at a learning rate what its largest eigenvalue says."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
import torch

from fisher_spectra.common.arguments import shown
from fisher_spectra.common.progress import Progress
from fisher_spectra.measurement.curvature import ModuleFactor, batch_size
from fisher_spectra.measurement.measure import Measurement
from fisher_spectra.measurement.module_function import ModuleFunction, Parameters, analysable

Labels = Literal["own", "data"]
COLUMNS = ("factor", "learning_rate", "outcome", "diverged", "loss_ratio", "highest_loss_ratio", "steps")
# Distance of the start from the minimum, as a share of each parameter's root mean square: the loss is quadratic there,
# and in float64 its change is far above rounding.
_START = 1e-6
# From the start at the minimum the loss has left the straight part around it where it is so many times larger,
_FAR = 1e4
# towards the data's targets where it rises to so many times what it was,
_FAR_FROM_DATA = 2.0
# and is back at another minimum if it ends so far below its highest value.
_BACK = 1e-2


@dataclass(frozen=True)
class _Problem:
    """Gradient descent in float64."""

    factor: ModuleFactor
    target: torch.Tensor

    def loss_and_gradient(self, parameters: Parameters) -> tuple[float, Parameters]:
        leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
        total, inputs, loss = 0.0, self.factor.inputs, self.factor.loss
        gradient = {name: torch.zeros_like(value) for name, value in parameters.items()}
        places = len(self.target) // len(inputs)
        size = (
            len(inputs)
            if self.factor.function.interacting
            else batch_size(self.factor.saved_per_sample, self.factor.memory)
        )
        for start in range(0, len(inputs), size):
            stop = min(start + size, len(inputs))
            outputs = loss.arranged(self.factor.function(leaves, inputs[start:stop]))
            value = loss.value(outputs, self.target[start * places : stop * places])
            parts = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
            for name, part in zip(leaves, parts, strict=True):
                if part is not None:
                    gradient[name] += part
            total += float(value.detach())
        return total, gradient


def descend(
    measurement: Measurement,
    critical: float,
    momentum: float,
    factors: Sequence[float],
    steps: int,
    labels: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Train copies of the module by full-batch gradient descent with momentum at multiples of its critical rate.

    Parameters
    ----------
    critical
        2 (1 + mu) / lambda_max, of the measurement's loss.
    labels
        ``"own"``: towards the module's own outputs (for the cross-entropy its own probabilities), from parameters moved
        by 1e-6 of themselves. There the Gauss-Newton matrix is the Hessian, and the border is sharp. ``"data"``:
        towards the data's targets from the parameters as they are, where the curvature changes on the way.

    Returns
    -------
    pandas.DataFrame
        A row for each factor: learning_rate, outcome, diverged, loss_ratio (at the end over at the start),
        highest_loss_ratio, steps (fewer where the loss overflowed). The outcome is ``converges``, ``diverges``, or
        ``catapults``, for a run that leaves the minimum it started at and comes down again elsewhere: possible above
        the critical rate wherever the loss is not quadratic. `diverged` is true for the last two.

    Raises
    ------
    ValueError
        If the data have no targets, or none that fit the loss.
    """
    rows = []
    with (
        analysable(measurement.function.device),
        Progress(steps * len(factors), "gradient descent at multiples of the critical rate") as progress,
    ):
        problem = _in_double(measurement, labels)
        start = dict(problem.factor.function.parameters)
        if labels == "own":
            start = {name: value + _START * _rms(value) * _noise(value, rng) for name, value in start.items()}
        for factor in factors:
            losses = _losses(problem, start, factor * critical, momentum, steps, progress)
            rows.append((factor, factor * critical, *_judged(losses, labels)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _in_double(measurement: Measurement, labels: str) -> _Problem:
    if labels not in get_args(Labels):
        raise ValueError(f"labels = {shown(labels)}: must be own or data")
    factor = measurement.by_module
    module = copy.deepcopy(factor.function.module).double()
    names = factor.function.parameters
    parameters = {name: value.detach() for name, value in module.named_parameters() if name in names}
    function = ModuleFunction(module, parameters, factor.function.frozen, factor.function.interaction)
    inputs = factor.inputs.double() if factor.inputs.is_floating_point() else factor.inputs
    twice = 8 // factor.dtype.itemsize
    factor = replace(factor, function=function, inputs=inputs, saved_per_sample=twice * factor.saved_per_sample)
    return _Problem(factor, _own_targets(factor) if labels == "own" else _targets_of_data(measurement))


def _own_targets(factor: ModuleFactor) -> torch.Tensor:
    size = len(factor.inputs) if factor.function.interacting else batch_size(factor.saved_per_sample, factor.memory)
    with torch.no_grad():
        outputs = torch.cat(
            [
                factor.loss.arranged(factor.function(factor.function.parameters, factor.inputs[start : start + size]))
                for start in range(0, len(factor.inputs), size)
            ]
        )
    return torch.log_softmax(outputs, dim=1) if factor.loss.name == "cross_entropy" else outputs


def _targets_of_data(measurement: Measurement) -> torch.Tensor:
    """Targets as `Loss.value` takes them; classes become unit vectors."""
    targets, shape, loss = measurement.targets, measurement.by_module.outputs.shape, measurement.loss
    if targets is None:
        raise ValueError("labels = 'data': the data have no targets")
    classes = not targets.is_floating_point() and targets.numel() == shape[0] and shape[1] > 1
    if classes:
        flat = targets.long().flatten()
        if int(flat.min()) < 0 or int(flat.max()) >= shape[1]:
            raise ValueError(
                f"labels = 'data': has classes from {int(flat.min())} to {int(flat.max())}; must be 0 to {shape[1] - 1}"
            )
        table = torch.nn.functional.one_hot(flat, shape[1]).double()
    elif targets.numel() == shape.numel():
        table = loss.arranged(targets.double()) if targets.ndim > 1 else targets.double().reshape(shape)
    else:
        kind = str(targets.dtype).removeprefix("torch.")
        raise ValueError(
            f"labels = 'data': has targets of shape {tuple(targets.shape)}, {kind}; "
            f"must be classes, whole numbers of shape ({shape[0]},), or numbers of shape {tuple(shape)}"
        )
    return torch.log(table) if loss.name == "cross_entropy" else table


def _rms(value: torch.Tensor) -> float:
    return math.sqrt(float(value.square().mean()))


def _noise(value: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return torch.as_tensor(rng.standard_normal(tuple(value.shape)), dtype=value.dtype, device=value.device)


def _losses(
    problem: _Problem, start: Parameters, rate: float, momentum: float, steps: int, progress: Progress
) -> list[float]:
    """The loss before each step, until it is no number."""
    parameters = dict(start)
    velocity = {name: torch.zeros_like(value) for name, value in parameters.items()}
    losses: list[float] = []
    for step in range(steps):
        loss, gradient = problem.loss_and_gradient(parameters)
        losses.append(loss)
        if not math.isfinite(loss):
            progress.advance(steps - step)
            break
        velocity = {name: momentum * velocity[name] - rate * gradient[name] for name in parameters}
        parameters = {name: value + velocity[name] for name, value in parameters.items()}
        progress.advance()
    return losses


def _judged(losses: list[float], labels: str) -> tuple[str, bool, float, float, int]:
    """Outcome, whether it diverged, and the loss at the end and at its highest over that at the start."""
    if not math.isfinite(losses[-1]):
        return "diverges", True, math.inf, math.inf, len(losses)
    if losses[0] == 0.0:  # at a minimum that noise does not leave
        return "converges", False, 1.0, 1.0, len(losses)
    end, highest = losses[-1] / losses[0], max(losses) / losses[0]
    left = highest > (_FAR if labels == "own" else _FAR_FROM_DATA)
    half = len(losses) // 2
    if left and losses[-1] < _BACK * max(losses) and (labels == "own" or end < 1.0):
        outcome = "catapults"
    elif sum(losses[half:]) > sum(losses[:half]) or (left and labels == "own") or (end > 1.0 and labels == "data"):
        outcome = "diverges"
    else:
        outcome = "converges"
    return outcome, outcome != "converges", end, highest, len(losses)
