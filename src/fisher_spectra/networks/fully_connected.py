"""Fully connected networks with Gaussian parameters: sampling, forward and backward pass.

Karakida, Akaho, Amari 2019, Section 2.2 and 2.3: layers l = 1..L with widths M_0 (inputs), M_1 .. M_{L-1}, C
(outputs), u^l = W^l h^{l-1} + b^l, h^l = phi(u^l), h^0 = x, and linear outputs f = u^L.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import (
    check_integer,
    check_not_negative,
    check_type,
    checked_dtype,
    finite_array,
    real_array,
    shown,
)
from fisher_spectra.common.normal_numbers import standard_normal

FloatArray = npt.NDArray[np.floating[Any]]

# Numbers: temporary arrays of so many stay within the cache, and come from memory that the process has.
_ACTIVATED_AT_ONCE = 2**13
# Up to so many samples W X^T is faster than X W^T in single precision, and its result then lies by units. It takes a
# tenth off a dual matrix of 100 samples, 30 per cent off one of 20 at M = 1000; of 200, nothing (OpenBLAS, AVX-512).
_MOST_SAMPLES_BY_UNITS = 128


@dataclass(frozen=True)
class RandomNetwork:
    """Parameters of one network. Layer l of the paper is entry l - 1 of `weights` and `biases`.

    Parameters
    ----------
    weights
        W^l, shape (M_l, M_{l-1}), l = 1 .. L.
    biases
        b^l, shape (M_l,).
    activation
        phi of the hidden layers; the output is linear.

    Examples
    --------
    >>> network = fs.RandomNetwork((np.eye(3), np.ones((1, 3))), (np.zeros(3), np.zeros(1)), fs.get_activation("relu"))
    >>> network.widths, network.depth, network.n_parameters()
    ((3, 3, 1), 2, 16)
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    activation: Activation

    def __post_init__(self) -> None:
        weights = [_parameters(f"weights[{k}]", value, 2) for k, value in enumerate(_layers("weights", self.weights))]
        given = [None] * len(weights) if self.biases is None else _layers("biases", self.biases)
        if len(given) != len(weights) or not weights:
            raise ValueError(f"{len(weights)} weights, {len(given)} biases: must be as many, at least one")
        biases = []
        for k, (weight, bias) in enumerate(zip(weights, given, strict=True)):
            vector = np.zeros(len(weight), weight.dtype) if bias is None else _parameters(f"biases[{k}]", bias, 1)
            if vector.shape != weight.shape[:1]:
                raise ValueError(f"biases[{k}] of shape {vector.shape}: must be ({len(weight)},), one for each row")
            biases.append(vector)
        for k, (below, above) in enumerate(pairwise(weights), start=1):
            if above.shape[1] != below.shape[0]:
                raise ValueError(
                    f"weights[{k}] of shape {above.shape}: must have {below.shape[0]} columns, the rows below"
                )
        object.__setattr__(self, "weights", tuple(weights))
        object.__setattr__(self, "biases", tuple(biases))
        object.__setattr__(self, "activation", as_activation(self.activation))

    @property
    def widths(self) -> tuple[int, ...]:
        """(M_0, M_1, .., M_{L-1}, C)."""
        return (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))

    @property
    def depth(self) -> int:
        """Number of weight layers L."""
        return len(self.weights)

    @property
    def n_outputs(self) -> int:
        """C."""
        return int(self.weights[-1].shape[0])

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """float32 or float64; every pass through the network keeps it."""
        return self.weights[0].dtype

    def n_parameters(self, biases: bool = True) -> int:
        """Exact P: sum_l M_l M_{l-1}, plus sum_l M_l with biases; alpha M^2 of the theory is its leading term."""
        return n_parameters(self.widths, biases)


def n_parameters(widths: Sequence[int], biases: bool = True) -> int:
    """Exact number of parameters of a network with `widths` (M_0, M_1, .., M_{L-1}, C)."""
    weights = sum(rows * columns for columns, rows in pairwise(widths))
    return weights + (sum(widths[1:]) if biases else 0)


def sample_network(
    rng: np.random.Generator,
    widths: Sequence[int],
    activation: Activation | str,
    sigma_w2: float,
    sigma_b2: float,
    dtype: npt.DTypeLike = np.float64,
) -> RandomNetwork:
    """Network with W^l_ij ~ N(0, sigma_w2 / M_{l-1}) and b^l_i ~ N(0, sigma_b2), Karakida 2019 (8).

    Parameters
    ----------
    rng
        Source of all randomness. Drawn layer by layer, W^l before b^l, so that a network is a function of the
        state of `rng`, `widths` and `dtype` alone; the two variances only scale the same numbers.
    widths
        (M_0, M_1, .., M_{L-1}, C), all at least 1, with L >= 2.
    activation
        phi of the hidden layers.
    sigma_w2, sigma_b2
        Variances, not negative.
    dtype
        float64 or float32 (float32 numbers are drawn as such; they are not the rounded float64 ones).

    Raises
    ------
    ValueError
        If a width is below 1, L is below 2, a variance is negative or not finite, or the dtype is another.

    Examples
    --------
    >>> network = fs.sample_network(np.random.default_rng(0), (5, 10, 2), fs.get_activation("relu"), 2.0, 0.0)
    >>> network.widths, network.depth, network.n_parameters()
    ((5, 10, 2), 2, 82)
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    widths, activation = _checked_widths(widths), as_activation(activation)
    if len(widths) < 3:
        raise ValueError(f"widths = {widths}: M_0, at least one hidden width and C are needed (L >= 2)")
    sigma_w2, sigma_b2 = check_not_negative("sigma_w2", sigma_w2), check_not_negative("sigma_b2", sigma_b2)
    dtype = checked_dtype(dtype)
    weights, biases = [], []
    for columns, rows in pairwise(widths):
        weights.append(_normal(rng, (rows, columns), np.sqrt(sigma_w2 / columns), dtype))
        biases.append(_normal(rng, (rows,), np.sqrt(sigma_b2), dtype))
    return RandomNetwork(tuple(weights), tuple(biases), activation)


def gaussian_inputs(
    rng: np.random.Generator, samples: int, width: int, dtype: npt.DTypeLike = np.float64
) -> FloatArray:
    """Inputs x(t) with independent standard normal entries, shape (T, M_0): Karakida 2019, Section 2.3.

    Parameters
    ----------
    rng
        The only source of randomness.
    samples, width
        T and M_0, at least 1.
    dtype
        float64 or float32.

    Raises
    ------
    ValueError
        If a size is below 1, or the dtype is another.

    Examples
    --------
    >>> fs.gaussian_inputs(np.random.default_rng(0), samples=2, width=3).round(4)
    array([[ 0.1257, -0.1321,  0.6404],
           [ 0.1049, -0.5357,  0.3616]])
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    samples, width = check_integer("samples", samples, 1), check_integer("width", width, 1)
    return _normal(rng, (samples, width), 1.0, checked_dtype(dtype))


def _layers(name: str, values: object) -> list[object]:
    """Parameters of the layers as a list, whatever holds them."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"{name} = {shown(values)}: must be a tuple or a list, one array for each layer")
    return list(values)


def _parameters(name: str, value: object, axes: int) -> FloatArray:
    """Parameters of one layer: float32 stays what it is, all else becomes float64."""
    kept = np.float32 if str(getattr(value, "dtype", "")).endswith("float32") else np.float64
    array: FloatArray = real_array(name, value, kept)
    if array.ndim != axes or not array.size:
        raise ValueError(f"{name} of shape {array.shape}: must have {axes} axes, not empty")
    return array


def _checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    whole = real_array("widths", widths)
    if whole.ndim != 1 or not np.all((whole >= 1) & (whole == np.floor(whole)) & (whole < np.inf)):
        raise ValueError(f"widths = {shown(widths)}: every width must be a whole number, at least 1")
    return tuple(int(width) for width in whole)


def _normal(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    scale: float,
    dtype: type[np.float32] | type[np.float64],
) -> FloatArray:
    # rng.normal(0, scale) takes a third longer than scaling in place, and has no float32.
    values = standard_normal(rng, shape, dtype)
    values *= dtype(scale)
    return values


@dataclass(frozen=True)
class ForwardPass:
    """What T samples leave behind in a network; `backward`, `pull_back` and `push_forward` start from it."""

    network: RandomNetwork
    preactivations: tuple[FloatArray, ...]  # u^l, shape (T, M_l), l = 1..L, or the last one alone: the output
    activations: tuple[FloatArray, ...]  # h^l, shape (T, M_l), l = 0..L-1; the first one is the input

    @property
    def n_samples(self) -> int:
        """T."""
        return int(self.activations[0].shape[0])

    @property
    def outputs(self) -> FloatArray:
        """f(x(t)) = u^L, shape (T, C)."""
        return self.preactivations[-1]

    @cached_property
    def slopes(self) -> tuple[FloatArray, ...]:
        """phi'(u^l), shape (T, M_l), l = 1..L-1."""
        derivative = self.network.activation.derivative
        return tuple(derivative(u).astype(u.dtype, copy=False) for u in self.preactivations[:-1])


def forward(network: RandomNetwork, inputs: npt.ArrayLike, slopes: bool = False) -> ForwardPass:
    """Forward pass of `inputs` (T, M_0), Karakida 2019 (5); computed in the network's own dtype.

    Parameters
    ----------
    network, inputs
        The network and x(t).
    slopes
        Whether phi' is kept, and of the pre-activations the outputs alone: half the time and memory of asking later.

    Raises
    ------
    ValueError
        If `inputs` is not a matrix with M_0 columns and at least one row.
    """
    check_type("network", network, RandomNetwork, "a RandomNetwork")
    h = finite_array("inputs", inputs, network.dtype)
    if h.ndim != 2 or h.shape[0] < 1 or h.shape[1] != network.widths[0]:
        width = network.widths[0]
        raise ValueError(f"inputs of shape {h.shape}: must be (T, M_0) with T >= 1 and M_0 = {width}")
    return _forward_with_slopes(network, h) if slopes else _forward(network, h)


def _forward(network: RandomNetwork, h: FloatArray) -> ForwardPass:
    preactivations, activations = [], [h]
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        u = h @ weight.T
        u += bias
        preactivations.append(u)
        if layer < network.depth:
            h = network.activation(u).astype(u.dtype, copy=False)
            activations.append(h)
    return ForwardPass(network, tuple(preactivations), tuple(activations))


def _forward_with_slopes(network: RandomNetwork, h: FloatArray) -> ForwardPass:
    activations, slopes = [h], []
    parameters = zip(network.weights[:-1], network.biases[:-1], _places(network, len(h)), strict=True)
    for weight, bias, (u, slope) in parameters:
        np.matmul(h, weight.T, out=u)
        u += bias
        _activate(network.activation, u, slope)
        h = u
        activations.append(h)
        slopes.append(slope)
    outputs = h @ network.weights[-1].T
    outputs += network.biases[-1]
    passed = ForwardPass(network, (outputs,), tuple(activations))
    vars(passed)["slopes"] = tuple(slopes)  # where the cached property looks first
    return passed


def _places(network: RandomNetwork, n_samples: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Two arrays (T, M_l) for each hidden layer, l = 1..L-1, nothing in them yet; the first one may lie by units.

    They are one piece of memory: arrays apart, all given back when the pass is, go back to the operating system, from
    which the next pass has to get each page anew. That took a fifth of the time of a dual matrix of 100 samples.
    """
    widths = network.widths[1:-1]
    piece = np.empty(2 * n_samples * sum(widths), dtype=network.dtype)
    by_units = network.dtype == np.float32 and n_samples <= _MOST_SAMPLES_BY_UNITS
    for width in widths:
        both, piece = np.split(piece, [2 * n_samples * width])
        first, second = both.reshape(2, n_samples, width)
        yield (first.reshape(width, n_samples).T if by_units else first), second


def _activate(phi: Activation, u: FloatArray, slopes: FloatArray) -> None:
    """Put phi(u) in the place of u, and phi'(u) into `slopes`; a few rows at a time, that little is thrown away."""
    if not u.flags.c_contiguous:
        u, slopes = u.T, slopes.T
    rows = max(1, _ACTIVATED_AT_ONCE // u.shape[1])
    for start in range(0, len(u), rows):
        part = slice(start, start + rows)
        u[part], slopes[part] = phi.value_and_derivative(u[part])


def backward(forward_pass: ForwardPass) -> tuple[FloatArray, ...]:
    """delta^l_{k,i}(t) = d f_k(x(t)) / d u^l_i for l = 1..L, each of shape (C, T, M_l): Karakida 2019 (7).

    With linear outputs delta^L_{k,i} = 1 if i = k, else 0 (a read-only view that takes no memory). Holds
    C T (M_1 + .. + M_{L-1}) numbers; `backward_layers` gives the same one layer at a time.
    """
    return tuple(delta for _, delta in backward_layers(forward_pass))[::-1]


def backward_layers(forward_pass: ForwardPass) -> Iterator[tuple[int, FloatArray]]:
    """The pairs (l, delta^l) for l = L, L-1, .., 1: see `backward`."""
    network, slopes = forward_pass.network, forward_pass.slopes
    n_outputs, n_samples = network.n_outputs, forward_pass.n_samples
    identity = np.eye(n_outputs, dtype=network.dtype)[:, None, :]
    yield network.depth, np.broadcast_to(identity, (n_outputs, n_samples, n_outputs))
    if network.depth == 1:
        return
    # delta^L is the identity, so its product with W^L is W^L itself, for every sample.
    delta = network.weights[-1][:, None, :] * slopes[-1]
    yield network.depth - 1, delta
    for layer in range(network.depth - 2, 0, -1):
        weight = network.weights[layer]
        # One matrix product for all outputs and samples: a stack of C products would call BLAS C times.
        flat = delta.reshape(n_outputs * n_samples, -1) @ weight
        delta = flat.reshape(n_outputs, n_samples, -1)
        delta *= slopes[layer - 1]
        yield layer, delta


def pull_back(forward_pass: ForwardPass, cotangents: FloatArray) -> tuple[FloatArray, ...]:
    """Vector-Jacobian product: sum_k v_k(t) delta^l_k(t) for `cotangents` v (T, C); (T, M_l), l = 1..L."""
    network, slopes = forward_pass.network, forward_pass.slopes
    pulled = [cotangents]
    for layer in range(network.depth - 1, 0, -1):
        pulled.append((pulled[-1] @ network.weights[layer]) * slopes[layer - 1])
    return tuple(reversed(pulled))


def push_forward(forward_pass: ForwardPass, perturbations: Sequence[FloatArray]) -> FloatArray:
    """Jacobian-vector product: first-order change (T, C) of the outputs.

    `perturbations` z^l (T, M_l), l = 1..L, are added to the pre-activations u^l:
    du^1 = z^1, du^{l+1} = z^{l+1} + W^{l+1} (phi'(u^l) du^l).
    """
    change = perturbations[0]
    for weight, slope, perturbation in zip(
        forward_pass.network.weights[1:], forward_pass.slopes, perturbations[1:], strict=True
    ):
        change = (change * slope) @ weight.T
        change += perturbation
    return change
