"""A grid of learning rates of a reader's own network, on all samples at a step: squared errors or cross-entropy.

The plain loop is what one writes first in PyTorch: a `torch.nn.Sequential`, its loss and `torch.optim.SGD` for each
rate. Whoever knows JAX compiles all steps of a cell and maps them over the rates. No cell diverges here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from training_column import module_of

from benchmark_page.comparison import Array, Prepared
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.fully_connected import RandomNetwork, gaussian_inputs
from fisher_spectra.networks.layered import sample_layered_network
from fisher_spectra.training.grid.gradient_descent import GradientDescent
from fisher_spectra.training.grid.layered_networks import LayeredShape, Task, train_layered

OURS, PLAIN, JAX = "`train_layered`", "torch.nn, plain loop", "JAX, jitted, scan over steps"
NAMES = (OURS, JAX, PLAIN)

MOMENTUM = 0.9
SIGMA_W2, SIGMA_B2 = 2.0, 0.1
LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "mse": torch.nn.functional.mse_loss,
    "cross_entropy": torch.nn.functional.cross_entropy,
}

Floats = npt.NDArray[np.float32]
# The losses after the last step of all rates.
Trainer = Callable[[], Array]


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for a network of the settings' widths, activation, loss, T, and numbers of rates and steps."""
    small = {**settings, "widths": [4, 8, 8, 3], "T": 5, "steps": 2, "rates": 2}
    losses(candidate, small)[0]()  # what a library sets up on first use is no property of the method
    call, compiled = losses(candidate, settings)
    return Prepared(call, work=settings["rates"] * settings["steps"] * products(settings), compiled=compiled)


def products(settings: Mapping[str, Any]) -> float:
    """Multiplications and additions of a step: three products of each layer, but for errors below the first one."""
    widths, samples = settings["widths"], settings["T"]
    return float(2 * samples * (3 * sum(m * n for m, n in pairwise(widths)) - widths[0] * widths[1]))


def task(settings: Mapping[str, Any]) -> Task:
    """A network, and Gaussian inputs of random classes."""
    widths, samples = settings["widths"], settings["T"]
    rng, layers = generator(0, "benchmark own_training", samples, *widths), len(widths) - 1
    specs = (settings["activation"],) * (layers - 1)
    network = sample_layered_network(rng, widths, specs, (SIGMA_W2,) * layers, (SIGMA_B2,) * layers)
    targets = np.eye(widths[-1])[rng.integers(0, widths[-1], samples)]
    return Task(network, gaussian_inputs(rng, samples, widths[0]), targets)


def rates_of(settings: Mapping[str, Any]) -> tuple[float, ...]:
    """Far below the critical one."""
    return tuple(np.geomspace(1e-4, 1e-3, settings["rates"]).tolist())


def losses(candidate: str, settings: Mapping[str, Any]) -> tuple[Trainer, float]:
    """The losses after the last step, (rates,); and the seconds of compiling."""
    given = task(settings)
    if candidate == OURS:
        return lambda: ours(given, settings), 0.0
    x, y = given.inputs.astype(np.float32), given.targets.astype(np.float32)
    if candidate == JAX:
        return by_jax(given.start, x, y, settings)
    return lambda: plainly(given.start, x, y, settings), 0.0


def ours(given: Task, settings: Mapping[str, Any]) -> Array:
    """One trial by this package."""
    phi, widths = get_activation(settings["activation"]), tuple(settings["widths"])
    shape = LayeredShape(
        widths,
        phi,
        settings["T"],
        MOMENTUM,
        activations=(phi,) * (len(widths) - 2),
        loss=settings["loss"],
    )
    descent = GradientDescent(rates_of(settings), settings["steps"], MOMENTUM)
    return train_layered(shape, descent, lambda _: given, [np.random.default_rng(0)], Execution("cpu")).loss[:, 0]


def plainly(start: RandomNetwork, x: Floats, y: Floats, settings: Mapping[str, Any]) -> Array:
    """The loop that one would write first."""
    inputs, targets, loss_of = torch.from_numpy(x), torch.from_numpy(y), LOSSES[settings["loss"]]
    found = []
    for rate in rates_of(settings):
        network = module_of(start)
        optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=MOMENTUM)
        for _ in range(settings["steps"]):
            optimizer.zero_grad()
            torch.autograd.backward(loss_of(network(inputs), targets))
            optimizer.step()
        with torch.no_grad():
            found.append(float(loss_of(network(inputs), targets)))
    return np.array(found)


def by_jax(start: RandomNetwork, x: Floats, y: Floats, settings: Mapping[str, Any]) -> tuple[Trainer, float]:
    """All steps of a cell as one compiled scan, mapped over the rates."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", False)

    def phi(u: Any) -> Any:
        # not the approximation by tanh, which is the default of JAX alone
        return jax.nn.gelu(u, approximate=False) if settings["activation"] == "gelu" else jax.nn.relu(u)

    def loss_of(parameters: Any, inputs: Any, targets: Any) -> Any:
        h = inputs
        for weight, bias in parameters[:-1]:
            h = phi(h @ weight.T + bias)
        weight, bias = parameters[-1]
        f = h @ weight.T + bias
        if settings["loss"] == "mse":
            return jnp.mean((f - targets) ** 2)
        return -jnp.sum(targets * jax.nn.log_softmax(f)) / len(inputs)

    def train_cell(parameters: Any, inputs: Any, targets: Any, rate: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            theta, velocity = state
            slope = jax.grad(loss_of)(theta, inputs, targets)
            velocity = jax.tree.map(lambda v, g: MOMENTUM * v - rate * g, velocity, slope)
            return (jax.tree.map(jnp.add, theta, velocity), velocity), None

        state = (parameters, jax.tree.map(jnp.zeros_like, parameters))
        (theta, _), _ = jax.lax.scan(step, state, length=settings["steps"])
        return loss_of(theta, inputs, targets)

    def train(parameters: Any, inputs: Any, targets: Any, eta: Any) -> Any:
        return jax.lax.map(lambda rate: train_cell(parameters, inputs, targets, rate), eta)

    pairs = zip(start.weights, start.biases, strict=True)
    parameters = [(jnp.asarray(w, jnp.float32), jnp.asarray(b, jnp.float32)) for w, b in pairs]
    given = parameters, jnp.asarray(x), jnp.asarray(y), jnp.asarray(rates_of(settings), jnp.float32)
    began = time.process_time()
    compiled = jax.jit(train).lower(*given).compile()
    return lambda: np.asarray(compiled(*given), dtype=np.float64), time.process_time() - began
