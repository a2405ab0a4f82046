"""One column of Figure 2 of Karakida, Akaho, Amari 2019: all learning rates and trials at one width.

The plain loops are those of `benchmarks/training_column.py`. Whoever knows PyTorch writes all cells as one batch
instead, in single precision as well, with gradients by hand, and drops the cells that are hopeless; whoever knows JAX
compiles the training of one cell, which ends when the cell is hopeless, and maps it over the cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from training_column import PLAIN, SAMPLES, STOPPING, column, plain_loss

from benchmark_page.comparison import Array, Prepared
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.fully_connected import RandomNetwork, forward, gaussian_inputs
from fisher_spectra.training.grid.gradient_descent import DIVERGENCE_LOSS, GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.student_teacher import train_student_teacher

OURS, BATCHED, JAX = "`train_student_teacher`", "torch, cells in one batch", "JAX, jitted, early stop"
PLAIN_LOOPS = {f"torch.nn, {PLAIN}": PLAIN, f"torch.nn, {STOPPING}": STOPPING}
NAMES = (OURS, JAX, BATCHED, *reversed(PLAIN_LOOPS))

Floats = npt.NDArray[np.float32]
Seeds = Sequence[np.random.Generator]
# Trains every cell of a trial: student, inputs, targets and learning rates to the losses after the last step.
Trainer = Callable[[RandomNetwork, Floats, Floats, Floats], Array]


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for tanh networks with M, the numbers of rates, trials and steps of the settings."""
    sizes = settings["M"], settings["steps"], settings["rates"], settings["trials"]
    losses(candidate, 8, 2, 2, 1)[0]()  # what a library sets up on first use is no property of the method
    call, compiled = losses(candidate, *sizes)
    return Prepared(lambda: verdicts(call()), compiled=compiled)


def verdicts(found: Array) -> Array:
    """Whether each cell diverged: what Figure 2 shows. Its cells next to the border may end on either side."""
    return np.asarray(~(found <= DIVERGENCE_LOSS), dtype=np.float64)


def seeds(width: int, count: int) -> Seeds:
    """A generator for each trial."""
    return [generator(0, "benchmark training_column", width, trial) for trial in range(count)]


def losses(candidate: str, width: int, steps: int, rates: int, count: int) -> tuple[Callable[[], Array], float]:
    """The losses after the last step, (rates, trials); and the seconds of compiling."""
    ensemble, descent = column("tanh", width, steps, rates)
    if candidate == OURS:
        return (
            lambda: train_student_teacher(ensemble, descent, SAMPLES, seeds(width, count), Execution("cpu")).loss,
            0.0,
        )
    train: Trainer
    if candidate == JAX:
        train, compiled = by_jax(ensemble, descent, rates)
    elif candidate == BATCHED:
        train, compiled = partial(in_one_batch, descent), 0.0
    else:
        train, compiled = partial(cell_by_cell, descent, PLAIN_LOOPS[candidate]), 0.0
    return lambda: over_trials(train, ensemble, descent, seeds(width, count)), compiled


def over_trials(train: Trainer, ensemble: NetworkEnsemble, descent: GradientDescent, generators: Seeds) -> Array:
    """Draw inputs, teacher and student of each trial as `train_student_teacher` does, and train its cells."""
    rates, found = np.array(descent.learning_rates, dtype=np.float32), []
    for rng in generators:
        x = gaussian_inputs(rng, SAMPLES, ensemble.widths[0])
        y = forward(ensemble.sample(rng), x).outputs
        found.append(train(ensemble.sample(rng), x.astype(np.float32), y.astype(np.float32), rates))
    return np.stack(found, axis=1)


def cell_by_cell(
    descent: GradientDescent, kind: str, student: RandomNetwork, x: Floats, y: Floats, rates: Floats
) -> Array:
    """The loop that one would write first, which may leave a cell that is hopeless."""
    patience = descent.hopeless if kind == STOPPING else float("inf")
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    return np.array([plain_loss(student, inputs, targets, rate, descent, patience) for rate in rates.tolist()])


@torch.inference_mode()
def in_one_batch(descent: GradientDescent, student: RandomNetwork, x: Floats, y: Floats, rates: Floats) -> Array:
    """All cells of a trial with gradients by hand; hopeless ones are dropped."""
    count, depth = len(rates), student.depth
    weights = [torch.from_numpy(w.astype(np.float32)).repeat(count, 1, 1) for w in student.weights]
    biases = [torch.from_numpy(b.astype(np.float32)).repeat(count, 1, 1) for b in student.biases]
    moving = [torch.zeros_like(one) for one in (*weights, *biases)]
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    eta, alive, ended = torch.from_numpy(rates).view(-1, 1, 1), torch.arange(count), torch.full((count,), torch.inf)
    for step in range(descent.steps + 1):
        h = [inputs.expand(len(alive), -1, -1)]
        for layer in range(depth - 1):
            h.append(torch.baddbmm(biases[layer], h[-1], weights[layer].mT).tanh_())
        delta = torch.baddbmm(biases[-1], h[-1], weights[-1].mT).sub_(targets)
        loss = delta.square().sum((1, 2)) / (2 * len(x))
        if step == descent.steps:
            ended[alive] = loss
            break
        kept = loss <= descent.hopeless
        if not kept.all():
            alive, eta, delta = alive[kept], eta[kept], delta[kept]
            weights, biases, moving, h = ([one[kept] for one in many] for many in (weights, biases, moving, h))
            if not len(alive):
                break
        delta = delta * (eta / len(x))
        for layer in range(depth - 1, -1, -1):
            moving[layer].baddbmm_(delta.mT, h[layer], beta=descent.momentum, alpha=-1)
            moving[depth + layer].mul_(descent.momentum).sub_(delta.sum(1, keepdim=True))
            if layer:
                delta = torch.ops.aten.tanh_backward(delta @ weights[layer], h[layer])
        for parameter, velocity in zip((*weights, *biases), moving, strict=True):
            parameter.add_(velocity)
    return ended.double().numpy()


def by_jax(ensemble: NetworkEnsemble, descent: GradientDescent, rates: int) -> tuple[Trainer, float]:
    """The training of a cell as a loop that ends early, mapped over the cells of a trial; compiled for all trials."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", False)

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        h = x
        for weight, bias in parameters[:-1]:
            h = jnp.tanh(h @ weight.T + bias)
        weight, bias = parameters[-1]
        return ((h @ weight.T + bias - y) ** 2).sum() / (2 * len(x))

    def train_cell(parameters: Any, x: Any, y: Any, rate: Any) -> Any:
        def step(state: Any) -> Any:
            number, theta, velocity, _ = state
            loss, slope = jax.value_and_grad(loss_of)(theta, x, y)
            velocity = jax.tree.map(lambda v, g: descent.momentum * v - rate * g, velocity, slope)
            return number + 1, jax.tree.map(jnp.add, theta, velocity), velocity, loss

        def goes_on(state: Any) -> Any:
            return (state[0] < descent.steps) & (state[3] <= descent.hopeless)

        start = (0, parameters, jax.tree.map(jnp.zeros_like, parameters), jnp.float32(0.0))
        _, theta, _, loss = jax.lax.while_loop(goes_on, step, start)
        return jnp.where(loss <= descent.hopeless, loss_of(theta, x, y), jnp.inf)

    def train(parameters: Any, x: Any, y: Any, eta: Any) -> Any:
        return jax.lax.map(lambda rate: train_cell(parameters, x, y, rate), eta)

    def shape(*sizes: int) -> Any:
        return jax.ShapeDtypeStruct(sizes, jnp.float32)

    widths, start = ensemble.widths, time.process_time()
    parameters = [(shape(m, below), shape(m)) for below, m in pairwise(widths)]
    shapes = parameters, shape(SAMPLES, widths[0]), shape(SAMPLES, widths[-1]), shape(rates)
    compiled = jax.jit(train).lower(*shapes).compile()

    def run(student: RandomNetwork, x: Floats, y: Floats, eta: Floats) -> Array:
        pairs = zip(student.weights, student.biases, strict=True)
        parameters = [(jnp.asarray(w, jnp.float32), jnp.asarray(b, jnp.float32)) for w, b in pairs]
        return np.asarray(compiled(parameters, jnp.asarray(x), jnp.asarray(y), jnp.asarray(eta)), dtype=np.float64)

    return run, time.process_time() - start
