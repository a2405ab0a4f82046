"""The variances sigma_l^2 of the layers, as one number for all of them or one for each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fisher_spectra.common.arguments import check_integer, real_array, shown


def layer_variances(sigma2: float | Sequence[float], depth: int) -> tuple[float, ...]:
    """sigma_1^2 .. sigma_L^2 from one number, of any numeric type, or L of them.

    Raises
    ------
    ValueError
        If the depth is below 1, there are not L numbers, or one is not positive and finite.
    """
    depth, given = check_integer("depth", depth, 1), real_array("sigma2", sigma2)
    variances = (float(given),) * depth if given.ndim == 0 else tuple(given.tolist())
    if given.shape not in ((), (depth,)) or not all(v > 0 and math.isfinite(v) for v in variances):
        raise ValueError(f"sigma2 = {shown(sigma2)}: must be one positive number or {depth} of them")
    return variances
