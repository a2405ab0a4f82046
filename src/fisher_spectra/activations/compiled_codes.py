"""Activations in numbers, as compiled loops take them: tanh, erf, GELU, SiLU, piecewise linear ones of up to two kinks.

They are made here without a compiler.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation

TANH, PIECEWISE_LINEAR, ERF, GELU, SILU = 0, 1, 2, 3, 4
_SMOOTH = {"tanh": TANH, "erf": ERF, "normalised_erf": ERF, "gelu": GELU, "silu": SILU}
_MOST_KINKS = 2


class Coded(NamedTuple):
    """An activation in numbers."""

    kind: int  # TANH, PIECEWISE_LINEAR, ..
    # [k_1, k_2, c_0, s_0, c_1, s_1, c_2, s_2]: phi(x) = c_i + s_i x, with i the number of k_j below x. Floating point.
    # Of erf [a, b, c, 0, ..]: phi(x) = b erf(a x), phi'(0) = c. Of other smooth ones nothing.
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
    if activation.name in _SMOOTH:
        if _SMOOTH[activation.name] == ERF:
            outer, slope = float(activation(np.inf)), float(activation.derivative(0.0))
            table[:3] = slope / outer * math.sqrt(math.pi) / 2, outer, slope
        return Coded(_SMOOTH[activation.name], table)
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
