"""An own network as it is configured, and the same network with other widths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble, scaled_widths
from fisher_spectra.networks.layered import Initialisation, LayeredNetwork, sample_layered_network


@dataclass(frozen=True)
class OwnNetwork:
    """Distribution of a network's initial parameters.

    Attributes
    ----------
    ensemble
        Widths, activations and variances of the layers, and whether the biases are parameters.
    initialisation
        How the weights are drawn.

    Examples
    --------
    >>> from fisher_spectra.own_networks.description import OwnNetwork
    >>> network = OwnNetwork.of([4, 20, 10, 2], "tanh", 2.0, 0.0, "gaussian", biases=True)
    >>> network.scaled(0.5).ensemble.widths
    (4, 10, 5, 2)
    """

    ensemble: LayeredEnsemble
    initialisation: Initialisation

    @classmethod
    def of(
        cls,
        widths: Sequence[int],
        activation: str | Sequence[str],
        sigma_w2: float | Sequence[float],
        sigma_b2: float | Sequence[float],
        initialisation: Initialisation,
        *,
        biases: bool,
    ) -> OwnNetwork:
        """From what the configuration says; one value for all layers, or one for each.

        Raises
        ------
        ValueError
            If a value is out of range, or there are too few or too many.
        UserError
            If there is no activation of that name.
        """
        return cls(layered_ensemble(widths, activation, sigma_w2, sigma_b2, biases=biases), initialisation)

    def scaled(self, factor: float) -> OwnNetwork:
        """The network with hidden widths times `factor`, rounded, at least 1; inputs and outputs stay as they are."""
        return replace(self, ensemble=replace(self.ensemble, widths=scaled_widths(self.ensemble.widths, factor)))

    def sample(self, rng: np.random.Generator) -> LayeredNetwork:
        """One network, in double precision."""
        e = self.ensemble
        return sample_layered_network(rng, e.widths, e.activations, e.sigma_w2, e.sigma_b2, self.initialisation)
