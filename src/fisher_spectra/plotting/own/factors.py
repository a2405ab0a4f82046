"""The axis along which an own network is made wider and narrower."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

FACTOR = "factor of the hidden widths"
_APART = 1.2  # share by which two factors differ that can both be named


def show_factors(axis: Axes, factors: pd.Series) -> None:
    """Name the factors themselves along a logarithmic axis, but for those too close to one that is named."""
    shown: list[float] = []
    for factor in sorted(set(factors)):
        if not shown or factor > _APART * shown[-1]:
            shown.append(factor)
    axis.set_xticks(shown, [f"{factor:g}" for factor in shown])
    axis.xaxis.minorticks_off()
