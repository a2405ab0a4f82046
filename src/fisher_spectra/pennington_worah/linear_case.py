"""The linear network f(x) = x: the exact eigenvalues of a finite network.

Pennington and Worah (2018), section 2.5. With C the matrix of the map (x -> J x), H = C^T C and
C C^T = W2 W2^T (x) 1 + 1 (x) W1^T W1, so that every eigenvalue is a sum of two, and n^2 more are zero.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def linear_eigenvalues(first_weights: Array, second_weights: Array) -> Array:
    """All eigenvalues of the population Fisher matrix of x -> W2 W1 x, ascending.

    Parameters
    ----------
    first_weights, second_weights
        W1 of shape (n, n_in) and W2 of shape (n_out, n).

    Returns
    -------
    Array
        n n_in + n_out n values: the sums of an eigenvalue of W2 W2^T and one of W1^T W1, and zeros. Sums are
        n_out n_in in number; the surplus of zeros is n (n_in + n_out) - n_out n_in (n^2 for square weights).

    Raises
    ------
    ValueError
        If the shapes do not fit, or n is so small that some of the n_out n_in sums vanish structurally.
    """
    hidden, inputs = first_weights.shape
    outputs = second_weights.shape[0]
    if second_weights.shape[1] != hidden:
        raise ValueError(f"W2 has {second_weights.shape[1]} columns, W1 has {hidden} rows: they must be equal")
    parameters = hidden * (inputs + outputs)
    surplus = parameters - outputs * inputs
    if surplus < 0:
        raise ValueError(f"n = {hidden} is too small for {inputs} inputs and {outputs} outputs")
    from_output = np.linalg.eigvalsh(second_weights @ second_weights.T)
    from_input = np.linalg.eigvalsh(first_weights.T @ first_weights)
    # Rounding leaves tiny negative values; the matrices are positive semi-definite.
    sums = np.maximum(from_output, 0.0)[:, None] + np.maximum(from_input, 0.0)[None, :]
    return np.sort(np.concatenate([np.zeros(surplus), sums.ravel()]))
