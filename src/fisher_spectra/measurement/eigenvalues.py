"""Eigenvalues of a Gauss-Newton matrix: all by the dual matrix, or the largest and the density by products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy
import torch

from fisher_spectra.common.progress import ProgressCounter
from fisher_spectra.measurement.curvature import Factor
from fisher_spectra.spectra.lanczos import SpectralQuadrature, stochastic_lanczos_quadrature

Array = npt.NDArray[np.float64]

# Residual over the largest eigenvalue at which ARPACK ends; an eigenvalue is then right to its square, up to the gap.
_TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
_NUMPY = {torch.float64: np.float64, torch.float32: np.float32}


def dual_eigenvalues(factor: Factor) -> Array:
    """All eigenvalues of A A^T, descending, none below 0; in float64 of the matrix as the module's precision has it.

    Raises
    ------
    ValueError
        If the matrix has entries that are not finite.
    """
    dual = factor.dual().cpu().numpy().astype(np.float64)
    if not np.isfinite(dual).all():
        raise ValueError("model: the derivatives of its outputs hold numbers that are not finite")
    values: Array = scipy.linalg.eigh(dual, eigvals_only=True, overwrite_a=True, check_finite=False)
    descending: Array = np.maximum(values[::-1], 0.0)[: min(factor.shape)]
    return descending


@dataclass(frozen=True)
class SmallerSide:
    """The one of A A^T and A^T A that has the lower order: both have the same eigenvalues besides zeros."""

    factor: Factor
    progress: ProgressCounter | None = None

    @property
    def order(self) -> int:
        return min(self.factor.shape)

    def product(self, vector: torch.Tensor) -> torch.Tensor:
        rows, columns = self.factor.shape
        found = self.factor.dual_times(vector) if rows <= columns else self.factor.gauss_newton_times(vector)
        if self.progress is not None:
            self.progress.advance()
        return found

    def tensor(self, vector: npt.NDArray[Any]) -> torch.Tensor:
        return torch.as_tensor(np.ascontiguousarray(vector), dtype=self.factor.dtype, device=self.factor.device)

    def operator(self) -> Any:
        """As an operator of scipy."""

        def apply(vector: npt.NDArray[Any]) -> npt.NDArray[Any]:
            image = self.product(self.tensor(vector.ravel())).cpu().numpy()
            if not np.isfinite(image).all():
                raise ValueError("model: the derivatives of its outputs hold numbers that are not finite")
            return image

        return scipy.sparse.linalg.LinearOperator(
            shape=(self.order, self.order), matvec=apply, rmatvec=apply, dtype=_NUMPY[self.factor.dtype]
        )


def largest_by_products(factor: Factor, count: int, progress: ProgressCounter | None = None) -> Array:
    """The `count` largest eigenvalues, descending, by restarted Lanczos iterations (ARPACK) from a fixed start.

    Raises
    ------
    ValueError
        If the derivatives are not finite, or Lanczos does not converge.
    """
    side = SmallerSide(factor, progress)
    operator = side.operator()
    count = min(count, side.order)
    if count >= side.order - 1:  # which ARPACK does not do
        values = np.linalg.eigvalsh((operator @ np.eye(side.order, dtype=operator.dtype)).astype(np.float64))
        return np.maximum(values[::-1][:count], 0.0)
    rng = np.random.default_rng(0)
    start = rng.standard_normal(side.order).astype(operator.dtype)
    if not (operator @ start).any():
        return np.zeros(count)
    try:
        values = scipy.sparse.linalg.eigsh(
            operator, k=count, which="LA", v0=start, tol=_TOLERANCE[factor.dtype], return_eigenvectors=False, rng=rng
        )
    except scipy.sparse.linalg.ArpackError as error:
        raise ValueError(f"largest {count} eigenvalues of order {side.order}: do not converge ({error})") from error
    descending: Array = np.maximum(np.sort(values.astype(np.float64))[::-1], 0.0)
    return descending


def density_by_products(
    factor: Factor, steps: int, probes: int, rng: np.random.Generator, progress: ProgressCounter | None = None
) -> SpectralQuadrature:
    """The spectral density of order min(C T, P), by stochastic Lanczos quadrature."""
    side = SmallerSide(factor, progress)
    return stochastic_lanczos_quadrature(
        side.product, side.order, steps, probes, rng, convert=side.tensor, itemsize=factor.dtype.itemsize
    )
