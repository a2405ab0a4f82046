"""Double-exponential quadrature for integrands with algebraic singularities at the ends of the interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

# With w = 1/(1 + exp(-pi sinh t)) and |t| <= 4 the smallest distance from an end is 6e-38 of the interval, so that
# an inverse square root cut off there loses 1e-19 of its integral.
_T_MAX = 4.0


@dataclass(frozen=True)
class UnitRule:
    """Rule on (0, 1); distances from both ends are kept to full relative accuracy.

    Attributes
    ----------
    from_left, from_right
        Distances of the nodes from 0 and from 1, shape (nodes,).
    weights
        Shape (nodes,).
    """

    from_left: npt.NDArray[np.float64]
    from_right: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]


@cache
def unit_rule(nodes_per_unit: int = 32) -> UnitRule:
    """Double-exponential (tanh-sinh) rule of Takahasi and Mori with step 1 / `nodes_per_unit` in the variable t.

    The error falls as exp(-2 pi d nodes_per_unit), d being the distance of the nearest singularity from the real
    t axis: 1 / sqrt(1 + (log(r) / pi)^2) for a branch point beyond an end of the interval, at r times its length.
    The default leaves 1e-15 at r = 1e-8.
    """
    count = round(_T_MAX * nodes_per_unit)
    t = np.arange(-count, count + 1) / nodes_per_unit
    exponent = np.pi * np.sinh(t)
    left = 1.0 / (1.0 + np.exp(-exponent))
    right = 1.0 / (1.0 + np.exp(exponent))
    weights = np.pi * np.cosh(t) * left * right / nodes_per_unit
    return UnitRule(left, right, weights)
