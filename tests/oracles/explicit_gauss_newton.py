"""Slow, obvious oracle: the Gauss-Newton matrix of a module, from its explicit Jacobian and the Hessian of the loss."""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]


def explicit_jacobian_of(module: torch.nn.Module, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs (T, C), and their Jacobian (T, C, P) by the trainable parameters, one backward pass for each output."""
    module = copy.deepcopy(module)
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    outputs = module(inputs).flatten(1)
    rows = []
    for value in outputs.flatten():
        found = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
        rows.append(torch.cat([part.flatten() for part in found]))
    return outputs.detach(), torch.stack(rows).view(*outputs.shape, -1)


def loss_hessians(outputs: torch.Tensor, loss: str) -> torch.Tensor:
    """Second derivative of the loss by the outputs of each sample, (T, C, C)."""
    samples = len(outputs)
    target = torch.zeros_like(outputs)
    target[:, 0] = 1.0

    def value(one: torch.Tensor, aim: torch.Tensor) -> torch.Tensor:
        if loss == "mse":
            return torch.nn.functional.mse_loss(one, aim) / samples
        if loss == "half_sum":
            return (one - aim).square().sum() / (2 * samples)
        return torch.nn.functional.cross_entropy(one, aim) / samples

    return torch.stack(
        [torch.func.hessian(lambda one, aim=aim: value(one, aim))(f) for f, aim in zip(outputs, target, strict=True)]
    )


def explicit_gauss_newton(module: torch.nn.Module, inputs: torch.Tensor, loss: str) -> Array:
    """J^T H J, shape (P, P)."""
    outputs, jacobian = explicit_jacobian_of(module, inputs)
    matrix = torch.einsum("tcp,tcd,tdq->pq", jacobian, loss_hessians(outputs, loss), jacobian)
    return np.asarray(matrix)
