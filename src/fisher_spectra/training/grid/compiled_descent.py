"""Gradient descent with momentum of one network at a time, all its steps in one compiled loop, on the CPU.

The same steps as `training.grid.batched_network`, which serves GPUs and other activations. For the widths of most
columns what a step costs there is not its matrix products but the calls around them; here everything between two
products is one pass over memory that the cache still holds. A cell is alone, so its bits depend on nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.compiled import activate
from fisher_spectra.activations.compiled_codes import Coded
from fisher_spectra.common.compiled import compiled, compiled_sums
from fisher_spectra.training.grid.compiled_schedule import Schedule

Array = npt.NDArray[Any]

# Losses of B samples with C outputs: (1/2B) sum ||y - f||^2, (1/BC) sum ||y - f||^2 and the softmax cross-entropy.
HALF_SUM, MSE, CROSS_ENTROPY = 0, 1, 2
LOSSES = {"half_sum": HALF_SUM, "mse": MSE, "cross_entropy": CROSS_ENTROPY}


class Layout(NamedTuple):
    """Where the matrices and units of one network begin in arrays that hold all of them, layer by layer."""

    widths: Array  # M_0, M_1, .., M_{L-1}, C
    weights: Array  # (L,): W^l, and A in the place of W^1 if the first layer is held in the span of the inputs
    biases: Array  # (L,): b^l
    units: Array  # (L - 1,): B samples of the units of each hidden layer
    batch: int  # B, most samples of a step
    in_span: bool
    size: int  # numbers of all W^l and b^l


class Course(NamedTuple):
    """What is made smaller, how long, and when a cell is given up."""

    steps: int
    momentum: float
    divergence_loss: float
    give_up_loss: float
    loss: int  # one of `LOSSES`
    moves_biases: bool  # or they stay as they were drawn


class _Activations(NamedTuple):
    """phi of each hidden layer, as `Coded`."""

    kinds: Array  # (L - 1,)
    tables: Array  # (L - 1, numbers of one)


class _Work(NamedTuple):
    """Memory that a cell is trained in."""

    parameters: Array
    velocities: Array
    gradient: Array  # of the largest matrix
    units: Array  # phi(u^l) of all hidden layers
    slopes: Array  # phi'(u^l)
    error: Array  # (B, C)
    delta: Array  # (B largest M)
    below: Array  # (B largest M)
    inputs: Array  # (B, M_0) of a mini-batch
    targets: Array  # (B, C)


def layout(widths: Sequence[int], batch: int, in_span: bool) -> Layout:
    """Layout of networks of these widths (M_0, .., C) whose steps take up to `batch` samples."""
    first = batch * widths[1] if in_span else (widths[0] + 1) * widths[1]
    sizes = [first, *((below + 1) * above for below, above in pairwise(widths[1:]))]
    ends = np.cumsum([0, *sizes])
    biases = ends[1:] - np.array(widths[1:])
    units = batch * np.cumsum([0, *widths[1:-1]])[:-1]
    return Layout(np.array(widths), ends[:-1], biases, units, batch, in_span, int(ends[-1]))


class CompiledDescent:
    """Trains networks of one shape, one after another.

    Parameters
    ----------
    plan, course, activations
        Shape; loss, steps and limits; phi of each hidden layer.
    dtype
        Precision of all arrays.
    """

    def __init__(self, plan: Layout, course: Course, activations: Sequence[Coded], dtype: npt.DTypeLike) -> None:
        self._plan, self._course = plan, course
        kinds = np.array([activation.kind for activation in activations], np.int64)
        numbers_of_phi = [activation.table for activation in activations]
        self._phi = _Activations(kinds, np.stack(numbers_of_phi) if numbers_of_phi else np.empty((0, 0), dtype))
        widths = plan.widths
        largest = plan.batch * int(max(widths[1:-1], default=1))
        numbers = {
            "parameters": plan.size,
            "velocities": plan.size,
            "gradient": int(max(widths[1:] * widths[:-1])),
            "units": plan.batch * int(sum(widths[1:-1])),
            "slopes": plan.batch * int(sum(widths[1:-1])),
            "delta": largest,
            "below": largest,
        }
        tables = {"error": widths[-1], "inputs": widths[0], "targets": widths[-1]}
        self._work = _Work(
            **{name: np.empty(number, dtype) for name, number in numbers.items()},
            **{name: np.empty((plan.batch, columns), dtype) for name, columns in tables.items()},
        )

    def train(self, start: Sequence[Array], schedule: Schedule, learning_rate: float) -> tuple[float, int]:
        """Train one network from `start`: W^1, b^1, W^2 .., without the first two if held in the span of the inputs.

        Returns
        -------
        loss, above_since
            The loss after the last step, inf if the cell was given up; the number of steps after which it rose above
            `divergence_loss` for good, -1 if it did not.
        """
        self.begin(start)
        loss, since = _train(self._plan, self._course, self._work, schedule, self._phi, learning_rate)
        return (loss if np.isfinite(loss) else np.inf), since

    def begin(self, start: Sequence[Array]) -> None:
        """Stand at the start of a network, as `train` takes it, with no velocity."""
        work, plan = self._work, self._plan
        work.parameters[:] = 0
        work.velocities[:] = 0
        places = [at for pair in zip(plan.weights, plan.biases, strict=True) for at in pair]
        for at, values in zip(places[len(places) - len(start) :], start, strict=True):
            work.parameters[at : at + values.size] = values.ravel()

    def advance(self, schedule: Schedule, learning_rate: float, first: int, losses: npt.NDArray[np.float64]) -> int:
        """Take as many steps from where the network stands as there are `losses`, the first with number `first`.

        Each leaves the loss before it in `losses`, on its samples. A loss above the give-up loss ends it.

        Returns
        -------
        int
            How many steps were taken.
        """
        return _advance(self._plan, self._course, self._work, schedule, self._phi, learning_rate, first, losses)

    def loss_of_all(self, schedule: Schedule) -> float:
        """The loss on all samples, where the network stands."""
        return _loss_of_all(self._plan, self._course.loss, self._work, schedule, self._phi)

    def parameters(self) -> list[tuple[Array, Array]]:
        """Copies of W^l and b^l of all layers; of A and no bias for one held in the span of the inputs."""
        plan, numbers = self._plan, self._work.parameters
        layers = range(len(plan.weights))
        held = [(_in_span(plan, numbers), numbers[:0])] if plan.in_span else []
        held += [(_weight(plan, numbers, layer), _bias(plan, numbers, layer)) for layer in layers[len(held) :]]
        return [(weight.copy(), bias.copy()) for weight, bias in held]


@compiled
def _train(
    plan: Layout, course: Course, work: _Work, schedule: Schedule, phi: _Activations, learning_rate: float
) -> tuple[float, int]:
    since = -1
    for step in range(course.steps + 1):
        last = step == course.steps
        if last:
            loss = _loss_of_all(plan, course.loss, work, schedule, phi)
        else:
            loss, inputs = _loss_of_step(plan, course.loss, work, schedule, phi, step)
        # Written so that a loss that is not a number counts as too large.
        if loss <= course.divergence_loss:
            since = -1
        elif since < 0:
            since = step
        if last:
            return loss, since
        if not loss <= course.give_up_loss or loss == np.inf:
            return np.inf, since
        _descend(plan, course, work, inputs, learning_rate / inputs.shape[0])
    return np.inf, since


@compiled
def _advance(
    plan: Layout,
    course: Course,
    work: _Work,
    schedule: Schedule,
    phi: _Activations,
    learning_rate: float,
    first: int,
    losses: npt.NDArray[np.float64],
) -> int:
    for number in range(losses.size):
        loss, inputs = _loss_of_step(plan, course.loss, work, schedule, phi, first + number)
        if not loss <= course.give_up_loss or loss == np.inf:
            return number
        losses[number] = loss
        _descend(plan, course, work, inputs, learning_rate / inputs.shape[0])
    taken: int = losses.size
    return taken


@compiled
def _loss_of_step(
    plan: Layout, kind: int, work: _Work, schedule: Schedule, phi: _Activations, step: int
) -> tuple[float, Array]:
    """The loss on the samples of a step, and their inputs."""
    inputs, targets = schedule.inputs, schedule.targets
    if schedule.order.size:
        samples = _gather(work, schedule, step)
        inputs, targets = work.inputs[:samples], work.targets[:samples]
    return _loss(plan, kind, work, inputs, targets, schedule.offset, phi), inputs


@compiled
def _gather(work: _Work, schedule: Schedule, step: int) -> int:
    """Copy the samples of a step; how many there are."""
    epoch, part = divmod(step, schedule.steps_per_epoch)
    first = part * work.error.shape[0]
    samples: int = min(work.error.shape[0], schedule.order.shape[1] - first)
    for row in range(samples):
        work.inputs[row] = schedule.inputs[schedule.order[epoch, first + row]]
        work.targets[row] = schedule.targets[schedule.order[epoch, first + row]]
    return samples


@compiled
def _weight(plan: Layout, numbers: Array, layer: int) -> Array:
    """W^l, or what stands in its place in another array of the same layout."""
    rows, columns = plan.widths[layer + 1], plan.widths[layer]
    return numbers[plan.weights[layer] : plan.weights[layer] + rows * columns].reshape((rows, columns))


@compiled
def _bias(plan: Layout, numbers: Array, layer: int) -> Array:
    return numbers[plan.biases[layer] : plan.biases[layer] + plan.widths[layer + 1]]


@compiled
def _in_span(plan: Layout, numbers: Array) -> Array:
    """A, (T, M_1), in the place of W^1."""
    return numbers[: plan.batch * plan.widths[1]].reshape((plan.batch, plan.widths[1]))


@compiled
def _hidden(plan: Layout, numbers: Array, layer: int, samples: int) -> Array:
    """The units of a hidden layer, (samples, M)."""
    width = plan.widths[layer + 1]
    return numbers[plan.units[layer] : plan.units[layer] + samples * width].reshape((samples, width))


@compiled
def _loss(
    plan: Layout, kind: int, work: _Work, inputs: Array, targets: Array, offset: Array, phi: _Activations
) -> float:
    """The loss of B samples; B times its derivative by the outputs, units and slopes are left in `work`."""
    samples, layers = inputs.shape[0], plan.widths.size - 1
    below = inputs
    for layer in range(layers - 1):
        units, slopes = _hidden(plan, work.units, layer, samples), _hidden(plan, work.slopes, layer, samples)
        if layer == 0 and plan.in_span:
            np.dot(below, _in_span(plan, work.parameters), units)
            activate(units, offset, slopes, phi.kinds[layer], phi.tables[layer])
        else:
            np.dot(below, _weight(plan, work.parameters, layer).T, units)
            bias = _bias(plan, work.parameters, layer).reshape((1, units.shape[1]))
            activate(units, bias, slopes, phi.kinds[layer], phi.tables[layer])
        below = units
    error, bias = work.error[:samples], _bias(plan, work.parameters, layers - 1)
    np.dot(below, _weight(plan, work.parameters, layers - 1).T, error)
    if kind == CROSS_ENTROPY:
        loss: float = _cross_entropy(error, bias, targets) / samples
        return loss
    loss = _half_squares(error, bias, targets) / samples
    if kind == MSE:
        share = 2 / bias.size
        _scale(error, share)
        loss *= share
    return loss


@compiled_sums
def _half_squares(outputs: Array, bias: Array, targets: Array) -> float:
    """(1/2) sum ||f + b - y||^2, in double precision; f + b - y takes the place of f."""
    total = 0.0
    for row in range(outputs.shape[0]):
        for column in range(outputs.shape[1]):
            error = outputs[row, column] + bias[column] - targets[row, column]
            outputs[row, column] = error
            total += np.float64(error) * np.float64(error)
    return 0.5 * total


@compiled
def _cross_entropy(outputs: Array, bias: Array, targets: Array) -> float:
    """-sum y log p of the softmax p of f + b, in double precision; p - y takes the place of f."""
    total = 0.0
    for row in range(outputs.shape[0]):
        largest = -np.inf
        for column in range(outputs.shape[1]):
            outputs[row, column] += bias[column]
            largest = max(largest, np.float64(outputs[row, column]))
        exponentials = 0.0
        for column in range(outputs.shape[1]):
            exponentials += math.exp(np.float64(outputs[row, column]) - largest)
        constant = largest + math.log(exponentials)
        for column in range(outputs.shape[1]):
            logarithm = np.float64(outputs[row, column]) - constant
            # 0 times an infinite logarithm is 0 here: a class without any share costs nothing
            if targets[row, column] > 0:
                total -= np.float64(targets[row, column]) * logarithm
            outputs[row, column] = math.exp(logarithm) - targets[row, column]
    return total


@compiled
def _loss_of_all(plan: Layout, kind: int, work: _Work, schedule: Schedule, phi: _Activations) -> float:
    """E on all samples, in batches where steps take batches."""
    if schedule.order.size == 0:
        return _loss(plan, kind, work, schedule.inputs, schedule.targets, schedule.offset, phi)
    total, number = 0.0, schedule.inputs.shape[0]
    for first in range(0, number, plan.batch):
        inputs, targets = (
            schedule.inputs[first : first + plan.batch],
            schedule.targets[first : first + plan.batch],
        )
        total += inputs.shape[0] * _loss(plan, kind, work, inputs, targets, schedule.offset, phi)
    loss: float = total / number
    return loss


@compiled
def _descend(plan: Layout, course: Course, work: _Work, inputs: Array, rate: float) -> None:
    """v <- mu v - eta dE/dtheta, theta <- theta + v, from the errors that `_loss` has left; rate = eta / B."""
    samples, layers, momentum = inputs.shape[0], plan.widths.size - 1, course.momentum
    delta = work.error[:samples]
    _scale(delta, rate)
    for layer in range(layers - 1, -1, -1):
        if layer == 0 and plan.in_span:
            _move(_in_span(plan, work.parameters), _in_span(plan, work.velocities), delta, momentum)
            return
        gradient = work.gradient[: plan.widths[layer + 1] * plan.widths[layer]].reshape(
            (plan.widths[layer + 1], plan.widths[layer])
        )
        weight, below = _weight(plan, work.parameters, layer), delta
        if layer:
            np.dot(delta.T, _hidden(plan, work.units, layer - 1, samples), gradient)
            # With the weights of the forward pass: they move below.
            numbers = work.below if layer % 2 else work.delta
            below = numbers[: samples * plan.widths[layer]].reshape((samples, plan.widths[layer]))
            np.dot(delta, weight, below)
            _multiply(below, _hidden(plan, work.slopes, layer - 1, samples))
        else:
            np.dot(delta.T, inputs, gradient)
        if course.moves_biases:
            _move_bias(_bias(plan, work.parameters, layer), _bias(plan, work.velocities, layer), delta, momentum)
        _move(weight, _weight(plan, work.velocities, layer), gradient, momentum)
        delta = below


@compiled
def _scale(error: Array, factor: float) -> None:
    for row in range(error.shape[0]):
        for column in range(error.shape[1]):
            error[row, column] *= factor


@compiled
def _multiply(delta: Array, slopes: Array) -> None:
    for row in range(delta.shape[0]):
        d, slope = delta[row], slopes[row]
        for i in range(d.size):
            d[i] *= slope[i]


@compiled
def _move(values: Array, velocities: Array, gradient: Array, momentum: float) -> None:
    mu = values.dtype.type(momentum)
    for row in range(values.shape[0]):
        value, velocity, change = values[row], velocities[row], gradient[row]
        for i in range(value.size):
            v = mu * velocity[i] - change[i]
            velocity[i] = v
            value[i] += v


@compiled
def _move_bias(values: Array, velocities: Array, delta: Array, momentum: float) -> None:
    mu = values.dtype.type(momentum)
    for column in range(values.size):
        velocities[column] *= mu
    for row in range(delta.shape[0]):
        d = delta[row]
        for column in range(values.size):
            velocities[column] -= d[column]
    for column in range(values.size):
        values[column] += velocities[column]
