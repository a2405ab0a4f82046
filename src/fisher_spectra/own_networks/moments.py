"""Mean, second moment and maximum of the eigenvalues of F in the limit of infinite width, from layer to layer.

Theorems 1, 3 and 4 of Karakida, Akaho, Amari 2019, with activation and variances of each layer: with
w_1 = sum_l M_{l-1} q_tilde^l q_hat^{l-1} and w_2 the same of two samples,
mean C w_1 / P, second moment C (w_1^2 + (T - 1) w_2^2) / (T P), maximum ((T - 1) w_2 + w_1) / T.
On data, tr K, the squared norm and the largest eigenvalue of the infinite-width dual matrix K of one output instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.data_kernels import checked_overlaps, layer_kernels
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.variables import OrderParameters, diagonal_sum, off_diagonal_sum, order_parameters

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class InfiniteWidth:
    """Statistics of the P eigenvalues of F: mean, second moment, maximum."""

    mean: float
    second_moment: float
    maximum: float


def infinite_width(
    ensemble: LayeredEnsemble, samples: int, input_moment: float = 1.0, input_overlap: float = 0.0
) -> InfiniteWidth:
    """Of samples that have all the same overlap; the biases' share is kept if they are parameters.

    Parameters
    ----------
    ensemble
        The networks.
    samples
        T.
    input_moment, input_overlap
        q_hat^0 and q_hat_st^0.

    Raises
    ------
    ValueError
        If the moments overflow.

    Examples
    --------
    >>> from fisher_spectra.finite_size.ensemble import layered_ensemble
    >>> from fisher_spectra.own_networks.moments import infinite_width
    >>> found = infinite_width(layered_ensemble((784, 512, 512, 256, 10), "tanh", 2.0, biases=False), samples=100)
    >>> round(found.maximum, 2)
    10.49
    """
    return infinite_width_of(ensemble, order_parameters(ensemble, input_moment, input_overlap), samples)


def infinite_width_of(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> InfiniteWidth:
    """The same from order parameters, whatever the laws behind them."""
    one, two = diagonal_sum(ensemble, fields), off_diagonal_sum(ensemble, fields)
    squares = (one**2 + (samples - 1) * two**2) / samples
    maximum = max(((samples - 1) * two + one) / samples, (one - two) / samples)
    share = ensemble.outputs / ensemble.n_parameters
    return InfiniteWidth(share * one, share * squares, maximum)


def infinite_width_on_data(ensemble: LayeredEnsemble, overlaps: npt.ArrayLike) -> InfiniteWidth:
    """The same on the data's own overlaps x(s).x(t) / M_0, shape (T, T).

    Raises
    ------
    ValueError
        If the overlaps are none.
    """
    kernel: Array = layer_kernels(checked_overlaps(overlaps), ensemble).sum(axis=0)
    share = ensemble.outputs / ensemble.n_parameters
    return InfiniteWidth(
        mean=share * float(np.trace(kernel)),
        second_moment=share * float(np.sum(kernel**2)),
        maximum=float(np.linalg.eigvalsh(kernel)[-1]),
    )
