"""Slow, obvious oracle: moments of free convolutions by free cumulants."""

from __future__ import annotations

from collections.abc import Sequence


def compressed_moments(moments: Sequence[float], alpha: float, gamma: float) -> list[float]:
    """Moments of nu [x] mu for nu = (1 - alpha) delta_0 + alpha delta_gamma by free cumulants.

    A projection of trace alpha that is free of A compresses it to an operator whose n-th free cumulant is
    alpha^{n-1} times that of A (Nica, Speicher 1996).
    """
    cumulants = free_cumulants(moments)
    compressed = moments_of_cumulants([alpha ** (n - 1) * k for n, k in enumerate(cumulants, start=1)])
    return [alpha * gamma**n * m for n, m in enumerate(compressed, start=1)]


def moments_of_cumulants(cumulants: Sequence[float]) -> list[float]:
    """m_n = sum_s kappa_s * (sum over i_1 + .. + i_s = n - s of m_{i_1} .. m_{i_s})."""
    moments = [1.0]
    for n in range(1, len(cumulants) + 1):
        moments.append(sum(cumulants[s - 1] * _products(moments, s, n - s) for s in range(1, n + 1)))
    return moments[1:]


def free_cumulants(moments: Sequence[float]) -> list[float]:
    known = [1.0, *moments]
    cumulants: list[float] = []
    for n in range(1, len(moments) + 1):
        rest = sum(cumulants[s - 1] * _products(known, s, n - s) for s in range(1, n))
        cumulants.append(known[n] - rest)
    return cumulants


def _products(moments: Sequence[float], factors: int, total: int) -> float:
    if factors == 1:
        return moments[total]
    return sum(moments[i] * _products(moments, factors - 1, total - i) for i in range(total + 1))
