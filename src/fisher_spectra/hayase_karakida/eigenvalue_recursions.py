"""Recursions over the layers for the maximum (30) and the mean (32) of mu_L, of Hayase and Karakida 2021."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.arguments import check_type
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation, signal_propagation

Array = npt.NDArray[np.float64]


def largest_eigenvalue_recursion(propagation: SignalPropagation) -> Array:
    """lambda_1 .. lambda_L of (30): lambda_{l+1} = q_l + sigma_{l+1}^2 gamma_l lambda_l, lambda_1 = q_0.

    The maximum of the support of mu_l as long as it is an atom, that is while `atoms.largest_atom_weight` is positive;
    an upper bound beyond. Orthogonal weights.

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
        If phi is smooth: gamma_l is then the largest slope squared, which no quadrature has.

    Examples
    --------
    >>> fs.largest_eigenvalue_recursion(fs.constant_propagation(depth=3, alpha=0.9, gamma=1.0))
    array([1., 2., 3.])
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    largest = [propagation.moments[0]]
    for q, law, sigma2 in zip(propagation.moments[1:], propagation.laws, propagation.sigma2[1:], strict=True):
        largest.append(q + sigma2 * law.gamma * largest[-1])
    return np.array(largest)


def mean_eigenvalue_recursion(propagation: SignalPropagation) -> Array:
    """m_1(mu_1) .. m_1(mu_L) of (32): m' = q_l + sigma_{l+1}^2 m_1(nu_l) m.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.

    Returns
    -------
    Array of shape (L,).

    Examples
    --------
    >>> fs.mean_eigenvalue_recursion(fs.constant_propagation(depth=3, alpha=0.5, gamma=1.0))
    array([1.  , 1.5 , 1.75])
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    means = [propagation.moments[0]]
    for q, law, sigma2 in zip(propagation.moments[1:], propagation.laws, propagation.sigma2[1:], strict=True):
        means.append(q + sigma2 * law.moment(1) * means[-1])
    return np.array(means)


def learning_rate_lines(function: str, depth: int) -> dict[str, float]:
    """The learning rates above which online training is predicted to fail, (39): 2/lambda_max by (30), and 2/L.

    Parameters
    ----------
    function
        Activation of all hidden layers, as the catalogue knows it.
    depth
        L.

    Returns
    -------
    eta_boundary and eta_paper, as columns of tables are called.
    """
    propagation = signal_propagation(get_activation(function), depth)
    return {"eta_boundary": 2 / float(largest_eigenvalue_recursion(propagation)[-1]), "eta_paper": 2 / depth}
