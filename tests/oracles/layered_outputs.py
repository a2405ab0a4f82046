"""Slow, obvious oracle: outputs of a network with an activation for each layer, in torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from explicit_jacobian import TORCH_ACTIVATIONS


def layered_outputs(
    parameters: tuple[Sequence[torch.Tensor], Sequence[torch.Tensor]], x: torch.Tensor, specs: Sequence[str]
) -> torch.Tensor:
    """Outputs (T, C) of a network whose hidden layers have the activations `specs`."""
    weights, biases = parameters
    for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = x @ weight.T + bias
        if index < len(specs):
            x = TORCH_ACTIVATIONS[specs[index]](x)
    return x
