"""Oracle in closed form: the limiting density of the linear network, Pennington and Worah (2018), section 2.5."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ellipe, ellipkm1

Array = npt.NDArray[np.float64]


def linear_density(x: npt.ArrayLike) -> Array:
    """Continuous part of the limiting density, (17) with the elliptic integrals (18); 0 outside [0, 8].

    An atom of weight 1/2 sits at 0 in addition. The argument of K and E in (17) and (18) is the parameter m = k^2.
    """
    x = np.asarray(x, dtype=np.float64)
    inside = (x >= 0.0) & (x <= 8.0)
    # 1 - m = (x - 4)^2 / 16; at x = 4 the pole of K is cancelled by its factor.
    complement = np.where(inside, ((x - 4.0) / 4.0) ** 2, 1.0)
    first_kind = np.where(complement > 0.0, ellipkm1(np.where(complement > 0.0, complement, 1.0)), 0.0)
    value = ellipe(1.0 - complement) / (2.0 * np.pi**2) + (4.0 - x) / (8.0 * np.pi**2) * first_kind
    return np.where(inside, value, 0.0)
