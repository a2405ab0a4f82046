"""Small networks with Haar distributed weights."""

from __future__ import annotations

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import sample_orthogonal_network
from fisher_spectra.networks.fully_connected import RandomNetwork

# At M = 6 few units are saturated with s^2 = 0.125, as in the figures; half of them are here.
SATURATED = "hard_tanh(s=1.2,g=1.1)"


def small_network(
    spec: str, depth: int = 4, width: int = 6, sigma2: float = 1.3
) -> tuple[RandomNetwork, np.random.Generator]:
    rng = generator(0, "test_conditional_fisher", spec, depth, width)
    return sample_orthogonal_network(rng, width, depth, get_activation(spec), sigma2), rng
