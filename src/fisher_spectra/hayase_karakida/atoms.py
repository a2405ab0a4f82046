"""Atoms of the spectral law mu_L: Lemma 4.5 and Proposition 4.4 of Hayase and Karakida's preprint of 2020."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_type
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]

# Error that rounding leaves, for each layer, in one minus a sum of weights; ten times that of 1 - alpha.
_WEIGHT_ROUNDING = 1e-15


@dataclass(frozen=True)
class Atoms:
    """Atoms of a spectral law, ascending.

    A position is linear in the second moments of the layers, which is how their finite-width scatter moves it.
    """

    positions: Array  # (K,)
    weights: Array  # (K,), positive
    coefficients: Array  # (K, L): position = coefficients @ (q_0 .. q_{L-1})

    @property
    def mass(self) -> float:
        """Sum of the weights."""
        return float(math.fsum(self.weights))


def atoms(propagation: SignalPropagation, gaussian_weights: bool = False) -> Atoms:
    """Atoms of mu_L by the rule of Bercovici, Voiculescu and Belinschi (Proposition 4.4 of the preprint).

    nu [x] mu has the atom a b, a and b not zero, if mu({a}) + nu({b}) > 1, with the weight mu({a}) + nu({b}) - 1, and
    at zero the larger of mu({0}) and nu({0}); there is nothing else. Gaussian weights add a free factor without atoms
    (Marchenko-Pastur of ratio 1), so that of each layer only the atom at zero is left.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.
    gaussian_weights
        Gaussian instead of Haar distributed weights.

    Raises
    ------
    ValueError
        If mu_L has as its atoms single nodes of a quadrature, as for a smooth activation and L = 2.

    Examples
    --------
    >>> found = fs.atoms(fs.constant_propagation(depth=3, alpha=0.9, gamma=1.0))
    >>> found.positions, found.weights.round(6)
    (array([1., 3.]), array([0.1, 0.8]))
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    depth = propagation.depth
    unit = np.eye(depth)
    coefficients, weights = unit[:1], np.ones(1)
    # What each weight was before anything was taken away from it, and whether the atom comes from a node.
    initial, is_node = weights, np.zeros(1, dtype=bool)
    for layer, (law, sigma2) in enumerate(zip(propagation.laws, propagation.sigma2[1:], strict=True), start=1):
        # mu_l has no atom at zero: its support begins at q_{l-1} > 0.
        new_coefficients, new_weights = [unit[layer]], [law.weight_at_zero]
        new_initial, new_is_node = [law.weight_at_zero], [False]
        for k, value in enumerate(law.values):
            if value == 0 or gaussian_weights:
                continue
            missing = math.fsum(law.weights[:k] + law.weights[k + 1 :])
            new_coefficients.extend(unit[layer] + sigma2 * value * coefficients)
            new_weights.extend(weights - missing)
            new_initial.extend(initial)
            new_is_node.extend(is_node | law.is_quadrature)
        kept = np.array(new_weights) > depth * _WEIGHT_ROUNDING * np.array(new_initial)
        coefficients, weights = np.array(new_coefficients)[kept].reshape(-1, depth), np.array(new_weights)[kept]
        initial, is_node = np.array(new_initial)[kept], np.array(new_is_node, dtype=bool)[kept]
    if is_node.any():
        raise ValueError(
            f"L = {depth}: nodes of the quadrature of a smooth activation would be atoms of mu_L, whose law is "
            "continuous; take L >= 3 (at L = 2 it is that of q_1 + sigma_2^2 q_0 phi'(h)^2 itself)"
        )
    positions = coefficients @ np.array(propagation.moments)
    order = np.argsort(positions, kind="stable")
    return Atoms(positions[order], weights[order], coefficients[order])


def largest_atom_weight(propagation: SignalPropagation) -> Array:
    """beta_1 .. beta_L of Lemma 4.5 (preprint): beta_l = 1 - sum_{k<l} (1 - alpha_k).

    The weight of the atom at the maximum of mu_l while positive; where it is not, there is no such atom. Zero where it
    is zero up to rounding, so that the border is where it is on paper.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.

    Returns
    -------
    Array of shape (L,).

    Raises
    ------
    ValueError
        If phi is smooth: there is no such atom.

    Examples
    --------
    >>> fs.largest_atom_weight(fs.constant_propagation(depth=4, alpha=0.75, gamma=1.0))
    array([1.  , 0.75, 0.5 , 0.25])
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    deficits = [0.0, *(law.deficit for law in propagation.laws)]
    return zero_where_rounding(1.0 - np.cumsum(deficits), np.arange(1, propagation.depth + 1))


def zero_where_rounding(weights: npt.ArrayLike, depths: npt.ArrayLike) -> Array:
    """Weights of the atom at the maximum at these depths, set to zero where they are zero up to rounding."""
    return np.where(np.abs(weights) <= _WEIGHT_ROUNDING * np.asarray(depths), 0.0, weights)


def depth_of_vanishing_atom(propagation: SignalPropagation) -> int | None:
    """Smallest depth l <= L at which the atom at the maximum has vanished (beta_l <= 0); None if it has not.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.

    Raises
    ------
    ValueError
        If phi is smooth, as :func:`largest_atom_weight`.

    Examples
    --------
    >>> fs.depth_of_vanishing_atom(fs.constant_propagation(depth=9, alpha=0.75, gamma=1.0))
    5
    """
    gone = np.flatnonzero(largest_atom_weight(propagation) <= 0)
    return int(gone[0]) + 1 if len(gone) else None


def atom_scatter(found: Atoms, covariance: Array) -> Array:
    """Standard deviation (K,) of the positions of atoms at finite width, from `signal_propagation.moment_scatter`."""
    variances = np.einsum("ki,ij,kj->k", found.coefficients, covariance, found.coefficients)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def scattered_atoms(found: Atoms, scatter: npt.ArrayLike, edges: npt.ArrayLike) -> Array:
    """Weight of atoms in each bin where their positions are Gaussian with such standard deviations (K,).

    The linear response of positions to the second moments of the layers, which at finite width are nearly Gaussian
    themselves. Weight that leaves the outermost edges is in no bin; an atom that does not scatter is where it is, in
    the bin (low, high].

    Returns
    -------
    Array of shape (number of edges - 1,).
    """
    bounds, deviations = np.asarray(edges, dtype=np.float64), np.asarray(scatter, dtype=np.float64)
    distance = bounds[:, None] - found.positions
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(deviations > 0, scipy.special.ndtr(distance / deviations), distance >= 0)
    return np.asarray(np.diff(below @ found.weights))
