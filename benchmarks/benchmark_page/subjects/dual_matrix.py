"""The dual Fisher matrix of one network: ours, written by hand in NumPy and JAX, torch.func, and libraries for it."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from dual_fisher import sample, torch_candidate

from benchmark_page.comparison import Prepared
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import FloatArray, RandomNetwork

OURS, NUMPY, JAX, TORCH = "`dual_fisher`", "NumPy by hand", "JAX by hand, jitted", "torch.func, vmap(jacrev)"
NNGEOMETRY, NEURAL_TANGENTS = "nngeometry", "neural-tangents"
WITHOUT_JACOBIAN = (OURS, NUMPY, JAX, NNGEOMETRY)
NAMES = (*WITHOUT_JACOBIAN, NEURAL_TANGENTS, TORCH)


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for a tanh network with L, M and T of the settings and one output."""
    depth, width, samples, dtype = (settings[name] for name in ("L", "M", "T", "dtype"))
    makers: dict[str, Callable[[RandomNetwork, FloatArray], tuple[Callable[[], Any], float]]] = {
        OURS: lambda network, inputs: (lambda: dual_fisher(network, inputs), 0.0),
        NUMPY: lambda network, inputs: (lambda: by_hand(network, inputs), 0.0),
        JAX: by_jax,
        TORCH: lambda network, inputs: (torch_candidate("vmap(jacrev)", network, inputs, 1), 0.0),
        NNGEOMETRY: by_nngeometry,
        NEURAL_TANGENTS: by_neural_tangents,
    }
    make = makers[candidate]
    make(*sample(2, 3, depth, dtype))[0]()  # what a library sets up on first use is no property of the method
    call, compiled = make(*sample(samples, width, depth, dtype))
    return Prepared(call, operations(depth, width, samples), 1.0, compiled)


def operations(depth: int, width: int, samples: int) -> float:
    """Multiplications and additions of the layer formula with one output: both passes, and half of each Gram matrix."""
    passes = 2 * samples * width**2 * ((depth - 1) + (depth - 2))
    grams = samples**2 * width * (depth + (depth - 1))
    return float(passes + grams)


def by_hand(network: RandomNetwork, inputs: FloatArray) -> FloatArray:
    """The layer formula for a tanh network with one output as one would write it down."""
    h, activities = inputs, [inputs]
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        h = np.tanh(h @ weight.T + bias)
        activities.append(h)
    delta = np.broadcast_to(network.weights[-1], activities[-1].shape)
    dual = activities[-1] @ activities[-1].T + 1
    for layer in range(network.depth - 2, -1, -1):
        delta = delta * (1 - activities[layer + 1] ** 2)
        dual += (delta @ delta.T) * (activities[layer] @ activities[layer].T + 1)
        if layer:
            delta = delta @ network.weights[layer]
    found: FloatArray = dual / len(inputs)
    return found


def by_jax(network: RandomNetwork, inputs: FloatArray) -> tuple[Callable[[], Any], float]:
    """The same in JAX, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", network.dtype == np.float64)

    def dual(weights: list[Any], biases: list[Any], x: Any) -> Any:
        activities = [x]
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            activities.append(jnp.tanh(activities[-1] @ weight.T + bias))
        delta = jnp.broadcast_to(weights[-1], activities[-1].shape)
        found = activities[-1] @ activities[-1].T + 1
        for layer in range(len(weights) - 2, -1, -1):
            delta = delta * (1 - activities[layer + 1] ** 2)
            found += (delta @ delta.T) * (activities[layer] @ activities[layer].T + 1)
            delta = delta @ weights[layer] if layer else delta
        return found / len(x)

    given = [jnp.asarray(one) for one in network.weights], [jnp.asarray(one) for one in network.biases]
    x, start = jnp.asarray(inputs), time.process_time()
    compiled = jax.jit(dual).lower(*given, x).compile()
    return lambda: compiled(*given, x).block_until_ready(), time.process_time() - start


def by_nngeometry(network: RandomNetwork, inputs: FloatArray) -> tuple[Callable[[], Any], float]:
    """Its Gram matrix of the gradients, over T."""
    import torch
    from nngeometry.gram import GramMatrix

    module, x = as_module(network), torch.from_numpy(inputs)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=len(x))

    def dual() -> Any:
        torch.set_default_dtype(x.dtype)  # in which it makes some of its tensors
        try:
            matrix = GramMatrix(module, loader, layer_collection=None).to_torch().detach()
        finally:
            torch.set_default_dtype(torch.float32)
        return (matrix.reshape(len(x), len(x)) / len(x)).numpy()

    return dual, 0.0


def as_module(network: RandomNetwork) -> Any:
    """The network as PyTorch modules, in its own precision."""
    import torch

    layers: list[Any] = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)
        layers += [layer, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def by_neural_tangents(network: RandomNetwork, inputs: FloatArray) -> tuple[Callable[[], Any], float]:
    """Its empirical kernel over T, by structured derivatives and with matrices that need no transposing.

    Every other way of its own takes seventy times as long here, and this one too with a transposed matrix.
    """
    import jax
    import jax.numpy as jnp

    # Its experimental part imports TensorFlow, which nothing else of it needs.
    sys.modules.setdefault("neural_tangents.experimental", types.ModuleType("neural_tangents.experimental"))
    import neural_tangents

    jax.config.update("jax_enable_x64", network.dtype == np.float64)

    def outputs(parameters: list[tuple[Any, Any]], x: Any) -> Any:
        for weight, bias in parameters[:-1]:
            x = jnp.tanh(x @ weight + bias)
        weight, bias = parameters[-1]
        return x @ weight + bias

    way = neural_tangents.NtkImplementation.STRUCTURED_DERIVATIVES
    kernel = neural_tangents.empirical_ntk_fn(outputs, vmap_axes=0, implementation=way)
    parameters = [
        (jnp.asarray(weight.T), jnp.asarray(bias)) for weight, bias in zip(network.weights, network.biases, strict=True)
    ]
    x, start = jnp.asarray(inputs), time.process_time()
    compiled = jax.jit(lambda x, p: kernel(x, None, p) / len(x)).lower(x, parameters).compile()
    return lambda: compiled(x, parameters).block_until_ready(), time.process_time() - start
