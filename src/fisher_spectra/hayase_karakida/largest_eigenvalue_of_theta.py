"""Largest eigenvalue of Theta / M to the accuracy that a figure needs (Hayase, Karakida 2020 and 2021, Figure 2).

Near dynamical isometry Theta / M is close to the overlap matrix of the inputs times the M x M identity, so its largest
eigenvalue is the top of a narrow cluster of M. Lanczos iterations find the top of a cluster soon, but need thousands of
steps to tell it from its neighbours, which nobody asks for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.networks.dual_fisher import dual_fisher_operator
from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

# Residual over eigenvalue. The eigenvalue is then wrong by at most as much, in a cluster by less than a tenth of it;
# one network differs from another by some per cent.
_RESIDUAL = 1e-4


def theta_maximum(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Largest eigenvalue of Theta / M for inputs (N, M); relative error below 1e-4, reproducible.

    Raises
    ------
    ValueError
        If the inputs do not fit the network, or activations or slopes overflow.
    """
    inputs = np.asarray(inputs, dtype=np.float64)
    operator = dual_fisher_operator(network, inputs, biases=False)
    return float(largest_eigenvalue(operator, tolerance=_RESIDUAL) / inputs.shape[1])
