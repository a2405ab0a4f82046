"""Samples, targets and initial weights of online training (Hayase, Karakida 2020 and 2021, Section 5.2)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.datasets.labels import orthogonal_label_vectors
from fisher_spectra.datasets.loading import Dataset
from fisher_spectra.datasets.preprocessing import normalise
from fisher_spectra.datasets.training_samples import training_samples
from fisher_spectra.networks import haar_measure_torch
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.online.problem import OnlineData

# Norm of the label vectors: the root of the width M, or one as the text has it ("orthonormal").
LabelNorm = Literal["root_width", "one"]


def online_data(
    rng: np.random.Generator, data: Dataset, samples: int, label_norm: LabelNorm = "root_width"
) -> OnlineData:
    """`samples` training samples, fixed for all epochs, and the whole test set, as networks see them.

    Each input is scaled to qhat_0 = ||x||^2 / M = 1. Targets are orthogonal vectors in R^M.

    Parameters
    ----------
    rng
        Chooses the training samples and their order.
    data
        Data set; M is its number of features.
    samples
        Number of training samples.
    label_norm
        Norm of the label vectors, see `datasets.labels.orthogonal_label_vectors`.

    Raises
    ------
    UserError
        If there are fewer samples, a sample is zero everywhere, or there are more classes than features.

    Examples
    --------
    >>> data = fs.online_data(np.random.default_rng(0), fs.load_named_dataset("digits"), samples=50)
    >>> data.inputs.shape, data.label_vectors.shape
    ((50, 64), (10, 64))
    >>> bool(np.allclose((data.inputs**2).mean(axis=1), 1.0))
    True
    """
    drawn = training_samples(rng, data, samples, "unit", dtype="float32")
    return OnlineData(
        drawn.inputs,
        drawn.labels,
        orthogonal_label_vectors(data.n_classes, data.n_features, norm=1.0 if label_norm == "one" else None),
        normalise(data.x_test, "unit", dtype="float32", numbers=data.test_numbers),
        data.y_test,
    )


def initial_weights(
    rng: np.random.Generator, width: int, depth: int, device: torch.device | None = None
) -> tuple[npt.NDArray[np.float32], ...]:
    """W_1 .. W_L, Haar distributed, rounded to float32 one by one so that all of them in float64 never need memory.

    On a GPU the QR decomposition of a matrix is made there, which changes nothing but rounding.

    Parameters
    ----------
    rng
        The only source of randomness.
    width, depth
        M and L.
    device
        Where the QR decompositions are made; the CPU if not given.

    Examples
    --------
    >>> weights = fs.initial_weights(np.random.default_rng(0), width=4, depth=3)
    >>> len(weights), weights[0].dtype, np.allclose(weights[0] @ weights[0].T, np.eye(4), atol=1e-6)
    (3, dtype('float32'), True)
    """
    if device is not None and device.type == "cuda":
        return tuple(haar_measure_torch.haar_orthogonal(rng, width, device).float().cpu().numpy() for _ in range(depth))
    return tuple(haar_orthogonal(rng, width).astype(np.float32) for _ in range(depth))
