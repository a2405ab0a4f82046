"""The atom at the maximum of H_L's spectrum in sampled networks (Hayase, Karakida: Lemma 4.5, Theorem 4.3).

The eigenspace of the maximum is the part that no layer has cut: each D_l takes the coordinates away in which
phi'(h^l) = 0, so M minus the number of all cut coordinates is left, and nothing once there are M of them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation

Array = npt.NDArray[np.float64]

# Eigenvalues that differ by less than this share of the largest one are equal up to rounding.
EQUAL_SHARE = 1e-9


def top_multiplicity(eigenvalues: npt.ArrayLike) -> int:
    """How many eigenvalues equal the largest one, 0 if it stands alone: a single one is no atom.

    Raises
    ------
    ValueError
        If there is no eigenvalue.
    """
    found = np.asarray(eigenvalues, dtype=np.float64)
    if not found.size:
        raise ValueError("there is no eigenvalue to be the largest")
    number = int(np.count_nonzero(found >= found.max() * (1 - EQUAL_SHARE)))
    return number if number > 1 else 0


def sampled_vanishing_depth(
    rng: np.random.Generator, width: int, activation: Activation, deepest: int, input_moment: float = 1.0
) -> int:
    """Smallest L at which the layers before have cut all M directions, in one network with Haar distributed weights.

    Given x^{l-1}, W_l x^{l-1} is uniform on the sphere of the same radius, which is all that is drawn.

    Parameters
    ----------
    rng
        Source of all randomness.
    width
        M.
    activation
        Piecewise linear, with phi' = 0 somewhere.
    deepest
        Largest depth that is looked at.
    input_moment
        qhat_0.

    Raises
    ------
    ValueError
        If directions are left at the largest depth.
    """
    length, left = math.sqrt(input_moment * width), width
    for layer in range(1, deepest):
        direction = rng.standard_normal(width)
        h = direction * (length / float(np.linalg.norm(direction)))
        left -= int(np.count_nonzero(activation.derivative(h) == 0))
        if left <= 0:
            return layer + 1
        length = float(np.linalg.norm(activation(h)))
    raise ValueError(f"{activation.spec}: {left} of {width} directions are left at depth {deepest}")
