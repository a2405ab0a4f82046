"""Moments of mu_L at any order, from those of the layers by S-transforms as power series.

Hayase, Karakida 2020 and 2021, (10), (11) and (15) of 2021. This way shares nothing with the one by points
(`hayase_karakida.free_probability`, `layer_map`) but the signal propagation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_positive, check_type, finite_array
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]


def free_multiplicative_moments(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """Moments m_1 .. m_n of mu [x] nu from those of mu and of nu, both with positive means.

    With psi(t) = sum_k m_k t^k and its inverse series chi, S(w) = chi(w) (1 + w) / w multiplies.

    Parameters
    ----------
    first, second
        m_1 .. m_n of mu and of nu, as many of each, m_1 > 0.

    Returns
    -------
    Array of shape (n,).

    Raises
    ------
    ValueError
        If there are not as many of each.

    Examples
    --------
    >>> fs.free_multiplicative_moments([1.0, 2.0, 5.0], [1.0, 2.0, 5.0]).round(6)  # two Marchenko-Pastur laws
    array([ 1.,  3., 12.])
    """
    first, second = finite_array("first", first), finite_array("second", second)
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise ValueError(
            f"first and second of the shapes {first.shape} and {second.shape}: must be as many, at least one"
        )
    for name, mean in (("first", first[0]), ("second", second[0])):
        check_positive(f"{name}[0]", mean)
    n = len(first)
    # With both means 1 the coefficients stay of order one.
    scales = float(first[0]), float(second[0])
    powers = np.arange(1, n + 1)
    chi = [
        _inverse_series(np.array(m, dtype=np.float64) / s**powers) for m, s in zip((first, second), scales, strict=True)
    ]
    # chi = w + ..: chi_1 chi_2 / w times (1 + w), a series that begins with w.
    product = np.convolve(chi[0], chi[1])[:n]
    product[1:] += product[:-1].copy()
    return _inverse_series(product) * (scales[0] * scales[1]) ** powers


def _inverse_series(series: Array) -> Array:
    """Coefficients of t, t^2, .. of the inverse of s_1 t + s_2 t^2 + .., by Lagrange's formula."""
    n = len(series)
    reciprocal = np.zeros(n)  # of s_1 + s_2 t + ..
    reciprocal[0] = 1 / series[0]
    for k in range(1, n):
        reciprocal[k] = -reciprocal[0] * np.dot(series[1 : k + 1], reciprocal[k - 1 :: -1])
    inverse, power = np.empty(n), np.ones(1)
    for k in range(1, n + 1):
        power = np.convolve(power, reciprocal)[:n]
        inverse[k - 1] = power[k - 1] / k
    return inverse


def pushforward_moments(moments: Sequence[float], shift: float, scale: float) -> Array:
    """Moments m_1 .. m_n of shift + scale X."""
    # Multiplying by (shift + scale X) raises the degree of a polynomial in X, whose mean is taken at the end.
    known = np.array([1.0, *moments])
    polynomial = np.ones(1)
    result = []
    for _ in moments:
        polynomial = np.convolve(polynomial, [shift, scale])
        result.append(float(np.dot(polynomial, known[: len(polynomial)])))
    return np.array(result)


def moment_recursion(propagation: SignalPropagation, order: int, gaussian_weights: bool = False) -> Array:
    """m_1 .. m_order of mu_L, layer by layer from (15); needs no density and no root.

    Rounding grows with the order; at order 8 and L = 100 ten digits are left.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.
    order
        Highest moment, at least 1.
    gaussian_weights
        Gaussian instead of Haar distributed weights.

    Returns
    -------
    Array of shape (order,).

    Examples
    --------
    >>> fs.moment_recursion(fs.constant_propagation(depth=3, alpha=0.5, gamma=1.0), order=3).round(6)
    array([1.75   , 3.6875 , 8.78125])
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    check_integer("order", order, 1)
    moments = propagation.moments[0] ** np.arange(1.0, order + 1)
    for law, q, sigma2 in zip(propagation.laws, propagation.moments[1:], propagation.sigma2[1:], strict=True):
        moments = free_multiplicative_moments(moments.tolist(), [law.moment(k) for k in range(1, order + 1)])
        if gaussian_weights:
            moments = free_multiplicative_moments(moments.tolist(), _catalan_numbers(order))
        moments = pushforward_moments(moments.tolist(), q, sigma2)
    return moments


def _catalan_numbers(order: int) -> list[float]:
    """Moments of the Marchenko-Pastur law of ratio 1."""
    numbers = [1.0]
    for k in range(1, order):
        numbers.append(numbers[-1] * 2 * (2 * k + 1) / (k + 2))
    return numbers
