"""Modules as readers bring them, small and in float64, each with seven samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

SAMPLES = 7


class Residual(nn.Module):
    """A block that is added to what enters it."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.block, self.leave = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> Any:
        h = torch.tanh(self.enter(x))
        return self.leave(h + torch.relu(self.block(h)))


class Attention(nn.Module):
    """Self-attention over two tokens, as the transformer's layers have it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.mix, self.leave = (
            nn.Linear(3, 4),
            nn.MultiheadAttention(4, 2, batch_first=True),
            nn.Linear(4, 3),
        )

    def forward(self, x: torch.Tensor) -> Any:
        h = self.embed(x.view(len(x), 2, 3))
        return self.leave(self.mix(h, h, h, need_weights=False)[0].mean(1))


class Plain(nn.Module):
    """A plain network written as a class of the reader's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = nn.Linear(6, 9, bias=False), nn.Linear(9, 5), nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> Any:
        x = x.view(x.size(0), -1)
        x = nn.functional.gelu(self.first(x))
        return self.third(torch.relu(self.second(x)))


class Tied(nn.Module):
    """One matrix used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> Any:
        return self.second(torch.tanh(self.first(x)))


class OwnDerivative(torch.autograd.Function):
    """tanh with a backward pass of its own, in the old form: neither forward derivative nor vmap."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        slope: torch.Tensor = 1.0 - torch.tanh(x) ** 2
        return gradient * slope


own_tanh: Callable[[torch.Tensor], torch.Tensor] = OwnDerivative.apply


class WithOwnDerivative(nn.Module):
    """Has no forward derivative, and cannot be mapped over samples."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> Any:
        return self.second(own_tanh(self.first(x)))


def _batch_norm(training: bool) -> nn.Module:
    norm = nn.BatchNorm1d(5)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
    return nn.Sequential(nn.Linear(6, 5), norm, nn.Tanh(), nn.Linear(5, 3)).train(training)


MAKERS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)),
    "unequal": Plain,
    "convolution": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 4, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)
    ),
    "layer_norm": lambda: nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 3)),
    "batch_norm": lambda: _batch_norm(training=False),
    "batch_norm_training": lambda: _batch_norm(training=True),
    "residual": Residual,
    "softmax": lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1)),
    "attention": Attention,
    "tied": Tied,
    "own_derivative": WithOwnDerivative,
}


def reader_module(name: str, dtype: torch.dtype = torch.float64) -> nn.Module:
    """One of `MAKERS`, the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(sorted(MAKERS).index(name))
        return MAKERS[name]().to(dtype)


def reader_inputs(samples: int = SAMPLES, width: int = 6, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Gaussian samples, the same each time."""
    return torch.randn(samples, width, dtype=dtype, generator=torch.Generator().manual_seed(1))
