"""Gaussian expectations of activations: closed form where there is one, else quadrature.

Four routes for E phi(u) phi(v) with (u, v) centred Gaussian of variances q_s, q_t and covariance q_st:

1. the activation's closed form;
2. the Hermite (Mehler) series sum_n a_n(q_s) a_n(q_t) c^n with c the correlation and
   a_n(q) = E phi(sqrt(q) z) He_n(z) / sqrt(n!). Its coefficients belong to single variances, so T x T pairs cost
   T sets of coefficients and a few hundred multiplications each. By Parseval the norm of the neglected
   coefficients is known, and with it a bound on the error of every pair;
3. for the pairs where that bound is not met (correlation close to +-1 and a kinked activation or a very large
   variance) a two-dimensional Gauss-Legendre rule with the inner integral conditional on u, split at the kinks;
4. for smooth activations that approach straight lines, in place of 2 for few pairs and of 3, what
   `gaussian.straight_tails` makes of them.

Route 1 is `activations.closed_forms`, 2 and 3 are `gaussian.pairs`, on the rules of `gaussian.line_rules`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.activations.closed_forms import correlation, largest_covariance
from fisher_spectra.common.arguments import real_array
from fisher_spectra.gaussian.line_rules import mean_of_square
from fisher_spectra.gaussian.pairs import mean_of_product

Array = npt.NDArray[np.float64]

# Rounding allowed in a covariance matrix before it is refused.
_COVARIANCE_TOLERANCE = 1e-9


def second_moment(activation: Activation | str, q: npt.ArrayLike) -> Array:
    """E phi(sqrt(q) z)^2 for every element of q (any shape, >= 0); accuracy as in :func:`kernel`.

    Parameters
    ----------
    activation
        phi.
    q
        Variances of the argument, >= 0, any shape.

    Returns
    -------
    Array of the shape of q.

    Raises
    ------
    ValueError
        If a variance is negative or not finite, or the quadrature does not settle.

    Examples
    --------
    >>> fs.second_moment(fs.get_activation("tanh"), [0.5, 1.0]).round(6)
    array([0.273676, 0.394294])
    """
    activation, q = as_activation(activation), _checked_variances(q, "q")
    closed = activation.closed_forms.moment
    if closed is not None:
        return closed(q)
    return mean_of_square(activation, activation.kinks, activation.tails, q)


def derivative_second_moment(activation: Activation | str, q: npt.ArrayLike) -> Array:
    """E phi'(sqrt(q) z)^2 for every element of q (any shape, >= 0); phi'(0)^2 at q = 0.

    Parameters
    ----------
    activation
        phi.
    q
        Variances of the argument, >= 0, any shape.

    Returns
    -------
    Array of the shape of q.

    Raises
    ------
    ValueError
        As :func:`second_moment`.

    Examples
    --------
    >>> fs.derivative_second_moment(fs.get_activation("relu"), [0.5, 1.0])
    array([0.5, 0.5])
    """
    activation, q = as_activation(activation), _checked_variances(q, "q")
    closed = activation.closed_forms.derivative_moment
    if closed is not None:
        return closed(q)
    return mean_of_square(activation.derivative, activation.kinks, activation.derivative_tails, q)


def kernel(activation: Activation | str, q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> Array:
    """E phi(u) phi(v), I_phi of Karakida et al. (10) for two variances that may differ.

    Parameters
    ----------
    activation
        phi.
    q_s, q_t, q_st
        Variances of u and v and their covariance (any sign), broadcast together. Work that depends on one
        variance is done once for each distinct variance.

    Returns
    -------
    Array of the broadcast shape. Absolute error below 1e-10 sqrt(E phi(u)^2 E phi(v)^2) for smooth activations, 1e-8
    for kinked ones without closed form, rounding error with a closed form.

    Raises
    ------
    ValueError
        If a variance is negative, a value not finite, or |q_st| > sqrt(q_s q_t).

    Notes
    -----
    Cost for 500 x 500 pairs on one core: about 10 ms with an elementary closed form, 0.3 to 0.8 s with kinks off the
    origin (hard tanh), 0.1 to 3 s by the Hermite series (tanh, SiLU, softplus; the longer the larger the variances).
    A pair that needs the two-dimensional rule costs some ten milliseconds; with the built-in activations that happens
    only for tanh, at variances between 4 and 100 and |correlation| very close to 1.

    Examples
    --------
    >>> fs.kernel(fs.get_activation("erf"), 1.0, 1.0, [0.0, 0.5, 1.0]).round(6)
    array([0.      , 0.216347, 0.464559])
    """
    activation = as_activation(activation)
    q_s, q_t, q_st = _checked_covariances(q_s, q_t, q_st)
    closed = activation.closed_forms.kernel
    if closed is not None:
        return closed(q_s, q_t, q_st)
    return mean_of_product(activation, activation.kinks, activation.tails, q_s, q_t, correlation(q_s, q_t, q_st))


def derivative_kernel(
    activation: Activation | str, q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike
) -> Array:
    """E phi'(u) phi'(v), I_phi' of Karakida et al. (12); everything else as for :func:`kernel`.

    Parameters
    ----------
    activation, q_s, q_t, q_st
        As for :func:`kernel`.

    Raises
    ------
    ValueError
        As :func:`kernel`.

    Examples
    --------
    >>> fs.derivative_kernel(fs.get_activation("relu"), 1.0, 1.0, [0.0, 0.5, 1.0]).round(6)
    array([0.25    , 0.333333, 0.5     ])
    """
    activation = as_activation(activation)
    q_s, q_t, q_st = _checked_covariances(q_s, q_t, q_st)
    closed = activation.closed_forms.derivative_kernel
    if closed is not None:
        return closed(q_s, q_t, q_st)
    c = correlation(q_s, q_t, q_st)
    return mean_of_product(activation.derivative, activation.kinks, activation.derivative_tails, q_s, q_t, c)


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def _checked_variances(q: npt.ArrayLike, name: str) -> Array:
    q = real_array(name, q)
    wrong = ~(np.isfinite(q) & (q >= 0.0))
    if np.any(wrong):
        raise ValueError(f"{name} = {q[wrong].flat[0]:g}: a variance must be a finite number >= 0")
    return q


def _checked_covariances(q_s: npt.ArrayLike, q_t: npt.ArrayLike, q_st: npt.ArrayLike) -> tuple[Array, Array, Array]:
    q_s, q_t = _checked_variances(q_s, "q_s"), _checked_variances(q_t, "q_t")
    q_st = real_array("q_st", q_st)
    try:
        np.broadcast_shapes(q_s.shape, q_t.shape, q_st.shape)
    except ValueError as error:
        raise ValueError(
            f"q_s, q_t and q_st have the shapes {q_s.shape}, {q_t.shape} and {q_st.shape}: must broadcast together"
        ) from error
    limit = largest_covariance(q_s, q_t)
    wrong = ~(np.abs(q_st) <= limit * (1.0 + _COVARIANCE_TOLERANCE))
    if np.any(wrong):
        covariance, allowed = np.broadcast_arrays(q_st, limit)
        value, most = covariance[wrong].flat[0], allowed[wrong].flat[0]
        raise ValueError(f"q_st = {value:g}: a covariance must be between -{most:g} and {most:g}, sqrt(q_s q_t)")
    return q_s, q_t, np.clip(q_st, -limit, limit)
