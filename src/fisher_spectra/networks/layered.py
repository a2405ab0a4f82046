"""Random networks whose layers differ: activation, variances and initialisation of each layer's own.

u^l = W^l h^{l-1} + b^l, h^l = phi_l(u^l), linear outputs. `networks.fully_connected` has one activation and Gaussian
parameters, those of the papers; here each layer has its own, and the weights may be Gaussian, uniform or orthogonal, of
the same variance sigma_w2_l / M_{l-1} in all three cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_type, finite_array, real_array, shown
from fisher_spectra.common.memory import require_memory
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.networks.fully_connected import ForwardPass, RandomNetwork, backward_layers
from fisher_spectra.networks.haar_measure import haar_orthogonal

Array = npt.NDArray[np.float64]
Initialisation = Literal["gaussian", "uniform", "orthogonal"]
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)


def checked_initialisation(initialisation: object) -> Initialisation:
    """One of `INITIALISATIONS`; else a ValueError."""
    for one in INITIALISATIONS:
        if isinstance(initialisation, str) and initialisation == one:
            return one
    allowed = f"{', '.join(INITIALISATIONS[:-1])} or {INITIALISATIONS[-1]}"
    raise ValueError(f"initialisation = {shown(initialisation)}: must be {allowed}")


@dataclass(frozen=True)
class LayeredNetwork(RandomNetwork):
    """Parameters of one network, with an activation for each hidden layer.

    Parameters
    ----------
    weights, biases
        As in `RandomNetwork`.
    activation
        phi_1.
    activations
        phi_1 .. phi_{L-1}.

    Raises
    ------
    ValueError
        If there are not L - 1 activations, or parameters do not fit together.

    Examples
    --------
    >>> from fisher_spectra.networks.layered import LayeredNetwork
    >>> network = LayeredNetwork((np.eye(2), np.ones((1, 2))), (np.zeros(2), np.zeros(1)), "relu", ("relu",))
    >>> network.widths, [phi.spec for phi in network.activations]
    ((2, 2, 1), ['relu'])
    """

    activations: tuple[Activation, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        activations = tuple(as_activation(phi) for phi in self.activations)
        if len(activations) != self.depth - 1:
            raise ValueError(f"activations = {shown(activations)}: must be {self.depth - 1}, one for each hidden layer")
        object.__setattr__(self, "activations", activations)


@dataclass(frozen=True)
class LayeredForwardPass(ForwardPass):
    """What T samples leave behind in a `LayeredNetwork`; functions of `fully_connected` that take a pass take it."""

    network: LayeredNetwork

    @cached_property
    def slopes(self) -> tuple[npt.NDArray[np.floating[Any]], ...]:
        """phi_l'(u^l), shape (T, M_l), l = 1..L-1."""
        hidden = self.preactivations[:-1]
        return tuple(phi.derivative(u) for phi, u in zip(self.network.activations, hidden, strict=True))


def sample_layered_network(
    rng: np.random.Generator,
    widths: Sequence[int],
    activations: Sequence[Activation | str],
    sigma_w2: Sequence[float],
    sigma_b2: Sequence[float],
    initialisation: Initialisation = "gaussian",
) -> LayeredNetwork:
    """A random network in double precision.

    Parameters
    ----------
    rng
        Source of all randomness. Drawn layer by layer, W^l before b^l; with ``"gaussian"`` they are the numbers of
        :func:`fisher_spectra.sample_network`.
    widths
        (M_0, M_1, .., M_{L-1}, C), all at least 1, with L >= 2.
    activations
        phi_1 .. phi_{L-1}.
    sigma_w2, sigma_b2
        L variances each: entries of W^l have variance sigma_w2_l / M_{l-1}, those of b^l sigma_b2_l.
    initialisation
        ``"gaussian"``; ``"uniform"``, weights and biases uniform on an interval around 0; ``"orthogonal"``, W^l a
        multiple of rows or columns of a Haar distributed matrix, Gaussian biases.

    Raises
    ------
    ValueError
        If a value is out of range, or there are too few or too many.

    Examples
    --------
    >>> from fisher_spectra.networks.layered import sample_layered_network
    >>> rng = np.random.default_rng(0)
    >>> network = sample_layered_network(rng, (3, 5, 2), ["tanh"], (1.0, 2.0), (0.0, 0.0), "orthogonal")
    >>> np.allclose(network.weights[0].T @ network.weights[0], np.eye(3) * 5 / 3)
    True
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    sizes = [check_integer("widths", width, 1) for width in widths]
    if len(sizes) < 3:
        raise ValueError(f"widths = {shown(widths)}: M_0, at least one hidden width and C are needed (L >= 2)")
    depth = len(sizes) - 1
    variances = (_variances("sigma_w2", sigma_w2, depth), _variances("sigma_b2", sigma_b2, depth))
    initialisation = checked_initialisation(initialisation)
    weights, biases = [], []
    for (columns, rows), w2, b2 in zip(pairwise(sizes), *variances, strict=True):
        if initialisation == "orthogonal":
            weights.append(np.sqrt(w2) * _orthogonal(rng, rows, columns))
        else:
            weights.append(_entries(rng, (rows, columns), np.sqrt(w2 / columns), initialisation))
        biases.append(_entries(rng, (rows,), np.sqrt(b2), initialisation))
    phis = tuple(as_activation(phi) for phi in activations)
    return LayeredNetwork(tuple(weights), tuple(biases), phis[0] if phis else as_activation("linear"), phis)


def _variances(name: str, given: Sequence[float], depth: int) -> list[float]:
    values = real_array(name, given)
    if values.shape != (depth,) or not np.all(np.isfinite(values) & (values >= 0.0)):
        raise ValueError(f"{name} = {shown(given)}: must be {depth} finite numbers >= 0")
    return [float(value) for value in values]


def _entries(rng: np.random.Generator, shape: tuple[int, ...], deviation: float, kind: str) -> Array:
    if kind == "uniform":
        return np.asarray(rng.uniform(-1.0, 1.0, shape) * (np.sqrt(3.0) * deviation))
    values = standard_normal(rng, shape)
    values *= deviation
    return values


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Orthonormal rows, or columns times sqrt(rows / columns): entries have variance 1 / columns in both cases."""
    if rows <= columns:
        return haar_orthogonal(rng, columns, rows).T
    return np.asarray(haar_orthogonal(rng, rows, columns) * np.sqrt(rows / columns))


def forward(network: LayeredNetwork, inputs: npt.ArrayLike) -> LayeredForwardPass:
    """Forward pass of `inputs` (T, M_0), T >= 1.

    Raises
    ------
    ValueError
        If `inputs` is not a matrix with M_0 columns and at least one row.
    """
    check_type("network", network, LayeredNetwork, "a LayeredNetwork")
    h = finite_array("inputs", inputs, np.float64)
    if h.ndim != 2 or h.shape[0] < 1 or h.shape[1] != network.widths[0]:
        raise ValueError(f"inputs of shape {h.shape}: must be (T, M_0) with T >= 1 and M_0 = {network.widths[0]}")
    preactivations, activities = [], [h]
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        u = h @ weight.T + bias
        preactivations.append(u)
        if layer < network.depth - 1:
            h = network.activations[layer](u)
            activities.append(h)
    return LayeredForwardPass(network, tuple(preactivations), tuple(activities))


def dual_fisher_of_pass(forward_pass: ForwardPass, biases: bool = True) -> Array:
    """Dual Fisher matrix F*, shape (C T, C T), exactly symmetric.

    F*_{(k,s),(k',t)} = (1/T) sum_l (delta^l_k(s) . delta^l_k'(t)) (h^{l-1}(s) . h^{l-1}(t) + beta): Karakida, Akaho,
    Amari 2019, (A.26), with beta = 1 if `biases` are parameters of F. Rows are ordered by output, then by sample, as in
    :func:`fisher_spectra.dual_fisher`. Two matrices of this size are in memory at once.

    Parameters
    ----------
    forward_pass
        Of any network.
    biases
        Whether the biases are parameters of F.

    Raises
    ------
    UserError
        If the matrix does not fit into memory.
    """
    samples, outputs = forward_pass.n_samples, forward_pass.network.n_outputs
    order = outputs * samples
    require_memory(3 * 8 * order**2, f"the dual Fisher matrix of order {order}", "use fewer samples or outputs")
    dual: Array = np.zeros((outputs, samples, outputs, samples))
    for layer, delta in backward_layers(forward_pass):
        h = forward_pass.activations[layer - 1]
        overlaps = (h @ h.T + (1.0 if biases else 0.0)) / samples
        if layer == forward_pass.network.depth:  # delta^L is the identity
            for k in range(outputs):
                dual[k, :, k, :] += overlaps
            continue
        rows = delta.reshape(outputs * samples, -1)
        product = (rows @ rows.T).reshape(dual.shape)
        product *= overlaps[:, None, :]
        dual += product
    return dual.reshape(outputs * samples, outputs * samples)
