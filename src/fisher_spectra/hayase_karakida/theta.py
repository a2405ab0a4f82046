"""The matrix Theta of several inputs (Hayase, Karakida 2020 and 2021, Section 4.3), sampled at finite width.

For N inputs Theta(m, n) = (1/N) (df(x(m))/dtheta)(df(x(n))/dtheta)^T, (34) of 2021, M x M blocks, whose diagonal blocks
are (M/N) H_L(x(n)), (35), with H_L of `hayase_karakida.conditional_fisher`. Everything here is divided by M:
`scaled_theta` is Theta / M, as in Figure 2 and 3. Theta is the dual Fisher matrix of `networks.dual_fisher`
without biases, in another order of rows, so the matrix and its operator come from there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from fisher_spectra.hayase_karakida.conditional_fisher import block_diagonal_eigenvalues, forward_at_constant_width
from fisher_spectra.networks.dual_fisher import dual_fisher, dual_fisher_operator
from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

Array = npt.NDArray[np.float64]

# Up to this order of Theta the dense matrix is faster than Lanczos iterations with passes through the network.
_DENSE_ORDER = 500
_RESIDUAL = 1e-8  # over the eigenvalue, an upper bound of its relative error
_LANCZOS_VECTORS = 100  # room for many: the eigenvalues of Theta are dense around their largest ones


def scaled_theta(network: RandomNetwork, inputs: npt.ArrayLike) -> Array:
    """Theta / M, shape (N M, N M), block (m, n) being M x M as in (35).

    In terms of layers, Theta(m, n) / M = (1/N) sum_l Sigma_l(m, n) delta_{L->l}(m) delta_{L->l}(n)^T, where
    Sigma_l(m, n) = x^{l-1}(m) . x^{l-1}(n) / M. (Below (34) the text has x_l in place of x_{l-1}, against (13).)
    """
    width, samples = network.n_outputs, forward_at_constant_width(network, inputs).n_samples
    dual = dual_fisher(network, inputs, biases=False).reshape(width, samples, width, samples)
    blocks = np.ascontiguousarray(dual.transpose(1, 0, 3, 2), dtype=np.float64)
    blocks /= width
    return blocks.reshape(samples * width, samples * width)


@dataclass(frozen=True)
class ThetaStatistics:
    """Figure 2: statistics of the N M eigenvalues of Theta / M and of its block diagonal."""

    mean: float  # of both: the trace has the diagonal blocks alone
    maximum: float  # of Theta / M
    block_maximum: float  # of the H_L(x(n)) / N


def theta_statistics(network: RandomNetwork, inputs: npt.ArrayLike) -> ThetaStatistics:
    """Mean and maximum for N inputs, shape (N, M), without Theta where that is large.

    The blocks are treated one by one; the maximum of the whole comes from Lanczos with passes through the network, in
    memory O(L M^2 + L N M).
    """
    blocks = block_diagonal_eigenvalues(network, inputs)
    samples, width = blocks.shape
    mean, block_maximum = float(blocks.mean()), float(blocks.max())
    if samples == 1:
        return ThetaStatistics(mean, block_maximum, block_maximum)
    if samples * width <= _DENSE_ORDER:
        maximum = float(scipy.linalg.eigvalsh(dual_fisher(network, inputs, biases=False))[-1])
    else:
        operator = dual_fisher_operator(network, inputs, biases=False)
        maximum = largest_eigenvalue(operator, tolerance=_RESIDUAL, vectors=_LANCZOS_VECTORS)
    return ThetaStatistics(mean, maximum / width, block_maximum)
