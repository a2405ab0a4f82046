"""Random networks with settings of each layer, and their dual Fisher matrix written out: slow and obvious."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.ensemble import LayeredEnsemble

Array = npt.NDArray[np.float64]


def dual_fisher_of_sample(rng: np.random.Generator, ensemble: LayeredEnsemble, inputs: Array) -> Array:
    """F* of one network drawn from the ensemble, shape (C T, C T), ordered by output, then by sample."""
    weights, biases = [], []
    for layer in range(1, ensemble.depth + 1):
        rows, columns = ensemble.widths[layer], ensemble.widths[layer - 1]
        weights.append(rng.standard_normal((rows, columns)) * np.sqrt(ensemble.sigma_w2[layer - 1] / columns))
        biases.append(rng.standard_normal(rows) * np.sqrt(ensemble.sigma_b2[layer - 1]))
    activities, slopes = [inputs], []
    for phi, weight, bias in zip(ensemble.activations, weights[:-1], biases[:-1], strict=True):
        u = activities[-1] @ weight.T + bias
        activities.append(phi(u))
        slopes.append(phi.derivative(u))
    samples, outputs = len(inputs), ensemble.outputs
    delta = np.broadcast_to(np.eye(outputs)[:, None, :], (outputs, samples, outputs))
    dual = np.zeros((outputs, samples, outputs, samples))
    for layer in range(ensemble.depth, 0, -1):
        overlaps = activities[layer - 1] @ activities[layer - 1].T + ensemble.bias_term
        products = np.einsum("ksi,jti->ksjt", delta, delta, optimize=True)
        dual += products * overlaps[:, None, :] / samples
        if layer > 1:
            delta = (delta @ weights[layer - 1]) * slopes[layer - 2]
    return dual.reshape(outputs * samples, outputs * samples)
