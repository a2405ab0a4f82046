"""Slow, obvious oracle: the explicit Jacobian of a plainly written torch network, by torch.func.jacrev."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.networks.fully_connected import RandomNetwork

Array = npt.NDArray[np.float64]
Parameters = tuple[list[torch.Tensor], list[torch.Tensor]]

TORCH_ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "erf": torch.erf,
    "linear": lambda x: x,
    "leaky_relu(slope=0.1)": lambda x: torch.where(x > 0, x, 0.1 * x),
}


def torch_parameters(network: RandomNetwork) -> Parameters:
    """Weights and biases of `network` as float64 tensors."""
    return (
        [torch.tensor(np.asarray(w, dtype=np.float64)) for w in network.weights],
        [torch.tensor(np.asarray(b, dtype=np.float64)) for b in network.biases],
    )


def torch_network(parameters: Parameters, x: torch.Tensor, spec: str) -> torch.Tensor:
    """Outputs of the network whose activation is `spec`."""
    weights, biases = parameters
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T + bias
        if index < len(weights) - 1:
            x = TORCH_ACTIVATIONS[spec](x)
    return x


def explicit_jacobians(network: RandomNetwork, inputs: Array, spec: str) -> tuple[list[Array], list[Array]]:
    """d f_k(t) / d W^l and d f_k(t) / d b^l, arrays (T, C, M_l, M_{l-1}) and (T, C, M_l) for each layer."""
    x = torch.tensor(np.asarray(inputs, dtype=np.float64))
    by_weights, by_biases = torch.func.jacrev(lambda parameters: torch_network(parameters, x, spec))(
        torch_parameters(network)
    )
    return [j.numpy() for j in by_weights], [j.numpy() for j in by_biases]


def explicit_jacobian(network: RandomNetwork, inputs: Array, spec: str, biases: bool) -> Array:
    """The CT x P Jacobian; row k T + t is the gradient of output k at sample t."""
    by_weights, by_biases = explicit_jacobians(network, inputs, spec)
    parts = by_weights + (by_biases if biases else [])
    samples, outputs = parts[0].shape[:2]
    return (
        np.concatenate([p.reshape(samples, outputs, -1) for p in parts], axis=2)
        .transpose(1, 0, 2)
        .reshape(outputs * samples, -1)
    )
