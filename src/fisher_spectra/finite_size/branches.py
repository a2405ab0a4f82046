"""The two branches of the largest eigenvalue, outlier and bulk, for given inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fisher_spectra.finite_size.data_kernels import centred_spectrum, layer_kernels, leading_vector
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.inputs import Inputs
from fisher_spectra.finite_size.nodes import bulk_pencil
from fisher_spectra.finite_size.outlier import lifted_outlier, lifted_outlier_of_data
from fisher_spectra.finite_size.output_chain import layer_weights, neuron_gains, outlier_branch, sampled_chains
from fisher_spectra.finite_size.product_state import FiniteEdge, finite_edge, finite_product_state, product_state
from fisher_spectra.finite_size.upper_edge import upper_edge
from fisher_spectra.finite_size.variables import OrderParameters, off_diagonal_sum, order_parameters


@dataclass(frozen=True)
class Branches:
    """Both branches, of finite matrices and in leading order.

    Attributes
    ----------
    outlier, bulk
        Of finite matrices; no outlier if kappa_2 <= 0 or the bulk swallows it.
    outlier_leading, bulk_leading
        Mean top eigenvalue of the chain of outputs; edge of infinite matrices at the same ratios.
    single_edge
        Upper edge of the bulk of one output.
    infinite_width_on_data
        Largest eigenvalue of the infinite-width dual matrix of given data.
    """

    outlier: FiniteEdge | None
    bulk: FiniteEdge
    outlier_leading: float | None
    bulk_leading: float
    single_edge: float
    infinite_width_on_data: float | None

    @property
    def leading(self) -> FiniteEdge:
        """The one with the larger eigenvalue."""
        return self.outlier if self.outlier is not None and self.outlier.mean >= self.bulk.mean else self.bulk


def two_branches(
    ensemble: LayeredEnsemble, fields: OrderParameters, inputs: Inputs, draws: int, rng: np.random.Generator
) -> Branches:
    """Both branches.

    Parameters
    ----------
    ensemble, fields, inputs
        The networks, their moments for these inputs, and the inputs.
    draws, rng
        Chains of outputs, and what they are drawn with.
    """
    samples, data = inputs.samples, inputs.overlaps
    has_outlier = data is not None or off_diagonal_sum(ensemble, fields, biases=False) > 0.0
    kernels = None if data is None else layer_kernels(data, ensemble)
    seen, weights = fields, layer_weights(ensemble, fields, samples)
    if data is not None and kernels is not None:
        vector = leading_vector(kernels, data)
        seen, weights = order_parameters(ensemble, inputs.moment, vector.overlap), vector.shares
    gains = neuron_gains(ensemble, seen, samples)
    chain = sampled_chains(rng, gains, ensemble.widths, draws)
    outliers = outlier_branch(weights, gains, ensemble.widths, chain)

    spectrum = None if data is None else centred_spectrum(data)
    single = bulk_pencil(ensemble, fields, samples, spectrum, outputs=1)
    edge, state = upper_edge(single), product_state(ensemble, fields, samples, spectrum)
    outlier = None
    if kernels is not None:
        outlier = lifted_outlier_of_data(ensemble, seen, outliers, single, kernels.sum(axis=0))
    elif has_outlier:
        outlier = lifted_outlier(ensemble, fields, samples, outliers, single, edge.position)
    candidates = finite_product_state(ensemble, fields, samples, state, chain), finite_edge(edge, samples)
    return Branches(
        outlier=outlier,
        bulk=max(candidates, key=lambda found: found.mean),
        outlier_leading=outliers.mean if has_outlier else None,
        bulk_leading=max(state.eigenvalue, edge.position),
        single_edge=edge.position,
        infinite_width_on_data=None if data is None else float(weights.sum()),
    )
