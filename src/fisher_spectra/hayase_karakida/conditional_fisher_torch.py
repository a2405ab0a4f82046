"""H_L of torch tensors, on the CPU or a GPU; see `hayase_karakida.conditional_fisher`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import Activation


def conditional_fisher(weights: Sequence[Tensor], activation: Activation, x: Tensor) -> Tensor:
    """H_L(x, theta) by the recursion (14) of Hayase, Karakida 2021, in float64 on the device of the weights.

    Parameters
    ----------
    weights
        W_1 .. W_L, each (M, M), in any floating point type.
    activation
        phi of the hidden layers.
    x
        One input, shape (M,).
    """
    h = x.to(device=weights[0].device, dtype=torch.float64)
    width = len(h)
    matrix = (h @ h / width) * torch.eye(width, dtype=h.dtype, device=h.device)
    u = weights[0].double() @ h
    for weight in weights[1:]:
        h, slopes = activation.value_and_derivative(u)
        jacobian = weight.double() * slopes
        matrix = jacobian @ matrix @ jacobian.T
        matrix.diagonal().add_(h @ h / width)
        u = weight.double() @ h
    return 0.5 * (matrix + matrix.T)


def conditional_eigenvalues(
    weights: Sequence[Tensor], activation: Activation, x: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Eigenvalues of H_L(x, theta), ascending, shape (M,): what Figure 5 shows after training."""
    matrix = conditional_fisher(weights, activation, torch.from_numpy(np.asarray(x, dtype=np.float64)))
    values: npt.NDArray[np.float64] = torch.linalg.eigvalsh(matrix).cpu().numpy()
    return values
