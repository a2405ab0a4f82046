"""Random networks of which each layer has its own activation and variances, and of which weights need not be Gaussian.

`fully_connected` has the networks of the papers, one activation and one pair of variances; here are those that readers
bring. u^l = W^l h^{l-1} + b^l, h^l = phi_l(u^l), linear outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.arguments import finite_array, shown
from fisher_spectra.common.memory import require_memory
from fisher_spectra.networks.haar_measure import haar_orthogonal

Array = npt.NDArray[np.float64]
Initialisation = Literal["gaussian", "orthogonal", "uniform"]
INITIALISATIONS: tuple[str, ...] = get_args(Initialisation)


def checked_initialisation(initialisation: object) -> str:
    """One of `INITIALISATIONS`; else a ValueError."""
    if not isinstance(initialisation, str) or initialisation not in INITIALISATIONS:
        allowed = f"{', '.join(INITIALISATIONS[:-1])} or {INITIALISATIONS[-1]}"
        raise ValueError(f"initialisation = {shown(initialisation)}: must be {allowed}")
    return initialisation


@dataclass(frozen=True)
class LayeredNetwork:
    """Parameters of one network.

    Attributes
    ----------
    weights
        W^l, shape (M_l, M_{l-1}), l = 1 .. L.
    biases
        b^l, shape (M_l,).
    activations
        phi_1 .. phi_{L-1}.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activations: tuple[Activation, ...]


def sample_layered_network(
    rng: np.random.Generator,
    widths: Sequence[int],
    activations: Sequence[Activation],
    sigma_w2: Sequence[float],
    sigma_b2: Sequence[float],
    initialisation: str = "gaussian",
) -> LayeredNetwork:
    """Network of which the entries of W^l have variance sigma_w2_l / M_{l-1}, those of b^l sigma_b2_l.

    Parameters
    ----------
    rng
        The only source of randomness, drawn from layer by layer, W^l before b^l. With Gaussian weights and one pair of
        variances the network is that of :func:`fisher_spectra.sample_network`.
    widths
        (M_0, M_1 .. M_{L-1}, C).
    activations
        phi_1 .. phi_{L-1}.
    sigma_w2, sigma_b2
        L numbers each.
    initialisation
        ``"gaussian"``; ``"uniform"``, on intervals around 0 of these variances; or ``"orthogonal"``: W^l is a Haar
        distributed matrix with orthonormal rows, or columns where M_l > M_{l-1}, times the factor that gives its
        entries this variance, and Gaussian biases.

    Raises
    ------
    ValueError
        If there is no such initialisation.
    """
    initialisation = checked_initialisation(initialisation)
    weights, biases = [], []
    for (columns, rows), w2, b2 in zip(pairwise(widths), sigma_w2, sigma_b2, strict=True):
        if initialisation == "orthogonal":
            few = min(rows, columns)
            unit = haar_orthogonal(rng, max(rows, columns), few)
            # entries of a matrix with orthonormal rows have the variance 1 / max(rows, columns)
            scale = np.sqrt(w2 * max(rows, columns) / columns)
            weights.append(scale * (unit if rows >= columns else unit.T))
            biases.append(np.sqrt(b2) * rng.standard_normal(rows))
        elif initialisation == "uniform":  # on (-a, a) the variance is a^2 / 3
            weights.append(np.sqrt(3.0 * w2 / columns) * rng.uniform(-1.0, 1.0, (rows, columns)))
            biases.append(np.sqrt(3.0 * b2) * rng.uniform(-1.0, 1.0, rows))
        else:
            weights.append(rng.standard_normal((rows, columns)) * np.sqrt(w2 / columns))
            biases.append(rng.standard_normal(rows) * np.sqrt(b2))
    return LayeredNetwork(tuple(weights), tuple(biases), tuple(activations))


def layered_dual_fisher(network: LayeredNetwork, inputs: npt.ArrayLike, biases: bool = True) -> Array:
    """Dual Fisher matrix F*, shape (C T, C T); order of rows, normalisation and `biases` as in `dual_fisher`.

    F* = (1/T) sum_l (delta^l delta^l^T) o (h^{l-1} h^{l-1}^T + beta), with o entry by entry for each pair of outputs,
    and beta = 1 if the biases are parameters.

    Parameters
    ----------
    network
        The network.
    inputs
        x(t), shape (T, M_0).
    biases
        Whether the biases are parameters of F.

    Raises
    ------
    ValueError
        If the inputs do not fit the network, or are not finite.
    UserError
        If the matrix does not fit into memory.
    """
    h = finite_array("inputs", inputs)
    width = network.weights[0].shape[1]
    if h.ndim != 2 or h.shape[0] < 1 or h.shape[1] != width:
        raise ValueError(f"inputs of shape {h.shape}: must be (T, M_0) with T >= 1 and M_0 = {width}")
    samples, outputs = len(h), len(network.weights[-1])
    order = outputs * samples
    require_memory(3 * 8 * order**2, f"the dual Fisher matrix of order {order}", "use fewer samples or outputs")
    activities, slopes = [h], []
    for weight, bias, phi in zip(network.weights[:-1], network.biases[:-1], network.activations, strict=True):
        u = activities[-1] @ weight.T + bias
        value, slope = phi.value_and_derivative(u)
        activities.append(value)
        slopes.append(slope)
    overlaps = [(h @ h.T + float(biases)) / samples for h in activities]
    dual = np.zeros((outputs, samples, outputs, samples))
    for k in range(outputs):  # delta^L is the identity
        dual[k, :, k, :] = overlaps[-1]
    delta = network.weights[-1][:, None, :] * slopes[-1]
    for layer in range(len(slopes), 0, -1):
        rows = delta.reshape(order, -1)
        # A A^T is what BLAS computes exactly symmetric
        dual += (rows @ rows.T).reshape(dual.shape) * overlaps[layer - 1][:, None, :]
        if layer > 1:
            delta = (rows @ network.weights[layer - 1]).reshape(outputs, samples, -1) * slopes[layer - 2]
    return dual.reshape(order, order)
