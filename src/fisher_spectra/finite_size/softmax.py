"""Largest eigenvalue for the softmax cross-entropy, at infinite width, from the probabilities that a network gives.

With F* of the outputs and Q_t = diag p_t - p_t p_t^T, the curvature is R F* R, R = Q^{1/2}. To leading order F* is the
same for every output, kappa_2 on all pairs of samples and kappa_1 - kappa_2 more on the diagonal, so that the outliers
are those of the mean of Q_t over the samples: with its eigenvalues mu_j and vectors v_j,

    lambda_j = alpha M [kappa_2 mu_j + (kappa_1 - kappa_2) / T (sum_t v_j^T Q_t^2 v_j) / (sum_t v_j^T Q_t v_j)].

C - 1 of them are not zero. A derivation of this project; the Fisher matrix of the softmax is that of Karakida, Akaho,
Amari 2019, Section 5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type, finite_array
from fisher_spectra.finite_size.infinite_width import InfiniteWidthPrediction
from fisher_spectra.finite_size.prediction import FiniteSizePrediction

Array = npt.NDArray[np.float64]

# Rows of probabilities may miss 1 by the roundings of single precision.
_SUM = 1e-4


def softmax_outliers(prediction: FiniteSizePrediction | InfiniteWidthPrediction, probabilities: npt.ArrayLike) -> Array:
    """lambda_1 >= .. >= lambda_{C-1}, of the mean over samples of the cross-entropy.

    Parameters
    ----------
    prediction
        Of the network with linear outputs; kappa_1, kappa_2 and the widths are used.
    probabilities
        p_t, shape (T, C), C >= 2; rows sum to 1.

    Raises
    ------
    ValueError
        If they are not probabilities, or not of the prediction's T samples and C outputs.

    Examples
    --------
    >>> from fisher_spectra.finite_size.ensemble import layered_ensemble
    >>> from fisher_spectra.finite_size.prediction import finite_size_prediction
    >>> from fisher_spectra.finite_size.softmax import softmax_outliers
    >>> prediction = finite_size_prediction(layered_ensemble((50, 100, 3), "relu", 2.0), samples=4)
    >>> softmax_outliers(prediction, np.full((4, 3), 1 / 3)).shape
    (2,)
    """
    kinds = (FiniteSizePrediction, InfiniteWidthPrediction)
    check_type("prediction", prediction, kinds, "what finite_size_prediction returns")
    p = finite_array("probabilities", probabilities)
    samples, outputs = prediction.samples, prediction.ensemble.outputs
    if p.shape != (samples, outputs) or outputs < 2:
        raise ValueError(
            f"probabilities of shape {p.shape}: must be ({samples}, {outputs}) of the prediction, of at least 2 outputs"
        )
    if (p < 0.0).any() or (abs(p.sum(axis=1) - 1.0) > _SUM).any():
        raise ValueError("probabilities: must be >= 0, and sum to 1 for each sample")
    hidden = prediction.ensemble.widths[:-1]
    alpha_m = sum(above * below for above, below in zip(hidden[1:], hidden[:-1], strict=True)) / prediction.width
    one, two = alpha_m * prediction.kappa_1, alpha_m * prediction.kappa_2
    return outliers_of_probabilities(one, two, p)


def outliers_of_probabilities(one: float, two: float, p: Array) -> Array:
    """The same from the entries of T F* of one output.

    Parameters
    ----------
    one, two
        On the diagonal, alpha kappa_1 M, and off it, alpha kappa_2 M.
    p
        Probabilities, shape (T, C); not checked.
    """
    samples = len(p)
    mean = np.diag(p.mean(axis=0)) - p.T @ p / samples
    mu, vectors = np.linalg.eigh(mean)
    mu, vectors = mu[:0:-1], vectors[:, :0:-1]  # without that of the constant vector, which is 0
    along = p @ vectors
    # rows of Q_t v: p * (v - p . v)
    images = p[:, :, None] * (vectors[None] - along[:, None, :])
    squares = np.sum(images**2, axis=(0, 1))
    forms = samples * mu
    ratio = np.divide(squares, forms, out=np.zeros_like(forms), where=forms > 0.0)
    found: Array = np.sort(two * mu + (one - two) / samples * ratio)[::-1]
    return found
