"""Slow oracle: the Cauchy transform of mu_L by the fixed point of subordination, layer within layer."""

from __future__ import annotations

from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation


def fixed_point_cauchy_transform(propagation: SignalPropagation, z: complex) -> complex:
    """G of mu_L by nested fixed-point iterations in the upper half plane.

    For nu [x] mu at y, the subordination equations are z u = y (1 + w) / w, w = h_mu(z) = h_nu(u) (Belinschi,
    Bercovici 2007); z -> h_nu, h_mu are iterated from z = y.
    """
    if propagation.depth == 1:
        return 1 / (z - propagation.moments[0])
    law, q, sigma2 = propagation.laws[-1], propagation.moments[-1], propagation.sigma2[-1]
    inner = propagation.truncated(propagation.depth - 1)
    y = (z - q) / sigma2
    argument = y
    for _ in range(400):
        w = argument * fixed_point_cauchy_transform(inner, argument) - 1
        u = y * (1 + w) / (w * argument)
        v = u * sum(p / (u - x) for x, p in zip(law.values, law.weights, strict=True)) - 1
        updated = y * (1 + v) / (v * u)
        if abs(updated - argument) < 1e-13 * abs(argument):
            break
        argument = updated
    return (1 + w) / y / sigma2
