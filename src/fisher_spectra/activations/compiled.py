"""Activations inside compiled loops: tanh, and those that are piecewise linear with at most two kinks.

A loop cannot call `Activation` itself, which works on whole arrays. It takes a `Coded` activation, numbers from which
`value_and_slope` computes phi and phi' one after another, in a form that processors do several of at a time.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.compiled import compiled

TANH, PIECEWISE_LINEAR = 0, 1
_MOST_KINKS = 2


class Coded(NamedTuple):
    """An activation in numbers."""

    kind: int  # TANH or PIECEWISE_LINEAR
    # [k_1, k_2, c_0, s_0, c_1, s_1, c_2, s_2]: phi(x) = c_i + s_i x, with i the number of k_j below x. Floating point.
    table: npt.NDArray[Any]


def coded(activation: Activation, dtype: npt.DTypeLike) -> Coded | None:
    """The activation for loops in this precision, or None if it is of another kind.

    Parameters
    ----------
    activation
        phi.
    dtype
        float32 or float64, that of the arguments.
    """
    table = np.zeros(2 + 2 * (_MOST_KINKS + 1), dtype=dtype)
    if activation.name == "tanh":
        return Coded(TANH, table)
    kinks, slopes = activation.kinks, activation.slopes
    if slopes is None or len(kinks) > _MOST_KINKS:
        return None
    table[:_MOST_KINKS] = np.inf
    for place, kink in enumerate(kinks):
        rounded = table.dtype.type(kink)
        # At the kink itself the slope may be that of the right: then the piece begins there, not behind it.
        from_right = activation.derivative(kink) == slopes[place + 1] != slopes[place]
        table[place] = np.nextafter(rounded, -np.inf, dtype=table.dtype) if from_right else rounded
    for piece in range(_MOST_KINKS + 1):
        number = min(piece, len(kinks))
        # a point of the piece: the origin if it lies there, since most pass through it exactly
        left, right = (-np.inf, *kinks)[number], (*kinks, np.inf)[number]
        point = min(max(0.0, left), right)
        table[2 + 2 * piece : 4 + 2 * piece] = activation(point) - slopes[number] * point, slopes[number]
    return Coded(PIECEWISE_LINEAR, table)


def _continued_fraction(levels: int) -> tuple[list[Fraction], list[Fraction]]:
    """tanh(x) = x p(x^2) / q(x^2) from Lambert's x / (1 + x^2 / (3 + x^2 / (5 + ..))), cut off: coefficients of p, q.

    They rise with the powers, and q(0) = 1.
    """
    upper, lower = [Fraction(2 * levels - 1)], [Fraction(1)]
    for odd in range(2 * levels - 3, 0, -2):
        # odd + z / (upper / lower)
        product = [odd * c for c in upper] + [Fraction(0)] * (len(lower) + 1 - len(upper))
        for power, c in enumerate(lower, start=1):
            product[power] += c
        upper, lower = product, upper
    return [c / upper[0] for c in lower], [c / upper[0] for c in upper]


# With 13 levels the fraction is right to 1e-7 up to 9.1, and beyond 9.02 tanh rounds to 1 in single precision.
_LARGEST = np.float32(9.1)
_P, _Q = ([np.float32(float(c)) for c in part] for part in _continued_fraction(13))
_P0, _P1, _P2, _P3, _P4, _P5, _P6 = _P
_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6 = _Q
_ONE = np.float32(1.0)


@compiled
def tanh_single(x: Any) -> Any:
    """tanh of a number in single precision, within 5 units in the last place; what is not a number stays so."""
    x = _LARGEST if x > _LARGEST else x
    x = -_LARGEST if x < -_LARGEST else x
    z = x * x
    p = (((((_P6 * z + _P5) * z + _P4) * z + _P3) * z + _P2) * z + _P1) * z + _P0
    q = (((((_Q6 * z + _Q5) * z + _Q4) * z + _Q3) * z + _Q2) * z + _Q1) * z + _Q0
    value = x * p / q
    value = _ONE if value > _ONE else value
    return -_ONE if value < -_ONE else value


@compiled
def activate(units: Any, shift: Any, slopes: Any, kind: int, table: Any) -> None:
    """phi(u + shift) in the place of u, and phi'(u + shift), phi as `Coded`.

    Parameters
    ----------
    units, slopes
        (B, M), C-contiguous, of one precision.
    shift
        (B, M), or (1, M) for one that all rows share.
    """
    # Read before the loops: as far as the compiler knows, they might write them.
    kink_1, kink_2, c_0, s_0 = table[0], table[1], table[2], table[3]
    c_1, s_1, c_2, s_2 = table[4], table[5], table[6], table[7]
    for row in range(units.shape[0]):
        u, slope, added = units[row], slopes[row], shift[row if shift.shape[0] > 1 else 0]
        if kind == TANH:
            for i in range(u.size):
                value = tanh_single(u[i] + added[i]) if u.itemsize == 4 else math.tanh(u[i] + added[i])
                u[i] = value
                slope[i] = 1 - value * value
        else:
            for i in range(u.size):
                x = u[i] + added[i]
                right = s_1 if x > kink_1 else s_0
                constant = c_1 if x > kink_1 else c_0
                right = s_2 if x > kink_2 else right
                constant = c_2 if x > kink_2 else constant
                u[i] = constant + right * x
                slope[i] = right
