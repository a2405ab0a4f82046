"""Uniformly distributed orthogonal matrices as torch tensors, on the CPU or a GPU; see `networks.haar_measure`.

Random numbers are drawn on the CPU in double precision, so that the device changes nothing but rounding.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fisher_spectra.common.normal_numbers import standard_normal


def haar_orthogonal(rng: np.random.Generator, size: int, device: torch.device) -> Tensor:
    """Haar distributed orthogonal matrix (size, size) in float64, the numbers of the numpy function of this name.

    The QR decomposition with a positive diagonal of R is unique, whichever library computes it.
    """
    gaussian = torch.from_numpy(standard_normal(rng, (size, size))).to(device)
    q, r = torch.linalg.qr(gaussian)
    signs: Tensor = torch.where(torch.diagonal(r) < 0, -1.0, 1.0).to(q.dtype)
    result: Tensor = q * signs
    return result
