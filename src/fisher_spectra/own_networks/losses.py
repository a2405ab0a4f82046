"""What a loss makes of the Fisher matrix, and the learning rate up to which training can converge.

Gradient descent with momentum mu converges to a minimum only for eta < 2 (1 + mu) / lambda, lambda the largest
eigenvalue of the loss's curvature there (Karakida, Akaho, Amari 2019, Theorem 7). Where residuals are small this is
J^T H J with the second derivative H of the loss by the outputs:

| loss | value | H | lambda over that of F |
|---|---|---|---|
| ``half_sum`` | sum of squared errors over outputs, over 2, mean over samples | 1 / T | 1 |
| ``mse`` | mean of squared errors over outputs and samples | 2 / (C T) | 2 / C |
| ``cross_entropy`` | of the softmax, mean over samples | (diag p - p p^T) / T | 1 / C where p is uniform |
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_positive, shown
from fisher_spectra.karakida.mean_field import learning_rate_limit

Array = npt.NDArray[np.float64]
FloatArray = npt.NDArray[np.floating[Any]]
LossName = Literal["half_sum", "mse", "cross_entropy"]
LOSSES: tuple[str, ...] = get_args(LossName)


def curvature_factor(loss: str, outputs: int) -> float:
    """What the largest eigenvalue of F is multiplied by; for the cross-entropy with uniform probabilities.

    Raises
    ------
    ValueError
        If the loss is none of `LOSSES`, or not one of so many outputs.

    Examples
    --------
    >>> from fisher_spectra.own_networks.losses import curvature_factor
    >>> [curvature_factor(loss, outputs=10) for loss in ("half_sum", "mse", "cross_entropy")]
    [1.0, 0.2, 0.1]
    """
    outputs = check_integer("outputs", outputs, 1)
    if not isinstance(loss, str) or loss not in LOSSES:
        raise ValueError(f"loss = {shown(loss)}: must be one of {', '.join(LOSSES)}")
    if loss == "cross_entropy" and outputs == 1:
        raise ValueError("loss = 'cross_entropy': needs at least two outputs, one for each class")
    return {"half_sum": 1.0, "mse": 2.0 / outputs, "cross_entropy": 1.0 / outputs}[loss]


def critical_rate(largest: float, loss: str, outputs: int, momentum: float) -> float:
    """2 (1 + mu) over the curvature that goes with the largest eigenvalue of F.

    Raises
    ------
    ValueError
        If the eigenvalue is not finite and > 0, the momentum is not >= 0 and < 1, or the loss is none of `LOSSES`.
    """
    return learning_rate_limit(curvature_factor(loss, outputs) * check_positive("largest", largest), momentum)


def loss_curvature(dual: Array, outputs: FloatArray, loss: str) -> Array:
    """The matrix with the non-zero eigenvalues of J^T H J, from F* = J J^T / T; shape (C T, C T).

    For the cross-entropy B^T F* B with B_t = diag(r) - p r^T, r = sqrt(p), for which B B^T = diag(p) - p p^T.

    Parameters
    ----------
    dual
        F*, shape (C T, C T), ordered by output, then by sample; not changed.
    outputs
        f, shape (T, C).
    loss
        One of `LOSSES`.

    Raises
    ------
    ValueError
        If the loss is none of them.
    """
    samples, count = outputs.shape
    factor = curvature_factor(loss, count)
    if loss != "cross_entropy":
        return factor * dual
    shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    p = (shifted / shifted.sum(axis=1, keepdims=True)).T  # (C, T)
    r = np.sqrt(p)
    blocks = dual.reshape(count, samples, count, samples)
    right = (blocks - np.einsum("asbt,bt->ast", blocks, p)[:, :, None, :]) * r
    left = (right - np.einsum("as,asbt->sbt", p, right)) * r[:, :, None, None]
    matrix = left.reshape(dual.shape)
    return np.asarray(0.5 * (matrix + matrix.T))
