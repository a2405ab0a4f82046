"""Residual and layer-normalised networks as torch modules, with random weights of given variances."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn


def drawn(layer: nn.Linear, sigma_w2: float, sigma_b2: float, generator: torch.Generator) -> nn.Linear:
    """A layer with weights of variance sigma_w2 / fan-in, biases of variance sigma_b2."""
    with torch.no_grad():
        layer.weight.normal_(0.0, (sigma_w2 / layer.in_features) ** 0.5, generator=generator)
        if layer.bias is not None:
            layer.bias.normal_(0.0, sigma_b2**0.5, generator=generator)
    return layer


class ResidualNetwork(nn.Module):
    """u + linear(phi(u)) between a first and a last linear layer."""

    def __init__(
        self,
        widths: tuple[int, int, int],
        blocks: int,
        phi: Callable[[torch.Tensor], torch.Tensor],
        variances: tuple[float, float] = (1.0, 0.1),
        bias: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        inputs, width, outputs = widths
        self.phi = phi
        self.enter = drawn(nn.Linear(inputs, width, bias=bias), *variances, generator)
        self.blocks = nn.ModuleList(
            drawn(nn.Linear(width, width, bias=bias), *variances, generator) for _ in range(blocks)
        )
        self.leave = drawn(nn.Linear(width, outputs, bias=bias), *variances, generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u = self.enter(x)
        for block in self.blocks:
            u = u + block(self.phi(u))
        found: torch.Tensor = self.leave(self.phi(u))
        return found


def normalised_network(
    widths: tuple[int, ...],
    activation: type[nn.Module],
    variances: tuple[float, float],
    affine: bool = True,
    bias: bool = True,
    seed: int = 0,
) -> nn.Sequential:
    """Linear, LayerNorm, activation, again and again, and a last linear layer."""
    generator, parts = torch.Generator().manual_seed(seed), []
    for below, above in pairwise(widths[:-1]):
        parts += [
            drawn(nn.Linear(below, above, bias=bias), *variances, generator),
            nn.LayerNorm(above, elementwise_affine=affine),
            activation(),
        ]
    return nn.Sequential(*parts, drawn(nn.Linear(widths[-2], widths[-1], bias=bias), *variances, generator))
