"""A plain network with the same bulk and the same outliers as one of normalised layers.

Normalisation divides pre-activations by a number that hardly differs between samples or between neurons, 1 / sqrt(n_l).
What goes through the layer is then what goes through a plain one of variances n_l sigma_w2 and n_l sigma_b2, and its
parameters count n_l times in F*. Centring over the samples takes away what they have in common: the moments of the
layer are those of `kernel`, and of the linearisation of `finite_size.nodes`,

    F* = a_I I + sum_l aH_l H_l + sum_l aD_l D_l,

aD_l vanishes up to the last layer m that is centred, as the overlaps of its inputs are, with P = I - 1 1^T / T on
either side, of mean 0 off the diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.fixed_point import Pencil
from fisher_spectra.finite_size.nodes import (
    activity_coefficients,
    activity_nodes,
    identity_coefficients,
    slope_nodes,
)
from fisher_spectra.finite_size.output_chain import layer_weights, neuron_gains, outlier_branch, sampled_chains
from fisher_spectra.finite_size.product_state import product_state
from fisher_spectra.finite_size.variables import OrderParameters, activity_moments, slope_moments
from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.protocol import Array, Kernels
from fisher_spectra.layers.stack import LayerStack

# Classes of neurons by their common part, and by the norm of their outgoing weights: more change edges by some .1 %.
_CLASSES = (20, 6)


@dataclass(frozen=True)
class PlainEquivalent:
    """Plain network with the same bulk.

    Attributes
    ----------
    ensemble
        With variances n_l sigma_w2 and n_l sigma_b2.
    fields
        Moments of u of each layer, and backward ones by u.
    scales
        n_1 .. n_L.
    centred
        m, the last layer that is centred over the samples; 0 if none is.
    samples
        T.
    """

    ensemble: LayeredEnsemble
    fields: OrderParameters
    scales: Array
    centred: int
    samples: int

    def pencil(self) -> Pencil:
        """Nodes of the bulk of one output."""
        ensemble, fields, samples = self.ensemble, self.fields, self.samples
        coefficients = self.scales * activity_coefficients(ensemble, fields, samples)
        nodes = activity_nodes(ensemble, fields, samples, coefficients, _CLASSES[0])
        # Overlaps of what goes into the layers up to m have no part in common, and biases none at all.
        common = tuple(0.0 if layer < self.centred else value for layer, value in enumerate(fields.q_hat_st))
        uncentred = ensemble if not self.centred else replace(ensemble, biases=False)
        slopes = slope_nodes(uncentred, replace(fields, q_hat_st=common), samples, 1, _CLASSES)
        for layer, node in zip(range(ensemble.depth - 1, 0, -1), slopes, strict=False):
            nodes.append(replace(node, coefficient=float(self.scales[layer - 1]) * node.coefficient))
        own = float(self.scales @ identity_coefficients(ensemble, fields, samples))
        return Pencil(own, tuple(nodes))

    def output_factor(self) -> float:
        """By how much C outputs raise the bulk's edge: edge of the product state over that of one output."""
        if self.ensemble.outputs == 1:
            return 1.0
        one = replace(self.ensemble, widths=(*self.ensemble.widths[:-1], 1))
        states = [product_state(ensemble, self.fields, self.samples).eigenvalue for ensemble in (self.ensemble, one)]
        return states[0] / states[1] if states[1] > 0.0 else 1.0

    def top_outlier(self, draws: int, rng: np.random.Generator) -> float:
        """Mean of the largest of the C outliers, over draws of the chain of outputs; no layer may be centred."""
        weights = self.scales * layer_weights(self.ensemble, self.fields, self.samples)
        if self.ensemble.outputs == 1:
            return float(weights.sum())
        gains = neuron_gains(self.ensemble, self.fields, self.samples)
        chain = sampled_chains(rng, gains, self.ensemble.widths, draws)
        return outlier_branch(weights, gains, self.ensemble.widths, chain).mean


def plain_equivalent(stack: LayerStack, kernels: tuple[Kernels, ...], samples: int) -> PlainEquivalent | None:
    """Of a stack, whose last layer's own normalisation is left out; ``None`` where a kind has none.

    Parameters
    ----------
    stack, kernels, samples
        Layers, their kernels (L + 1), and T.
    """
    layers = [layer for layer in stack.layers if isinstance(layer, Dense)]
    scales = [layer.plain_scale(below, samples) for layer, below in zip(layers, kernels, strict=False)]
    if len(layers) < stack.depth or any(scale is None for scale in scales[:-1]):
        return None
    n = np.array([*(float(scale or 0.0) for scale in scales[:-1]), 1.0])
    w2, b2 = (np.array([getattr(layer, name) for layer in layers]) for name in ("sigma_w2", "sigma_b2"))
    ensemble = layered_ensemble(
        stack.widths, [layer.phi for layer in layers[1:]], list(n * w2), list(n * b2), biases=layers[0].biases
    )
    last = layers[-1].raw_kernel(kernels[-2], stack.widths[-2])
    every = (*kernels[:-1], last)
    centred = max((number for number, layer in enumerate(layers[:-1], start=1) if layer.mixes_samples), default=0)
    return PlainEquivalent(ensemble, _fields(ensemble, every), n, centred, samples)


def _fields(ensemble: LayeredEnsemble, kernels: tuple[Kernels, ...]) -> OrderParameters:
    depth, nothing = ensemble.depth, float("nan")
    of_layers = list(zip(ensemble.activations, kernels[1:-1], strict=True))
    hats = [activity_moments(phi, k.q, k.q_st) for phi, k in of_layers]
    hats = [(kernels[0].q, kernels[0].q_st), *hats]
    tildes = [(1.0, 1.0)]
    for layer in range(depth - 1, 0, -1):
        phi, k = of_layers[layer - 1]
        slopes = slope_moments(phi, k.q, k.q_st)
        above = tildes[0]
        tildes.insert(
            0, (ensemble.sigma_w2[layer] * above[0] * slopes[0], ensemble.sigma_w2[layer] * above[1] * slopes[1])
        )
    tildes.insert(0, (nothing, nothing))
    q = [(nothing, nothing), *((k.q, k.q_st) for k in kernels[1:])]
    return OrderParameters(
        q=tuple(one for one, _ in q),
        q_st=tuple(two for _, two in q),
        q_hat=tuple(one for one, _ in hats),
        q_hat_st=tuple(two for _, two in hats),
        q_tilde=tuple(one for one, _ in tildes),
        q_tilde_st=tuple(two for _, two in tildes),
    )
