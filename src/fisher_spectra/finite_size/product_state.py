"""Bulk with several outputs: F* ~ sum_l E_l x A_l, with A_l = aH_{l-1} H_{l-1} + a_I,l I on the samples.

The largest eigenvalue is that of a product of a vector over the outputs and one over the samples, each of which sees
the mean of the other: e_l = <E_l> makes the coefficients of the samples' chain, W_l = <A_l> those of the outputs', and
both means are derivatives of the two edges (Hellmann and Feynman). lambda of the joint solution is sum_l e_l W_l.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Pencil, upper_edge
from fisher_spectra.finite_size.nodes import activity_coefficients, activity_nodes, identity_coefficients
from fisher_spectra.finite_size.output_chain import chain_edge
from fisher_spectra.finite_size.variables import OrderParameters

Array = npt.NDArray[np.float64]

_REPETITIONS = 4


@dataclass(frozen=True)
class ProductState:
    """Joint solution.

    Attributes
    ----------
    eigenvalue
        lambda.
    output_factors
        e_1 .. e_L; all 1 for C = 1.
    weights
        W_1 .. W_L.
    """

    eigenvalue: float
    output_factors: Array
    weights: Array


def product_state(
    ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, spectrum: Array | None = None
) -> ProductState:
    """Top of the bulk with C outputs, for slopes that depend little on the sample (odd phi, small sb2)."""
    own = identity_coefficients(ensemble, fields, samples)
    a = activity_coefficients(ensemble, fields, samples)
    pencil = Pencil(float(own.sum()), tuple(activity_nodes(ensemble, fields, samples, a)), spectrum)
    factors = np.ones(ensemble.depth)
    for _ in range(_REPETITIONS):
        edge = upper_edge(pencil.with_coefficients(float(factors @ own), factors * a))
        weights = a * edge.slopes + own
        if ensemble.outputs == 1:
            break
        factors = chain_edge(weights, ensemble.widths).slopes
    return ProductState(float(factors @ weights), factors, weights)
