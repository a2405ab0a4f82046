"""H_L with independent projections in place of the network's own D_l (Hayase, Karakida 2020 and 2021, Figure 1, right).

In a network D_l depends on the weights of all layers before; the theory takes it as free from them (Assumption 3.1).
Here the D_l are independent by construction, so that the law of (15) has nothing to assume.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.networks.haar_measure import haar_orthogonal

Array = npt.NDArray[np.float64]


def sample_projected_eigenvalues(
    rng: np.random.Generator, width: int, depth: int, weight: float, moment: float = 1.0
) -> Array:
    """Eigenvalues of H_L of (14) with projections of rank `weight` M as D_l, Haar distributed W_l and q_l = `moment`.

    Parameters
    ----------
    rng
        Source of all randomness.
    width, depth
        M and L.
    weight
        Share of ones on the diagonal of D_l; their number is rounded to a whole one.
    moment
        q of all layers.

    Returns
    -------
    ndarray, shape (M,), ascending

    Raises
    ------
    ValueError
        If the weight is not above 0 and at most 1, or the depth is below 1.
    """
    if not 0 < weight <= 1:
        raise ValueError(f"weight = {weight}: must be above 0 and at most 1")
    if depth < 1:
        raise ValueError(f"depth = {depth}: must be at least 1")
    kept = np.arange(width) < round(weight * width)
    matrix = moment * np.eye(width)
    for _ in range(depth - 1):
        # which coordinates D_l keeps does not matter: the weights turn them
        jacobian = haar_orthogonal(rng, width)[:, kept]
        matrix = jacobian @ matrix[np.ix_(kept, kept)] @ jacobian.T
        matrix[np.diag_indices(width)] += moment
    return np.asarray(scipy.linalg.eigvalsh(matrix, overwrite_a=True))
