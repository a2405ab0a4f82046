"""The Fisher operator on torch tensors, CPU or GPU."""

from __future__ import annotations

import torch

from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix


def to_torch(
    fisher: FisherMatrix, device: str | torch.device = "cpu", dtype: torch.dtype | None = None
) -> FisherMatrix:
    """The same matrix with tensors on `device`; `apply` then takes and gives tensors.

    Parameters
    ----------
    fisher
        With numpy fields.
    device
        For example "cpu" or "cuda".
    dtype
        torch.float64 or torch.float32; that of the numpy fields if left out.
    """
    return fisher.converted(lambda array: torch.as_tensor(array).to(device=device, dtype=dtype))
