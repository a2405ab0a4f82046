"""The limiting spectral law that belongs to sampled eigenvalues, by the names that tables have for it."""

from __future__ import annotations

import math

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation, signal_propagation
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw


def limiting_law(function: str, projection_weight: float, depth: int, gaussian_weights: bool = False) -> SpectralLaw:
    """mu_L for qhat_0 = sigma = 1.

    Parameters
    ----------
    function
        Activation of all hidden layers; not used with projections.
    projection_weight
        Weight of 1 in the law of independent projections D_l; not a number for a network.
    depth
        L.
    gaussian_weights
        Gaussian instead of Haar distributed weights.
    """
    if math.isnan(projection_weight):
        propagation = signal_propagation(get_activation(function), depth)
    else:
        propagation = constant_propagation(depth, projection_weight, gamma=1.0)
    return SpectralLaw(propagation, gaussian_weights)
