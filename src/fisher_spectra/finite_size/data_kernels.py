"""The dual Fisher matrix of infinitely wide layers on the data's own overlaps, layer by layer.

As `karakida.mean_field_of_data`, with activation and variances of each layer, and the share of each layer kept:
F* = sum_l K_l, K_l,st = q_tilde_st^l (M_{l-1} q_hat_st^{l-1} + beta) / T.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import real_array
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.gaussian.integrals import derivative_kernel, kernel

Array = npt.NDArray[np.float64]

# Rounding allowed in overlaps, relative to their moments: products of single-precision inputs.
_TOLERANCE = 1e-6


def checked_overlaps(overlaps: npt.ArrayLike) -> Array:
    """Overlaps of real vectors: square, symmetric, finite, within Cauchy and Schwarz; else a ValueError."""
    given = real_array("overlaps", overlaps)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.shape[0] < 2:
        raise ValueError(f"overlaps of shape {given.shape}: must be a square matrix (T, T) of at least two samples")
    diagonal = np.diagonal(given)
    if not np.isfinite(given).all() or diagonal.min() < 0.0 or diagonal.max() == 0.0:
        raise ValueError("overlaps: every entry must be finite, and the squared norms on the diagonal >= 0, not all 0")
    rounding = _TOLERANCE * float(diagonal.max())
    if np.any(np.abs(given - given.T) > rounding):
        raise ValueError("overlaps: must be a symmetric matrix")
    limit = np.sqrt(diagonal[:, None] * diagonal)
    if np.any(np.abs(given) > limit + rounding):
        raise ValueError("overlaps: an entry (s, t) exceeds the root of the product of entries (s, s) and (t, t)")
    checked = np.clip(0.5 * (given + given.T), -limit, limit)
    np.fill_diagonal(checked, diagonal)
    return np.asarray(checked)


def mean_overlaps(overlaps: Array) -> tuple[float, float]:
    """q_hat^0 and q_hat_st^0: means of the diagonal and of the rest."""
    samples, trace = len(overlaps), float(np.trace(overlaps))
    moment = trace / samples
    overlap = (float(overlaps.sum()) - trace) / (samples * (samples - 1))
    return moment, min(max(overlap, -moment), moment)


def centred_spectrum(overlaps: Array) -> Array:
    """Eigenvalues on the complement of the uniform vector, ascending, shape (T - 1,)."""
    rows = overlaps - overlaps.mean(axis=0)
    centred = rows - rows.mean(axis=1, keepdims=True)
    values = np.maximum(np.linalg.eigvalsh(0.5 * (centred + centred.T)), 0.0)
    # The uniform vector itself has the eigenvalue 0, the least one.
    return np.asarray(values[1:])


def layer_kernels(overlaps: Array, ensemble: LayeredEnsemble) -> Array:
    """K_1 .. K_L of one output, shape (L, T, T)."""
    samples, depth = len(overlaps), ensemble.depth
    row, column = np.triu_indices(samples)
    diagonal = np.flatnonzero(row == column)
    q_hat = overlaps[row, column]
    activities, gains = [q_hat], []
    for layer in range(1, depth):
        phi = ensemble.activations[layer - 1]
        q_st = ensemble.sigma_w2[layer - 1] * q_hat + ensemble.sigma_b2[layer - 1]
        q = q_st[diagonal]
        gains.append(ensemble.sigma_w2[layer] * derivative_kernel(phi, q[row], q[column], q_st))
        q_hat = kernel(phi, q[row], q[column], q_st)
        activities.append(q_hat)
    kernels = np.empty((depth, samples, samples))
    q_tilde = np.ones_like(q_hat)
    for layer in range(depth, 0, -1):
        if layer < depth:
            q_tilde = q_tilde * gains[layer - 1]
        values = q_tilde * (ensemble.widths[layer - 1] * activities[layer - 1] + ensemble.bias_term) / samples
        kernels[layer - 1, row, column] = kernels[layer - 1, column, row] = values
    return kernels


@dataclass(frozen=True)
class LeadingVector:
    """The eigenvector v of the largest eigenvalue of sum_l K_l.

    Attributes
    ----------
    shares
        w_l = v^T K_l v, shape (L,): what the layers have of the eigenvalue.
    overlap
        sum_{s != t} v_s v_t X_st / (T - 1) of the overlaps X: q_hat_st^0 as v sees it, their mean for uniform v; kept
        between 0 and the mean diagonal.
    """

    shares: Array
    overlap: float


def leading_vector(kernels: Array, overlaps: Array) -> LeadingVector:
    """From K_1 .. K_L, shape (L, T, T), and the overlaps (T, T)."""
    v = np.linalg.eigh(kernels.sum(axis=0))[1][:, -1]
    diagonal = np.diagonal(overlaps)
    off_diagonal = float(v @ overlaps @ v - diagonal @ v**2) / (len(overlaps) - 1)
    # Beside equal samples the theory has no room for noise of slopes between them.
    overlap = min(max(off_diagonal, 0.0), (1.0 - _TOLERANCE) * float(diagonal.mean()))
    return LeadingVector(np.asarray(np.einsum("s,lst,t->l", v, kernels, v)), overlap)
