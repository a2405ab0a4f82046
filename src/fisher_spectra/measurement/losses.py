"""Losses: how each makes a curvature of the Jacobian.

With the outputs f (T samples, C each) and their Jacobian J, the Gauss-Newton matrix of a loss is J^T H J, where H, its
second derivative by the outputs, is positive semi-definite. It equals the Hessian where the residuals vanish. With
H = B B^T the factor is A = B^T J, and A^T A = G.

| loss | value | H |
|---|---|---|
| `mse` | mean of (f - y)^2 over samples and outputs, as `torch.nn.functional.mse_loss` | 2 / (C T) |
| `half_sum` | (1 / 2T) sum of (f - y)^2, Karakida, Akaho, Amari 2019, (5); G is their F, (3) | 1 / T |
| `cross_entropy` | mean over samples of -sum_k y_k log p_k, p = softmax f | (diag p - p p^T) / T for each sample |
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from fisher_spectra.common.arguments import shown

LossName = Literal["mse", "half_sum", "cross_entropy"]
LOSSES: tuple[str, ...] = get_args(LossName)
_TITLES = {
    "mse": "mean squared error over samples and outputs (torch's mse_loss)",
    "half_sum": "half the squared error, summed over outputs and averaged over samples (the papers' loss)",
    "cross_entropy": "softmax cross-entropy, averaged over samples",
}


def checked_loss(loss: object) -> str:
    """The name of a loss.

    Raises
    ------
    ValueError
        If it is none of `LOSSES`.
    """
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"loss = {shown(loss)}: must be {', '.join(LOSSES[:-1])} or {LOSSES[-1]}")
    return loss


def loss_of(name: str, outputs: torch.Tensor, samples: int) -> Loss:
    """The loss of so many samples, of which the outputs of some are given as the module gives them.

    Raises
    ------
    ValueError
        If these are none that it can be taken of.
    """
    some = Loss(name, len(outputs), 1).arranged(outputs)
    if name == "cross_entropy" and (outputs.ndim < 2 or some.shape[1] < 2):
        raise ValueError(
            f"loss = 'cross_entropy': needs at least two outputs, one for each class; the model gives outputs of shape "
            f"{tuple(outputs.shape)}"
        )
    return Loss(name, samples * len(some) // len(outputs), some.shape[1])


@dataclass(frozen=True)
class Loss:
    """A loss of T samples with C outputs each.

    Attributes
    ----------
    name
        One of `LOSSES`.
    samples, outputs
        T and C. Of outputs with further axes, as those of a segmentation, each place counts as a sample for the
        cross-entropy and each entry as an output for the others, as in PyTorch.
    """

    name: str
    samples: int
    outputs: int

    @property
    def title(self) -> str:
        return _TITLES[self.name]

    @property
    def root_scale(self) -> float:
        """Square root of the number in H."""
        if self.name == "mse":
            return math.sqrt(2.0 / (self.outputs * self.samples))
        return math.sqrt(1.0 / self.samples)

    def arranged(self, outputs: torch.Tensor) -> torch.Tensor:
        """Outputs of a module (n, ...) as a table (n', C) of the loss's samples and outputs."""
        if self.name == "cross_entropy" and outputs.ndim > 2:
            return outputs.movedim(1, -1).flatten(0, -2)
        return outputs.reshape(len(outputs), -1)

    def prepare(self, outputs: torch.Tensor) -> torch.Tensor | None:
        """What H needs of outputs (n, C): the square roots of the probabilities for the cross-entropy, else nothing."""
        if self.name != "cross_entropy":
            return None
        return torch.exp(0.5 * torch.log_softmax(outputs, dim=1))

    def root(self, cotangents: torch.Tensor, prepared: torch.Tensor | None) -> torch.Tensor:
        """B u for each sample, shapes (..., n, C).

        For the cross-entropy B = diag(r) - p r^T with r = sqrt(p), for which B B^T = diag p - p p^T; no eigenvectors
        are needed, and the dual matrix has the eigenvalues of that with the symmetric root.
        """
        if prepared is None:
            return self.root_scale * cotangents
        along = (prepared * cotangents).sum(-1, keepdim=True)
        return self.root_scale * prepared * (cotangents - prepared * along)

    def root_transposed(self, tangents: torch.Tensor, prepared: torch.Tensor | None) -> torch.Tensor:
        """B^T v for each sample, shapes (..., n, C)."""
        if prepared is None:
            return self.root_scale * tangents
        along = (prepared * prepared * tangents).sum(-1, keepdim=True)
        return self.root_scale * prepared * (tangents - along)

    def value(self, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The sum over the given samples of what they add to the loss; outputs and targets have shape (n, C).

        Targets are values, and for the cross-entropy the logarithms of probabilities p*. The entropy of p* is taken
        away, so that the loss is 0 at its minimum, in a form that does not cancel: sum p* (e^d - 1 - d) with
        d = log p / p*.
        """
        if self.name != "cross_entropy":
            return 0.5 * self.root_scale**2 * (outputs - target).square().sum()
        difference = torch.log_softmax(outputs, dim=1) - target
        # where p* = 0, p alone is left
        finite = torch.where(torch.isfinite(target), difference, torch.zeros_like(difference))
        terms = torch.exp(target) * (torch.expm1(finite) - finite)
        terms = torch.where(torch.isfinite(target), terms, torch.exp(torch.log_softmax(outputs, dim=1)))
        return self.root_scale**2 * terms.sum()
