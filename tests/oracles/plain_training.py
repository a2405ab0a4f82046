"""The slow, obvious way to train one network: torch.nn.Sequential, autograd and torch.optim.SGD."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.networks.fully_connected import RandomNetwork

MODULES: dict[str, Callable[[], torch.nn.Module]] = {
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "linear": torch.nn.Identity,
    "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU,
    "softplus": lambda: torch.nn.Softplus(threshold=50),
    "leaky_relu": lambda: torch.nn.LeakyReLU(0.1),
    "hard_tanh": torch.nn.Hardtanh,
}


def plain_network(start: RandomNetwork, dtype: torch.dtype) -> torch.nn.Sequential:
    """The network as PyTorch modules."""
    layers: list[torch.nn.Module] = []
    for weight, bias in zip(start.weights, start.biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, module_of(start.activation)]
    return torch.nn.Sequential(*layers[:-1])


def module_of(activation: Activation) -> torch.nn.Module:
    """PyTorch's own module of an activation."""
    return MODULES[activation.name]()


def half_mean_square(network: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """E = (1/2T) sum ||y - f||^2."""
    outputs: torch.Tensor = network(x)
    return ((outputs - y) ** 2).sum() / (2 * len(x))


def train_plainly(
    start: RandomNetwork,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    learning_rate: float,
    momentum: float,
    batches: Iterable[npt.NDArray[np.int64]],
    dtype: torch.dtype = torch.float64,
) -> list[float]:
    """Loss on all samples before the first step and after each one; `batches` are the samples of the steps."""
    network = plain_network(start, dtype)
    inputs, targets = torch.tensor(x, dtype=dtype), torch.tensor(y, dtype=dtype)
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate, momentum=momentum)
    losses = [half_mean_square(network, inputs, targets).item()]
    for batch in batches:
        optimizer.zero_grad()
        torch.autograd.backward(half_mean_square(network, inputs[batch], targets[batch]))
        optimizer.step()
        losses.append(half_mean_square(network, inputs, targets).item())
    return losses
