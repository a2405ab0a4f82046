"""The largest eigenvalue of F of sampled networks, for comparison with what theory predicts of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.progress import Progress
from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.networks.fully_connected import gaussian_inputs
from fisher_spectra.networks.layered import (
    checked_initialisation,
    dual_fisher_of_pass,
    forward,
    sample_layered_network,
)
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SampledNetworks:
    """Largest eigenvalues of F = (1/T) sum_t sum_k grad f_k grad f_k^T of networks drawn from one ensemble.

    Attributes
    ----------
    largest_eigenvalues
        One for each network, n >= 2 of them, in the order drawn.
    """

    largest_eigenvalues: tuple[float, ...]

    @property
    def networks(self) -> int:
        """n."""
        return len(self.largest_eigenvalues)

    @property
    def mean(self) -> float:
        """Mean over the networks."""
        return float(np.mean(self.largest_eigenvalues))

    @property
    def deviation(self) -> float:
        """Standard deviation from network to network (divisor n - 1)."""
        return float(np.std(self.largest_eigenvalues, ddof=1))

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / math.sqrt(self.networks)


def sampled_networks(
    ensemble: LayeredEnsemble,
    networks: int,
    samples: int,
    inputs: Array | None = None,
    initialisation: str = "gaussian",
    seed: int = 0,
) -> SampledNetworks:
    """Draw networks, and find the largest eigenvalue of each by its dual Fisher matrix.

    Parameters
    ----------
    ensemble
        Widths, activations, variances, and whether the biases are parameters of F.
    networks
        How many, at least 2.
    samples
        T.
    inputs
        x(t), shape (T, M_0), the same for all networks; drawn anew for each, with independent N(0, 1) entries, if not
        given.
    initialisation
        Law of the weights; see `networks.layered`.
    seed
        Network i depends on it and on i alone.
    """
    initialisation = checked_initialisation(initialisation)
    found = []
    with Progress(networks, "sampled networks") as progress:
        for index in range(networks):
            rng = generator(seed, "sampled network", index)
            network = sample_layered_network(
                rng, ensemble.widths, ensemble.activations, ensemble.sigma_w2, ensemble.sigma_b2, initialisation
            )
            x = gaussian_inputs(rng, samples, ensemble.widths[0]) if inputs is None else inputs
            found.append(largest_eigenvalue(dual_fisher_of_pass(forward(network, x), ensemble.biases)))
            progress.advance()
    return SampledNetworks(tuple(found))
