"""kappa_1 and kappa_2 over many variances and depths at once, for pictures and tables over both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.gaussian.integrals import derivative_kernel, derivative_second_moment, kernel, second_moment

Array = npt.NDArray[np.float64]

_LARGEST = 1e150  # second moments whose products are still numbers


def kappas_of_depths(
    phi: Activation, sigma_w2: Array, sigma_b2: Array, depths: Sequence[int], input_moment: float = 1.0
) -> tuple[Array, Array]:
    """kappa_1 and kappa_2 of equal widths on uncorrelated inputs; Karakida, Akaho, Amari 2019, (9) to (15).

    As :func:`fisher_spectra.mean_field` has them one by one. The way up is gone once for all depths: the layers of a
    shallow network are the lowest ones of a deep one.

    Parameters
    ----------
    phi
        The activation.
    sigma_w2, sigma_b2
        Variances, > 0 and >= 0, shape (n,) each.
    depths
        L >= 2 of each network.
    input_moment
        q_hat^0.

    Returns
    -------
    Both of shape (depths, n); ``nan`` where the moments overflow.
    """
    q_hat, q_hat_st = np.full_like(sigma_w2, input_moment), np.zeros_like(sigma_w2)
    # an odd phi keeps uncorrelated samples uncorrelated, exactly
    uncorrelated = np.full(sigma_w2.shape, phi.is_odd) & (sigma_b2 == 0.0)
    lost = np.zeros(sigma_w2.shape, dtype=bool)
    activities, gains, overflows = [(q_hat, q_hat_st)], [], [lost]
    for _ in range(1, max(depths)):
        with np.errstate(over="ignore", invalid="ignore"):
            q, q_st = sigma_w2 * q_hat + sigma_b2, sigma_w2 * q_hat_st + sigma_b2
        lost = lost | ~(q < _LARGEST)
        q, q_st = np.where(lost, 1.0, q), np.where(lost, 0.0, q_st)
        gains.append((sigma_w2 * derivative_second_moment(phi, q), sigma_w2 * derivative_kernel(phi, q, q, q_st)))
        q_hat = np.asarray(second_moment(phi, q))
        q_hat_st = np.where(uncorrelated, 0.0, kernel(phi, q, q, q_st))
        activities.append((q_hat, q_hat_st))
        overflows.append(lost)

    def kappa(which: int, depth: int) -> Array:
        q_tilde, total = np.ones_like(sigma_w2), activities[depth - 1][which].copy()
        with np.errstate(over="ignore", invalid="ignore"):
            for layer in range(depth - 2, -1, -1):
                q_tilde = q_tilde * gains[layer][which]
                total += q_tilde * activities[layer][which]
        bad = overflows[depth - 1] | ~np.isfinite(total)
        return np.asarray(np.where(bad, np.nan, total) / (depth - 1))

    kappa_1, kappa_2 = (np.array([kappa(which, depth) for depth in depths]) for which in (0, 1))
    return kappa_1, kappa_2
