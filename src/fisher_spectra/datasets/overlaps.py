"""Moments of network inputs: what the mean-field theory has to know about a data set.

The theory of Karakida, Akaho, Amari 2019 starts from qh^0 = ||x(t)||^2 / M_0 and qh_st^0 = x(s).x(t) / M_0, which are 1
and 0 for i.i.d. standard Gaussian inputs; real data have other values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 4096  # samples summed at a time


@dataclass(frozen=True)
class InputMoments:
    """Moments of a set of inputs.

    Attributes
    ----------
    n_samples, n_features
        T and M_0.
    second_moment
        qh^0: mean over the samples of ||x(t)||^2 / M_0.
    second_moment_deviation
        Standard deviation of ||x(t)||^2 / M_0 over the samples (divisor T).
    overlap
        qh_st^0: mean of x(s).x(t) / M_0 over the pairs of different samples.
    """

    n_samples: int
    n_features: int
    second_moment: float
    second_moment_deviation: float
    overlap: float


def input_moments(x: npt.NDArray[Any]) -> InputMoments:
    """Second moment and mean overlap of inputs in O(T M_0) steps.

    The sum over all ordered pairs is the squared norm of the sum of the samples, so
    overlap = (||sum_t x(t)||^2 - sum_t ||x(t)||^2) / (T (T-1) M_0).

    Parameters
    ----------
    x
        Inputs, shape (T, M_0), T >= 2; sums are in float64 whatever their type.

    Raises
    ------
    ValueError
        If there are fewer than two samples.

    Examples
    --------
    >>> moments = fs.input_moments(np.array([[1.0, 1.0], [1.0, -1.0], [2.0, 0.0]]))
    >>> round(moments.second_moment, 4), round(moments.overlap, 4)
    (1.3333, 0.6667)
    """
    if x.ndim != 2 or len(x) < 2 or x.shape[1] == 0:
        raise ValueError(f"inputs have shape {x.shape}; at least two samples (T, M_0) are needed for an overlap")
    n_samples, n_features = x.shape
    total = np.zeros(n_features)
    norms = np.empty(n_samples)
    for first in range(0, n_samples, BLOCK):
        block = x[first : first + BLOCK].astype(np.float64)
        total += block.sum(axis=0)
        norms[first : first + BLOCK] = np.einsum("ti,ti->t", block, block)
    overlap = (total @ total - norms.sum()) / (n_samples * (n_samples - 1) * n_features)
    return InputMoments(
        n_samples=n_samples,
        n_features=n_features,
        second_moment=float(norms.mean() / n_features),
        second_moment_deviation=float(norms.std() / n_features),
        overlap=float(overlap),
    )


def overlap_matrix(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Matrix of all overlaps x(s).x(t) / M_0, shape (T, T); its diagonal holds the second moments.

    Parameters
    ----------
    x
        Inputs, shape (T, M_0), T >= 1; products are in float64 whatever their type.

    Raises
    ------
    ValueError
        If the inputs are not a table of at least one sample and one feature.

    Examples
    --------
    >>> fs.overlap_matrix([[1.0, 1.0], [1.0, -1.0], [2.0, 0.0]])
    array([[1., 0., 1.],
           [0., 1., 1.],
           [1., 1., 2.]])
    """
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"inputs have shape {values.shape}: must be (samples, input dimension), both at least 1")
    product: npt.NDArray[np.float64] = values @ values.T / values.shape[1]
    return product
