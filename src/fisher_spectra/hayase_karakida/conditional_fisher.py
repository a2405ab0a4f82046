"""Dual conditional Fisher matrix H_L, sampled at finite width.

Hayase, Karakida 2020 and 2021. Networks of constant width M without biases, `RandomNetwork` with weights
W_l = sigma_l times a Haar distributed orthogonal matrix. For one input x,

    H_L(x) = (1/M) (df/dtheta)(df/dtheta)^T = sum_l qhat_{l-1} delta_{L->l} delta_{L->l}^T,  (8) and (13) of 2021,
    H_1 = qhat_0,  H_{l+1} = qhat_l + W_{l+1} D_l H_l D_l W_{l+1}^T,  (14).

The matrix Theta of several inputs, whose diagonal blocks these are, is in `hayase_karakida.theta`.

Plain sampling of the spectrum of H_L takes an orthogonal matrix and two products for each layer, O(L M^3).
`sample_conditional_eigenvalues` draws from exactly the same law in O(L r^2 k), where r is the number of eigenvalues
that differ from the largest one, and k how many directions a layer cuts: near dynamical isometry small parts of M.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_type, finite_array
from fisher_spectra.hayase_karakida.frames import FrameSample, spectrum_by_frames
from fisher_spectra.networks.fully_connected import ForwardPass, RandomNetwork, forward
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]

_NUMBERS_AT_A_TIME = 2**16  # of derivatives: they stay in the cache


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


def block_diagonal_means(network: RandomNetwork, inputs: npt.ArrayLike) -> Array:
    """Means of the eigenvalues of H_L(x(n)) / N, shape (N,), without eigenvalues and in half the products of (14).

    The trace of H_L is the sum of qhat_{l-1} |delta_{L->l}|^2 (Frobenius norms), and one product gives delta_{L->l}
    from delta_{L->l+1}, for many inputs at once.

    Parameters
    ----------
    network
        Square weights, M x M.
    inputs
        x(n), shape (N, M).

    Raises
    ------
    ValueError
        If the weights are not square or the inputs do not fit.
    """
    passed = forward_at_constant_width(network, inputs)
    samples, width = passed.n_samples, passed.network.n_outputs
    moments = [np.einsum("ni,ni->n", h, h) / width for h in passed.activations]
    traces = width * moments[-1]
    at_a_time = max(1, _NUMBERS_AT_A_TIME // width**2)
    for first in range(0, samples, at_a_time):
        chosen = slice(first, first + at_a_time)
        delta = np.broadcast_to(np.eye(width), (len(traces[chosen]), width, width))
        for layer in range(len(network.weights) - 1, 0, -1):
            delta = (delta.reshape(-1, width) @ network.weights[layer]).reshape(delta.shape)
            delta *= passed.slopes[layer - 1][chosen, None]
            traces[chosen] += moments[layer - 1][chosen] * np.einsum("nij,nij->n", delta, delta)
    return np.asarray(traces / (samples * width))


# ---------------------------------------------------------------------------------------------------------------------
# The spectrum alone, without the weights (`hayase_karakida.frames`)


def sample_conditional_eigenvalues(
    rng: np.random.Generator,
    width: int,
    depth: int,
    activation: Activation | str,
    sigma2: float | Sequence[float] = 1.0,
    input_moment: float = 1.0,
) -> FrameSample:
    """Eigenvalues of H_L for Haar distributed weights: the law of plain sampling, exactly, at a lower cost.

    Only inner products of the directions that layers have cut are drawn, not the weights: see
    `hayase_karakida.frames`.

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
    return spectrum_by_frames(rng, width, depth, activation, sigma2, input_moment)
