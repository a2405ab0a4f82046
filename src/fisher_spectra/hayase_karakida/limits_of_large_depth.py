"""Limits of large depth near dynamical isometry: Hayase and Karakida 2021, Theorem 4.3 to Corollary 4.5.

Equation numbers are those of 2021 unless the preprint of 2020 is named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_integer, check_positive, check_type, real_number
from fisher_spectra.hayase_karakida.atoms import zero_where_rounding
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]

_LARGEST_RATE = 350.0  # beyond, the exponential of two of them overflows; the theory has them below 1


@dataclass(frozen=True)
class IsometryRates:
    """Assumption 4.2: the limits of these two numbers, both below 1 in absolute value."""

    epsilon_1: float  # L (1 - alpha_{L-1}), (27)
    epsilon_2: float  # - L log(sigma_L^2 gamma_{L-1}), (28)


def isometry_rates(propagation: SignalPropagation) -> IsometryRates:
    """epsilon_1 and epsilon_2 at depth L, from the last hidden layer, whose indices Theorem 4.3 has.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.

    Raises
    ------
    ValueError
        If L = 1, or phi is smooth.

    Examples
    --------
    >>> rates = fs.isometry_rates(fs.constant_propagation(depth=100, alpha=0.995, gamma=0.999))
    >>> round(rates.epsilon_1, 4), round(rates.epsilon_2, 4)
    (0.5, 0.1001)
    """
    check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
    if propagation.depth < 2:
        raise ValueError("depth = 1: a network without hidden layer has no such rates")
    law, depth = propagation.laws[-1], propagation.depth
    return IsometryRates(depth * law.deficit, -depth * math.log(propagation.sigma2[-1] * law.gamma))


def limiting_maximum(q: float, epsilon_2: float) -> float:
    """lim ||mu_L||_inf / L = q (1 - exp(-epsilon_2)) / epsilon_2: Theorem 4.3 (31), Theorem 4.6 of the preprint.

    Parameters
    ----------
    q
        q_l = ||x^l||^2 / M, the same in all layers (Assumption 4.1).
    epsilon_2
        Limit of - L log(sigma^2 gamma), (28).

    Examples
    --------
    >>> round(fs.limiting_maximum(q=1.0, epsilon_2=0.1), 6), fs.limiting_maximum(q=1.0, epsilon_2=0.0)
    (0.951626, 1.0)
    """
    return check_positive("q", q) * _mean_of_exponential(epsilon_2=epsilon_2)


def limiting_mean(q: float, epsilon_1: float, epsilon_2: float) -> float:
    """lim m_1(mu_L) / L = q (1 - exp(-epsilon_1 - epsilon_2)) / (epsilon_1 + epsilon_2): Proposition 4.4 (33).

    Parameters
    ----------
    q
        As in :func:`limiting_maximum`.
    epsilon_1
        Limit of L (1 - alpha), (27).
    epsilon_2
        Limit of - L log(sigma^2 gamma), (28).

    Examples
    --------
    >>> round(fs.limiting_mean(q=1.0, epsilon_1=0.5, epsilon_2=0.1), 6)
    0.751981
    """
    return check_positive("q", q) * _mean_of_exponential(epsilon_1=epsilon_1, epsilon_2=epsilon_2)


def limiting_mean_of_many_inputs(ratio: float, q: float, epsilon_1: float, epsilon_2: float) -> float:
    """Limit of the mean eigenvalue of Theta / M for L, N -> infinity with L / N -> `ratio`: Corollary 4.5 (36)."""
    return ratio * limiting_mean(q, epsilon_1, epsilon_2)


def limiting_atom_weights(propagation: SignalPropagation) -> Array:
    """1 - (l - 1)(1 - alpha_{l-1}) for l = 1 .. L, shape (L,): weight of the maximum in Theorem 4.3 at each depth.

    It is exact if alpha is the same in all layers.
    """
    layers = np.arange(1, propagation.depth)
    weights = 1.0 - layers * np.array([law.deficit for law in propagation.laws])
    return np.concatenate([[1.0], zero_where_rounding(weights, layers + 1)])


def _mean_of_exponential(**rates: float) -> float:
    """(1 - exp(-rate)) / rate, the mean of exp(-rate t) over [0, 1], for the sum of some rates."""
    numbers = [real_number(name, rate) for name, rate in rates.items()]
    if not all(math.isfinite(number) and abs(number) <= _LARGEST_RATE for number in numbers):
        given = ", ".join(f"{name} = {rate}" for name, rate in rates.items())
        raise ValueError(f"{given}: must be between -{_LARGEST_RATE:g} and {_LARGEST_RATE:g}")
    rate = sum(numbers)
    return -math.expm1(-rate) / rate if rate != 0 else 1.0


def stationary_hard_tanh(depth: int, epsilon_1: float, q: float = 1.0) -> tuple[float, float]:
    """(s, g) of the hard tanh for which Assumption 4.1 holds with q_l = q and L (1 - alpha) = epsilon_1.

    With sigma = 1 the kinks are at 1 / (s g), so 1 - alpha = P(|h| > 1 / (s g)) fixes the product s g. That q is
    constant, q = E phi(sqrt(q) z)^2, then fixes g. Hence epsilon_2 = - L log g^2 < 0 is not free.

    Parameters
    ----------
    depth
        L.
    epsilon_1
        L (1 - alpha), above 0 and below L.
    q
        q_l of all layers.

    Raises
    ------
    ValueError
        If the depth is below 1, q is not positive, or 1 - alpha = epsilon_1 / L is not between 0 and 1.

    Examples
    --------
    >>> s, g = fs.stationary_hard_tanh(depth=10, epsilon_1=0.5)
    >>> round(s, 6), round(g, 6)
    (0.487507, 1.046577)
    >>> phi = fs.get_activation(f"hard_tanh(s={s!r},g={g!r})")
    >>> round(float(fs.second_moment(phi, 1.0)), 12)
    1.0
    """
    check_integer("depth", depth, 1)
    q = check_positive("q", q)
    tail = real_number("epsilon_1", epsilon_1) / depth
    if not 0 < tail < 1:
        raise ValueError(f"epsilon_1 / L = {tail}: must be between 0 and 1")
    threshold = float(
        scipy.optimize.brentq(lambda t: math.log(2 * scipy.special.ndtr(-t)) - math.log(tail), 0.0, 37.0, xtol=1e-15)
    )
    # E min(z^2, t^2) = 1 - tail - 2 t n(t) + t^2 tail, and g^2 times it must be 1.
    density = math.exp(-0.5 * threshold**2) / math.sqrt(2 * math.pi)
    lost = tail + 2 * threshold * density - threshold**2 * tail
    g = 1 / math.sqrt(1 - lost)
    return 1 / (g * threshold * math.sqrt(q)), g
