"""Networks of layers as plain torch modules, and their dual Fisher matrix by automatic differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from fisher_spectra.layers.stack import SampledStack

_ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh}


class _Centring(nn.Module):
    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return u - u.mean(dim=0, keepdim=True)


class _Network(nn.Module):
    def __init__(self, network: SampledStack) -> None:
        super().__init__()
        self.kinds = [layer.kind for layer in network.stack.layers]
        self.linear = nn.ModuleList()
        self.before, self.after = nn.ModuleList(), nn.ModuleList()
        for layer, parameters in zip(network.stack.layers, network.parameters, strict=True):
            settings: Any = layer
            linear = nn.Linear(parameters.weight.shape[1], layer.width, dtype=torch.float64)
            linear.weight.data = torch.from_numpy(parameters.weight.copy())
            linear.bias.data = torch.from_numpy(parameters.bias.copy())
            linear.bias.requires_grad_(settings.biases)
            self.linear.append(linear)
            self.before.append(_ACTIVATIONS[settings.phi.spec]())
            self.after.append(_normalisation(settings))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u = x
        for kind, linear, before, after in zip(self.kinds, self.linear, self.before, self.after, strict=True):
            new = after(linear(before(u)))
            u = u + new if kind == "residual" else new
        return u


def _normalisation(layer: Any) -> nn.Module:
    if layer.kind == "layer_norm":
        return nn.LayerNorm(layer.width, eps=layer.epsilon, elementwise_affine=False, dtype=torch.float64)
    if layer.kind == "batch_norm":
        return nn.BatchNorm1d(
            layer.width, eps=layer.epsilon, affine=False, track_running_stats=False, dtype=torch.float64
        )
    return _Centring() if layer.kind == "batch_centring" else nn.Identity()


def torch_outputs(network: SampledStack, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Outputs (T, C) of the module."""
    return np.asarray(_Network(network)(torch.from_numpy(inputs)).detach().numpy())


def torch_dual_fisher(network: SampledStack, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """J J^T / T, a row of J for each output and sample, by one backward pass each."""
    module = _Network(network)
    outputs = module(torch.from_numpy(inputs))
    parameters = [one for one in module.parameters() if one.requires_grad]
    rows = []
    for output in range(outputs.shape[1]):
        for sample in range(len(inputs)):
            grads = torch.autograd.grad(outputs[sample, output], parameters, retain_graph=True, allow_unused=True)
            rows.append(
                torch.cat(
                    [
                        (torch.zeros_like(p) if g is None else g).flatten()
                        for g, p in zip(grads, parameters, strict=True)
                    ]
                )
            )
    jacobian = torch.stack(rows)
    return np.asarray((jacobian @ jacobian.T / len(inputs)).numpy())


def torch_softmax_curvature(network: SampledStack, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Eigenvalues of the Fisher matrix, (1/T) sum_t sum_k p_k grad log p_k grad log p_k^T, descending."""
    module = _Network(network)
    logs = torch.log_softmax(module(torch.from_numpy(inputs)), dim=1)
    parameters = [one for one in module.parameters() if one.requires_grad]
    fisher: Any = 0.0
    for sample in range(len(inputs)):
        for output in range(logs.shape[1]):
            grads = torch.autograd.grad(logs[sample, output], parameters, retain_graph=True)
            row = torch.cat([g.flatten() for g in grads])
            fisher = fisher + torch.exp(logs[sample, output].detach()) * torch.outer(row, row) / len(inputs)
    return np.asarray(torch.linalg.eigvalsh(fisher).flip(0).numpy())
