"""Dual conditional Fisher matrix H_L, sampled at finite width.

Hayase, Karakida 2020 and 2021. Networks of constant width M without biases, `RandomNetwork` with weights
W_l = sigma_l times a Haar distributed orthogonal matrix. For one input x,

    H_L(x) = (1/M) (df/dtheta)(df/dtheta)^T = sum_l qhat_{l-1} delta_{L->l} delta_{L->l}^T,  (8) and (13) of 2021,
    H_1 = qhat_0,  H_{l+1} = qhat_l + W_{l+1} D_l H_l D_l W_{l+1}^T,  (14).

The matrix Theta of several inputs, whose diagonal blocks these are, is in `hayase_karakida.theta`.

Plain sampling of the spectrum of H_L takes an orthogonal matrix and two products for each layer, O(L M^3).
`sample_conditional_eigenvalues` draws from exactly the same law in O(L M r^2), where r is the number of eigenvalues
that differ from the largest one: near dynamical isometry a small part of M.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_positive, check_type, finite_array
from fisher_spectra.networks.fully_connected import ForwardPass, RandomNetwork, forward
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]

_LARGEST = 1e300  # squares of norms of that size are still finite


# ---------------------------------------------------------------------------------------------------------------------
# Sampling


def sample_orthogonal_network(
    rng: np.random.Generator,
    width: int,
    depth: int,
    activation: Activation | str,
    sigma2: float | Sequence[float] = 1.0,
) -> RandomNetwork:
    """Network of `depth` layers M x M with W_l / sigma_l Haar distributed, and no biases.

    Parameters
    ----------
    rng
        The only source of randomness.
    width, depth
        M and L.
    activation
        phi of the hidden layers; the output is linear.
    sigma2
        sigma_l^2, one number for all layers or L of them.

    Raises
    ------
    ValueError
        If the width or depth is below 1, or a variance is not positive.

    Examples
    --------
    >>> network = fs.sample_orthogonal_network(np.random.default_rng(0), 4, 2, fs.get_activation("relu"), sigma2=2.0)
    >>> np.allclose(network.weights[0] @ network.weights[0].T, 2 * np.eye(4))
    True
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    variances, activation = layer_variances(sigma2, depth), as_activation(activation)
    check_integer("width", width, 1)
    weights = tuple(math.sqrt(variance) * haar_orthogonal(rng, width) for variance in variances)
    return RandomNetwork(weights, tuple(np.zeros(width) for _ in weights), activation)


# ---------------------------------------------------------------------------------------------------------------------
# One input


def conditional_fisher(network: RandomNetwork, x: npt.ArrayLike) -> Array:
    """H_L(x, theta) for any weights, shape (M, M), by the recursion (14).

    Parameters
    ----------
    network
        Square weights; its biases act in the network but are not parameters of H_L.
    x
        One input, shape (M,).

    Raises
    ------
    ValueError
        If the weights are not square or the input does not fit.

    Examples
    --------
    >>> network = fs.sample_orthogonal_network(np.random.default_rng(0), 4, 3, fs.get_activation("linear"))
    >>> np.allclose(fs.conditional_fisher(network, [1.0, 1.0, 1.0, -1.0]), 3 * np.eye(4))  # L times the identity
    True
    """
    x = finite_array("x", x)
    if x.ndim != 1 or not x.size:
        raise ValueError(f"x of shape {x.shape}: must be one input (M,)")
    return _conditional_fisher(forward_at_constant_width(network, x[None]), 0)


def forward_at_constant_width(network: RandomNetwork, inputs: npt.ArrayLike) -> ForwardPass:
    """Forward pass of inputs (N, M) through layers M x M.

    Raises
    ------
    ValueError
        If the weights are not square or the inputs do not fit.
    """
    check_type("network", network, RandomNetwork, "a RandomNetwork")
    if len(set(network.widths)) != 1:
        raise ValueError(f"widths {network.widths}: H_L is defined for layers of constant width")
    return forward(network, inputs)


def _conditional_fisher(passed: ForwardPass, sample: int) -> Array:
    width = passed.network.n_outputs
    moments = [float(h[sample] @ h[sample]) / width for h in passed.activations]
    matrix = moments[0] * np.eye(width)
    for layer, weight in enumerate(passed.network.weights[1:], start=1):
        jacobian = weight * passed.slopes[layer - 1][sample]
        matrix = jacobian @ matrix @ jacobian.T
        matrix[np.diag_indices(width)] += moments[layer]
    # Rounding leaves the product slightly unsymmetric.
    return np.asarray(0.5 * (matrix + matrix.T))


# ---------------------------------------------------------------------------------------------------------------------
# Several inputs, one by one


def block_diagonal_eigenvalues(network: RandomNetwork, inputs: npt.ArrayLike) -> Array:
    """Eigenvalues of H_L(x(n)) / N, ascending for each input; shape (N, M). One M x M matrix at a time in memory."""
    passed = forward_at_constant_width(network, inputs)
    samples = passed.n_samples
    spectra = [scipy.linalg.eigvalsh(_conditional_fisher(passed, n)) for n in range(samples)]
    return np.asarray(np.array(spectra) / samples)


# ---------------------------------------------------------------------------------------------------------------------
# The spectrum alone, without the weights


@dataclass(frozen=True)
class ConditionalSample:
    """Spectrum of one H_L with random weights and a random input."""

    eigenvalues: Array  # (M,), ascending
    moments: Array  # (L,): qhat_0 .. qhat_{L-1}


def sample_conditional_eigenvalues(
    rng: np.random.Generator,
    width: int,
    depth: int,
    activation: Activation | str,
    sigma2: float | Sequence[float] = 1.0,
    input_moment: float = 1.0,
) -> ConditionalSample:
    """Eigenvalues of H_L for Haar distributed weights: the law of plain sampling, exactly, at a lower cost.

    Let phi' be 0 or +-g. Then H_l = lambda_l - V N V^T with M x r matrices V of orthonormal columns: D_l sets to zero
    the k coordinates in which phi' = 0, and adds them to the span of V; W_{l+1} turns it. W_{l+1} is independent of H_l
    and x^l, so W_{l+1} (x^l, V) is a uniformly distributed frame with the same inner products, and only this frame is
    drawn (an M x r Gaussian matrix and its QR decomposition) instead of the whole of W_{l+1}. The first layer enters
    by h^1 alone, uniform on a sphere, and the last not at all, since it only turns H_L.

    Parameters
    ----------
    rng
        Source of all randomness.
    width, depth
        M >= 2 and L >= 1.
    activation
        Piecewise linear with slopes 0 and +-g, g one number (hard tanh, ReLU, shifted ReLU, linear).
    sigma2
        sigma_l^2, one number or L of them.
    input_moment
        qhat_0, the same for every sample.

    Raises
    ------
    ValueError
        If the activation has other slopes, or the width or depth is too small.

    Examples
    --------
    >>> phi = fs.get_activation("hard_tanh(s=0.125,g=1)")
    >>> found = fs.sample_conditional_eigenvalues(np.random.default_rng(0), 100, 5, phi)
    >>> found.eigenvalues.shape, f"{found.eigenvalues.max():.6f}"
    ((100,), '5.000000')
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    variances, activation = layer_variances(sigma2, depth), as_activation(activation)
    check_integer("width", width, 2)
    input_moment = check_positive("input_moment", input_moment)
    gains = {abs(slope) for slope in activation.slopes or ()} - {0.0}
    if len(gains) != 1:
        raise ValueError(f"{activation.spec}: phi' must be 0 or +-g with a single number g")
    gain = gains.pop()
    if not input_moment * width * math.prod(max(v * gain**2, 1.0) for v in variances) < _LARGEST:
        raise ValueError(f"input_moment = {input_moment:g}, sigma2 = {variances}: moments overflow in {depth} layers")
    moments = [input_moment]
    top, frame, lowered = input_moment, np.empty((width, 0)), np.empty((0, 0))
    h = _uniform_direction(rng, width) * math.sqrt(variances[0] * input_moment * width)
    for layer in range(1, depth):
        slopes, x = activation.derivative(h), activation(h)
        frame, lowered = _cut(frame, lowered, slopes, top * gain**2)
        moments.append(float(x @ x) / width)
        top = moments[-1] + variances[layer] * gain**2 * top
        lowered = variances[layer] * lowered
        if layer < depth - 1:
            h, frame = _turned(rng, x, frame)
            h *= math.sqrt(variances[layer])
    rank = frame.shape[1]
    below = top - scipy.linalg.eigvalsh(lowered) if rank else np.empty(0)
    return ConditionalSample(np.sort(np.concatenate([below, np.full(width - rank, top)])), np.array(moments))


def _uniform_direction(rng: np.random.Generator, width: int) -> Array:
    direction = rng.standard_normal(width)
    return np.asarray(direction / np.linalg.norm(direction))


def _cut(frame: Array, lowered: Array, slopes: Array, top: float) -> tuple[Array, Array]:
    """V and N of D (lambda - V N V^T) D = g^2 lambda - V' N' V'^T, given `top` = g^2 lambda."""
    cut = np.flatnonzero(slopes == 0)
    kept = np.flatnonzero(slopes)
    # D V lives in the kept coordinates, and the new directions are the cut ones.
    q, r = np.linalg.qr(slopes[kept, None] * frame[kept])
    rank = q.shape[1]
    new = np.zeros((len(slopes), len(cut) + rank))
    new[cut, np.arange(len(cut))] = 1.0
    new[kept, len(cut) :] = q
    inner = np.zeros((len(cut) + rank,) * 2)
    inner[np.arange(len(cut)), np.arange(len(cut))] = top
    inner[len(cut) :, len(cut) :] = r @ lowered @ r.T
    return new, inner


def _turned(rng: np.random.Generator, x: Array, frame: Array) -> tuple[Array, Array]:
    """(W x, W V) for a Haar distributed orthogonal W."""
    width, rank = frame.shape
    if rank + 1 >= width:
        weight = haar_orthogonal(rng, width)
        return weight @ x, weight @ frame
    length = float(np.linalg.norm(x))
    unit = x / length
    along = unit @ frame
    # V = unit along^T + U R with U orthogonal to unit; W U is a uniform frame orthogonal to W unit.
    _, r = np.linalg.qr(frame - np.outer(unit, along))
    turned = _uniform_direction(rng, width)
    if rank == 0:
        return length * turned, frame
    gaussian = rng.standard_normal((width, rank))
    gaussian -= np.outer(turned, turned @ gaussian)
    q, triangle = np.linalg.qr(gaussian)
    q *= np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
    return length * turned, np.outer(turned, along) + q @ r
