"""Activations inside compiled loops.

A loop cannot call `Activation` itself, which works on whole arrays. It takes a `Coded` activation, numbers from which
`activate` computes phi and phi' one after another, in a form that processors do several of at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fisher_spectra.activations.compiled_codes import ERF, GELU, PIECEWISE_LINEAR, TANH
from fisher_spectra.activations.compiled_functions import (
    erf_double,
    erf_single,
    exp_double,
    exp_single,
    logistic_single,
    normal_distribution_double,
    normal_distribution_single,
    tanh_double,
    tanh_single,
)
from fisher_spectra.common.compiled import compiled

_DENSITY_AT_ZERO_DOUBLE = 1.0 / math.sqrt(2.0 * math.pi)
_MINUS_HALF, _DENSITY_AT_ZERO = np.float32(-0.5), np.float32(_DENSITY_AT_ZERO_DOUBLE)


@compiled
def _smooth_in_single(u: Any, added: Any, slope: Any, kind: int, table: Any) -> None:
    inner, outer, at_zero = table[0], table[1], table[2]
    if kind == ERF:
        for i in range(u.size):
            x = inner * (u[i] + added[i])
            u[i] = outer * erf_single(x)
            slope[i] = at_zero * exp_single(-x * x)
    elif kind == GELU:
        for i in range(u.size):
            x = u[i] + added[i]
            below = normal_distribution_single(x)
            u[i] = x * below
            slope[i] = below + x * (_DENSITY_AT_ZERO * exp_single(_MINUS_HALF * x * x))
    else:
        for i in range(u.size):
            x = u[i] + added[i]
            gate = logistic_single(x)
            value = x * gate
            u[i] = value
            slope[i] = gate + value * (1 - gate)


@compiled
def _smooth_in_double(u: Any, added: Any, slope: Any, kind: int, table: Any) -> None:
    inner, outer, at_zero = table[0], table[1], table[2]
    if kind == ERF:
        for i in range(u.size):
            x = inner * (u[i] + added[i])
            u[i] = outer * erf_double(x)
            slope[i] = at_zero * exp_double(-x * x)
    elif kind == GELU:
        for i in range(u.size):
            x = u[i] + added[i]
            below = normal_distribution_double(x)
            u[i] = x * below
            slope[i] = below + x * (_DENSITY_AT_ZERO_DOUBLE * exp_double(-0.5 * x * x))
    else:
        for i in range(u.size):
            x = u[i] + added[i]
            gate = 1 / (1 + exp_double(-x))
            value = x * gate
            u[i] = value
            slope[i] = gate + value * (1 - gate)


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
                value = tanh_single(u[i] + added[i]) if u.itemsize == 4 else tanh_double(u[i] + added[i])
                u[i] = value
                slope[i] = 1 - value * value
        elif kind != PIECEWISE_LINEAR:
            if u.itemsize == 4:
                _smooth_in_single(u, added, slope, kind, table)
            else:
                _smooth_in_double(u, added, slope, kind, table)
        else:
            for i in range(u.size):
                x = u[i] + added[i]
                right = s_1 if x > kink_1 else s_0
                constant = c_1 if x > kink_1 else c_0
                right = s_2 if x > kink_2 else right
                constant = c_2 if x > kink_2 else constant
                u[i] = constant + right * x
                slope[i] = right
