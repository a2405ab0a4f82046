"""Largest eigenvalue of Theta / M to the accuracy that a figure needs (Hayase, Karakida 2020 and 2021, Figure 2).

Near dynamical isometry Theta / M is close to the overlap matrix of the inputs times the M x M identity, so its largest
eigenvalue is the top of a narrow cluster of M. Lanczos iterations find the top of a cluster soon, but need thousands of
steps to tell it from its neighbours, which nobody asks for. `dual_fisher.largest_eigenvalue` does ask for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse.linalg

from fisher_spectra.dual_fisher import dual_fisher_operator
from fisher_spectra.networks import RandomNetwork

# Residual over eigenvalue. The eigenvalue is then wrong by at most as much, in a cluster by less than a tenth of it;
# one network differs from another by some per cent.
_RESIDUAL = 1e-4


def theta_maximum(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Largest eigenvalue of Theta / M for inputs (N, M), N M >= 3; relative error below 1e-4, reproducible."""
    inputs = np.asarray(inputs, dtype=np.float64)
    operator = dual_fisher_operator(network, inputs, biases=False)
    # Any fixed vector will do that has a part along the leading eigenvector, as a Gaussian one has.
    rng = np.random.default_rng(0)
    start = rng.standard_normal(operator.shape[0])
    values = scipy.sparse.linalg.eigsh(
        operator, k=1, which="LA", v0=start, tol=_RESIDUAL, return_eigenvectors=False, rng=rng
    )
    return float(values[0] / inputs.shape[1])
