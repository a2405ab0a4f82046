"""What a network of finite width has beside the terms that make its limiting spectrum, each to be switched off.

Theorem 1 of Pennington and Worah (2018) is the spectrum of

    H22 = 1 (x) (zeta K + (eta - zeta) 1),  H11 = (zeta S + (eta' - zeta) 1) (x) 1,  H12[ab, cd] = zeta W2_ca W1_db,

K = W1 W1^T and S = W2^T W2. The Fisher matrix of a network (`fisher_matrix`) has three kinds of terms besides, all of
them of the order n^(-1/2) in operator norm:

- ``lengths``: the rows of W1 and the columns of W2 have squared lengths 1 + O(n^(-1/2)). Switched off by scaling them
  to 1: weights on spheres.
- ``correlations``: E f(z_a) f(z_d) and E f'(z_a) f'(z_d) of two units, beyond zeta K_ad and zeta. Switched off by
  leaving these two alone.
- ``curvature``: every expectation with f'' or f''' in it, and eta' - zeta in H12 where a = d. Switched off by zeros.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher

Array = npt.NDArray[np.float64]

TERMS = ("lengths", "correlations", "curvature")


def every_selection() -> list[tuple[str, ...]]:
    """All subsets of `TERMS`, the whole network first, nothing but the terms of the limit last."""
    number = len(TERMS)
    return [
        tuple(term for k, term in enumerate(TERMS) if selected >> (number - 1 - k) & 1)
        for selected in reversed(range(2**number))
    ]


def name_of_terms(kept: Collection[str]) -> str:
    """How tables name a selection: ``lengths+curvature``, or ``none``.

    Raises
    ------
    ValueError
        If a term is not one of `TERMS`.
    """
    if unknown := set(kept) - set(TERMS):
        raise ValueError(f"terms: {', '.join(sorted(unknown))} must be of {', '.join(TERMS)}")
    return "+".join(term for term in TERMS if term in kept) or "none"


def fisher_with_terms(
    first_weights: Array,
    second_weights: Array,
    activation: ActivationLike,
    kept: Collection[str] = TERMS,
    dtype: npt.DTypeLike = np.float64,
) -> FisherMatrix:
    """Fisher matrix of x -> W2 f(W1 x) with only some of the terms that the limiting spectrum does not have.

    Parameters
    ----------
    first_weights, second_weights
        W1 and W2, each of shape (n, n).
    activation
        f of zero Gaussian mean, with a zeta.
    kept
        Of `TERMS`; all of them make the matrix of the network itself.
    dtype
        As in `population_fisher`.

    Raises
    ------
    ValueError
        If a term is not one of `TERMS`, or as `population_fisher`.
    """
    name_of_terms(kept)
    constants = nonlinearity_constants(activation)
    w_1, w_2 = first_weights, second_weights
    if "lengths" not in kept:
        w_1 = w_1 / np.linalg.norm(w_1, axis=1, keepdims=True)
        w_2 = w_2 / np.linalg.norm(w_2, axis=0, keepdims=True)
    fisher = population_fisher(w_1, w_2, activation)
    if "correlations" not in kept:
        own = np.eye(len(w_1), dtype=bool)
        first = np.where(own, fisher.first, constants.zeta)
        value = np.where(own, fisher.value, constants.zeta * (w_1 @ w_1.T))
        fisher = replace(fisher, value=value, first=first, gram_first=(w_2.T @ w_2) * first)
    if "curvature" not in kept:
        zeros = np.zeros_like(fisher.value)
        names = ("second_value", "value_second", "gram_second_second", "gram_third_first", "gram_first_third")
        fisher = replace(fisher, **dict.fromkeys(names, zeros))
        first = fisher.first.copy()  # of H12 alone: H11 has it in gram_first
        np.fill_diagonal(first, constants.zeta)
        fisher = replace(fisher, first=first)
    return fisher.astype(dtype)
