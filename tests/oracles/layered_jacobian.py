"""Slow, obvious oracle: the explicit Jacobian of a network with an activation for each layer, by torch.func.jacrev."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from explicit_jacobian import TORCH_ACTIVATIONS, torch_parameters

from fisher_spectra.networks.fully_connected import RandomNetwork

Array = npt.NDArray[np.float64]


def layered_outputs(
    parameters: tuple[list[torch.Tensor], list[torch.Tensor]], x: torch.Tensor, specs: Sequence[str]
) -> torch.Tensor:
    """Outputs (T, C) of a network whose hidden layers have the activations `specs`."""
    weights, biases = parameters
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T + bias
        if index < len(specs):
            x = TORCH_ACTIVATIONS[specs[index]](x)
    return x


def layered_dual_fisher(network: RandomNetwork, inputs: Array, specs: Sequence[str], *, biases: bool) -> Array:
    """F* = J J^T / T, ordered by output, then by sample, from the Jacobian J of all parameters."""
    x = torch.tensor(inputs)
    found = torch.func.jacrev(lambda parameters: layered_outputs(parameters, x, specs))(torch_parameters(network))
    parts = [*found[0], *(found[1] if biases else [])]
    jacobian = torch.cat([part.reshape(*part.shape[:2], -1) for part in parts], dim=2)  # (T, C, P)
    rows = jacobian.transpose(0, 1).reshape(-1, jacobian.shape[2]).numpy()
    return np.asarray(rows @ rows.T / len(inputs))
