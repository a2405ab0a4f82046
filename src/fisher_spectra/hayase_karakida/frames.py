"""Spectra of products of layers without the weights: only a frame of the directions that layers have cut is drawn.

Let phi' be 0 or +-g. Then H_l of Hayase, Karakida 2021, (14), is lambda_l - V N V^T with M x r matrices V of
orthonormal columns: D_l sets to zero the k coordinates in which phi' = 0, and adds them to the span of V; W_{l+1} turns
it. W_{l+1} is independent of H_l and x^l, so W_{l+1} (x^l, V) is a uniformly distributed frame with the same inner
products, and only this frame is drawn (an M x r Gaussian matrix and its QR decomposition) instead of the whole of
W_{l+1}. The first layer enters by h^1 alone, uniform on a sphere, and the last not at all, since it only turns H_L. The
same holds without the q_l that each layer adds: then the matrix is J J^T of the input-output Jacobian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_positive, check_type
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]

_LARGEST = 1e300  # squares of norms of that size are still finite


@dataclass(frozen=True)
class FrameSample:
    """Spectrum of one matrix and the second moments of its network."""

    eigenvalues: Array  # (M,), ascending
    moments: Array  # (L,): qhat_0 .. qhat_{L-1}


def spectrum_by_frames(
    rng: np.random.Generator,
    width: int,
    depth: int,
    activation: Activation | str,
    sigma2: float | Sequence[float] = 1.0,
    input_moment: float = 1.0,
    *,
    of_jacobian: bool = False,
) -> FrameSample:
    """Eigenvalues of H_L, or of J J^T, of one network with Haar distributed weights and a random input.

    Parameters
    ----------
    rng
        Source of all randomness.
    width, depth
        M >= 2 and L >= 1.
    activation
        Piecewise linear with slopes 0 and +-g, g one number.
    sigma2
        sigma_l^2, one number or L of them.
    input_moment
        qhat_0.
    of_jacobian
        Leave away what each layer adds to H_l: J = D_{L-1} W_{L-1} .. D_1 W_1, without the last layer.

    Raises
    ------
    ValueError
        If the activation has other slopes, or the width or depth is too small.
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    variances, activation = layer_variances(sigma2, depth), as_activation(activation)
    check_integer("width", width, 2)
    input_moment = check_positive("input_moment", input_moment)
    gain = _gain(activation)
    if not input_moment * width * math.prod(max(v * gain**2, 1.0) for v in variances) < _LARGEST:
        raise ValueError(f"input_moment = {input_moment:g}, sigma2 = {variances}: moments overflow in {depth} layers")
    moments = [input_moment]
    top = variances[0] if of_jacobian else input_moment
    frame, lowered = np.empty((width, 0)), np.empty((0, 0))
    h = _uniform_direction(rng, width) * math.sqrt(variances[0] * input_moment * width)
    for layer in range(1, depth):
        slopes, x = activation.derivative(h), activation(h)
        frame, lowered = _cut(frame, lowered, slopes, top * gain**2)
        moments.append(float(x @ x) / width)
        top = (0.0 if of_jacobian else moments[-1]) + variances[layer] * gain**2 * top
        lowered = variances[layer] * lowered
        if layer < depth - 1:
            h, frame = _turned(rng, x, frame)
            h *= math.sqrt(variances[layer])
    rank = frame.shape[1]
    below = top - scipy.linalg.eigvalsh(lowered) if rank else np.empty(0)
    eigenvalues = np.sort(np.concatenate([below, np.full(width - rank, top)]))
    return FrameSample(eigenvalues / variances[-1] if of_jacobian else eigenvalues, np.array(moments))


def _gain(activation: Activation) -> float:
    """g of an activation with the slopes 0 and +-g."""
    gains = {abs(slope) for slope in activation.slopes or ()} - {0.0}
    if len(gains) != 1:
        raise ValueError(f"{activation.spec}: phi' must be 0 or +-g with a single number g")
    return gains.pop()


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
