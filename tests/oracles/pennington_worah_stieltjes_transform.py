"""Slow, obvious oracle: the Stieltjes transform (20) of Pennington and Worah (2018) by sums over both variables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.pennington_worah.constants import NonlinearityConstants


def stieltjes_by_double_sum(
    constants: NonlinearityConstants, z: npt.ArrayLike, nodes: int = 400
) -> npt.NDArray[np.complex128]:
    """G(z) of (20) by midpoint sums over both angles, a = 4 zeta cos^2 t: slow, and exact off the real axis.

    The error falls geometrically with `nodes`, at a rate proportional to the root of the distance of z from the
    spectrum.
    """
    z = np.asarray(z, dtype=np.complex128)
    angle = (np.arange(nodes) + 0.5) * (0.5 * np.pi / nodes)
    value = 4.0 * constants.zeta * np.cos(angle) ** 2
    weight = 2.0 * np.sin(angle) ** 2 / nodes
    d_1, d_2 = constants.upper_shift, constants.lower_shift
    a, b = value[:, None], value[None, :]

    def one(point: complex) -> complex:
        determinant = (point - d_1) * (point - d_2) - a * (point - d_2) - b * (point - d_1)
        return complex(weight @ (0.5 * (2.0 * point - d_1 - d_2 - a - b) / determinant) @ weight)

    return np.reshape(np.array([one(complex(point)) for point in z.ravel()], dtype=np.complex128), z.shape)
