"""Signal propagation of the three panels of Hayase and Karakida's Figure 1, and of two networks of unequal layers."""

from __future__ import annotations

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.derivative_law import two_point_law
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    signal_propagation,
)

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
PANELS = {
    "left": signal_propagation(get_activation(FIGURES), 3),
    "centre": signal_propagation(get_activation("hard_tanh(s=1,g=1)"), 3),
    "right": constant_propagation(3, 0.5, 1.0),
    "unequal": SignalPropagation((1.0, 0.9, 0.7), (two_point_law(0.8, 1.2), two_point_law(0.3, 0.8)), (1.0, 1.3, 0.6)),
    "few": SignalPropagation((1.0, 0.9, 0.7), (two_point_law(0.2, 1.2), two_point_law(0.3, 0.8)), (1.0, 1.3, 0.6)),
}
