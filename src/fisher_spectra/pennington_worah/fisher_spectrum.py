"""The spectrum of one Fisher matrix, exact or by Lanczos quadrature, on the CPU or on a GPU.

PyTorch is imported only where there may be a GPU.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_type, shown
from fisher_spectra.common.devices import device_name, device_type, resolve_device, usable_memory
from fisher_spectra.common.memory import require_memory
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix
from fisher_spectra.spectra.lanczos import SpectralQuadrature, stochastic_lanczos_quadrature

Array = npt.NDArray[np.float64]

# The matrix and the workspace of cuSOLVER's divide and conquer method, in matrices.
_GPU_COPIES = 3.0


def find_device(name: str) -> str:
    """Device that ``auto``, ``cpu`` or ``cuda`` stands for on this machine: ``cpu``, ``cuda``, or one of several GPUs.

    Raises
    ------
    UserError
        If the name is another one, or cuda is asked for where there is none.
    """
    return "cpu" if device_type(name) == "cpu" else str(resolve_device(name))


def name_of_device(device: str) -> str:
    """Name for the record: ``cpu``, or the GPU's own name."""
    if device == "cpu":
        return device
    import torch

    return device_name(torch.device(device))


def dense_eigenvalues(fisher: FisherMatrix, device: str = "cpu") -> Array:
    """All eigenvalues, ascending, shape (P,), from the matrix as an array of shape (P, P).

    Parameters
    ----------
    fisher
        With numpy fields.
    device
        As `find_device` names it.

    Raises
    ------
    UserError
        If the matrix does not fit into memory, or not into the memory of the GPU.

    Examples
    --------
    >>> first, second = fs.sample_weights(np.random.default_rng(0), 5)
    >>> eigenvalues = fs.dense_eigenvalues(fs.population_fisher(first, second, fs.get_activation("tanh")))
    >>> eigenvalues.shape, bool(eigenvalues[0] >= 0)
    ((50,), True)
    """
    check_type("fisher", fisher, FisherMatrix, "a FisherMatrix")
    matrix = fisher.dense()
    if _checked_device(device) == "cpu":
        # The transpose is in Fortran order, so that LAPACK works in place.
        return np.asarray(
            scipy.linalg.eigh(matrix.T, eigvals_only=True, overwrite_a=True, check_finite=False), dtype=np.float64
        )
    import torch

    place = torch.device(device)
    require_memory(
        _GPU_COPIES * matrix.nbytes,
        f"the dense Fisher matrix of {fisher.parameters} parameters on {device}",
        "use a smaller width",
        usable_memory(place),
    )
    return np.asarray(torch.linalg.eigvalsh(torch.as_tensor(matrix, device=place)).cpu().numpy(), dtype=np.float64)


def lanczos_spectrum(
    fisher: FisherMatrix, steps: int, probes: int, rng: np.random.Generator, device: str = "cpu"
) -> SpectralQuadrature:
    """Stochastic Lanczos quadrature of the spectrum in the precision of `fisher`; probes are drawn on the CPU.

    Parameters
    ----------
    fisher
        Of :func:`population_fisher`, with numpy fields.
    steps, probes
        As in :func:`stochastic_lanczos_quadrature`.
    rng
        The only source of randomness.
    device
        ``cpu`` or a GPU, as `find_device` names it.

    Raises
    ------
    UserError
        If the Lanczos vectors do not fit into memory.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fisher = fs.population_fisher(*fs.sample_weights(rng, 20), fs.get_activation("normalised_erf"))
    >>> quadrature = fs.lanczos_spectrum(fisher, steps=20, probes=8, rng=rng)
    >>> mean, error = quadrature.moment(1)
    >>> f"{mean:.2f} +- {error:.2f}", f"{fisher.moments()[0]:.2f}"
    ('1.11 +- 0.02', '1.10')
    """
    check_type("fisher", fisher, FisherMatrix, "a FisherMatrix")
    dtype = fisher.first_weights.dtype
    matrix, convert = fisher, _in_precision(dtype)
    if _checked_device(device) != "cpu":
        import torch

        from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch

        matrix = to_torch(fisher, device)
        precise = convert
        convert = lambda vector: torch.as_tensor(precise(vector), device=device)  # noqa: E731
    return stochastic_lanczos_quadrature(
        matrix.apply, fisher.parameters, steps, probes, rng, convert=convert, itemsize=dtype.itemsize
    )


def _checked_device(device: str) -> str:
    if not isinstance(device, str) or not re.fullmatch(r"(cpu|cuda)(:\d+)?", device):
        raise ValueError(f"device = {shown(device)}: must be cpu or a GPU as find_device names it")
    return device


def _in_precision(dtype: npt.DTypeLike) -> Any:
    return lambda vector: vector.astype(dtype)
