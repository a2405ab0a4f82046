"""The Fisher matrix of width 32 that both estimators are tried on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher, sample_weights

Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def fisher_32() -> FisherMatrix:
    return population_fisher(*sample_weights(np.random.default_rng(0), 32), get_activation("normalised_erf"))


@pytest.fixture(scope="module")
def eigenvalues_32(fisher_32: FisherMatrix) -> Array:
    return np.linalg.eigvalsh(fisher_32.dense())
