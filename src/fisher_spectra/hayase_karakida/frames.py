"""Spectra of products of layers without weights: of the directions that layers have cut inner products alone are drawn.

Let phi' be 0 or +-g. Then H_l of Hayase, Karakida 2021, (14), is lambda_l - V N V^T with M x r matrices V of
orthonormal columns: D_l sets to zero the k coordinates in which phi' = 0, and adds them to the span of V; W_{l+1} turns
it. W_{l+1} is independent of H_l and x^l, so W_{l+1} (x^l, V) is a uniformly distributed frame with the same inner
products. The first layer enters by h^1 alone, uniform on a sphere, and the last not at all, since it only turns H_L.

Of the frame V only this is ever needed: its overlaps V^T t with the direction t of h, its k rows in the coordinates
that are cut, and its overlap with one more vector. Given V^T t these are a corner of a Haar distributed orthogonal
matrix of size M - 1, and the frame after the cut is known by its Gram matrix, which follows from the rows. So neither
weights nor frames are drawn, and a layer costs O(r^2 k) in place of the O(M^3) of an orthogonal matrix.

The same holds without the q_l that each layer adds: then the matrix is J J^T of the input-output Jacobian.
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
from fisher_spectra.networks.haar_corner import haar_corner
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]

_LARGEST = 1e300  # squares of norms of that size are still finite
# What is left of D x beside the direction of D h counts from this share of it on. On the kept units a hard tanh or a
# ReLU is linear, so that nothing is; what rounding leaves is of the order of 1e-16.
_ROUNDING = 1e-12
_BLOCK = 64  # so many reflections LAPACK applies at once, given workspace for them and for their triangular factor


@dataclass(frozen=True)
class FrameSample:
    """Spectrum of one matrix and the second moments of its network."""

    eigenvalues: Array  # (M,), ascending
    moments: Array  # (L,): qhat_0 .. qhat_{L-1}


@dataclass(frozen=True)
class _Lowered:
    """What is known of V N V^T, where H_l = lambda_l - V N V^T."""

    inner: Array  # N, (r, r)
    along: Array  # V^T t, (r,)

    @property
    def rank(self) -> int:
        return len(self.along)


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
    lowered = _Lowered(np.empty((0, 0)), np.empty(0))
    length = math.sqrt(input_moment * width)
    for layer in range(1, depth):
        direction = _uniform_direction(rng, width)
        h = direction * (math.sqrt(variances[layer - 1]) * length)
        slopes, x = activation.derivative(h), activation(h)
        lowered = _cut(rng, lowered, direction, slopes, x, gain, top)
        length = float(np.linalg.norm(x))
        moments.append(length**2 / width)
        top = (0.0 if of_jacobian else moments[-1]) + variances[layer] * gain**2 * top
        lowered = _Lowered(variances[layer] * lowered.inner, lowered.along)
    below = top - scipy.linalg.eigvalsh(lowered.inner) if lowered.rank else np.empty(0)
    eigenvalues = np.sort(np.concatenate([below, np.full(width - lowered.rank, top)]))
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


def _cut(
    rng: np.random.Generator, lowered: _Lowered, direction: Array, slopes: Array, x: Array, gain: float, top: float
) -> _Lowered:
    """V', N' of D (lambda - V N V^T) D = g^2 lambda - V' N' V'^T, with the overlaps of V' with the direction of x.

    V' has the k cut coordinates as columns, and Q of D V = Q R.

    Parameters
    ----------
    direction
        t.
    slopes, x
        phi'(h) and phi(h).
    gain, top
        g and lambda.
    """
    width, length = len(x), float(np.linalg.norm(x))
    cut = np.flatnonzero(slopes == 0)
    number, cut_value = len(cut), gain**2 * top
    if number == width:
        # no direction is left; where x = 0 any will do
        along = x / length if length else np.eye(width)[0]
        return _Lowered(cut_value * np.eye(width), along)
    rows, overlap = _rows_and_overlap(rng, lowered, direction, cut, slopes * x)
    inner, overlap = _orthonormal(lowered.inner, overlap, rows, width)
    after = np.zeros((number + len(overlap),) * 2)
    after[np.arange(number), np.arange(number)] = cut_value
    after[number:, number:] = gain**2 * inner
    along = np.concatenate([x[cut], overlap / gain]) / length
    if len(along) == width:
        along /= np.linalg.norm(along)  # V' spans everything, and x
    return _Lowered(after, along)


def _rows_and_overlap(
    rng: np.random.Generator, lowered: _Lowered, direction: Array, cut: npt.NDArray[np.intp], y: Array
) -> tuple[Array, Array]:
    """The rows of V in the cut coordinates, (k, r), and V^T y for y = 0 there; V is uniform given V^T t.

    V = t a^T + q R with a = V^T t, q a uniform frame orthogonal to t, and R^T R = 1 - a a^T. The projections of the cut
    coordinates orthogonal to t have the Gram matrix 1 - t_C t_C^T, so q has in them a corner of a Haar distributed
    matrix, turned by the root of that. With y = c t_K + y', K the other coordinates, y' is orthogonal to all of them.
    """
    number, t_cut = len(cut), direction[cut]
    t_kept = direction.copy()
    t_kept[cut] = 0.0
    kept_length = float(np.linalg.norm(t_kept))
    factor = float(y @ t_kept) / kept_length**2
    rest = y - factor * t_kept
    rest_length = float(np.linalg.norm(rest))
    with_rest = rest_length > _ROUNDING * float(np.linalg.norm(y))
    blocks = _orthogonal_part(rng, lowered.along, len(direction), number + with_rest)
    turned = blocks[:number] - np.outer(t_cut / (1.0 + kept_length), t_cut @ blocks[:number])
    rows = np.outer(t_cut, lowered.along) + turned
    overlap = factor * (lowered.along - t_cut @ rows)
    if with_rest:
        overlap += rest_length * blocks[number]
    return rows, overlap


def _orthogonal_part(rng: np.random.Generator, along: Array, width: int, rows: int) -> Array:
    """q R in so many orthonormal directions orthogonal to t, (rows, r).

    R is the reflection that takes the first coordinate to the direction of a = V^T t, its first row times
    sqrt(1 - |a|^2). Where V spans everything that row is zero, and q has a column less.
    """
    rank, length = len(along), float(np.linalg.norm(along))
    spans = rank == width
    corner = haar_corner(rng, width - 1, rows, rank - spans)
    if spans:
        corner = np.concatenate([np.zeros((rows, 1)), corner], axis=1)
    elif rank:
        corner[:, 0] *= math.sqrt(max(0.0, (1.0 - length) * (1.0 + length)))
    if length == 0.0:
        return corner
    mirror = along / length
    mirror[0] += math.copysign(1.0, mirror[0])
    return np.asarray(corner - np.outer(corner @ mirror, mirror * (2.0 / float(mirror @ mirror))))


def _orthonormal(inner: Array, overlap: Array, rows: Array, width: int) -> tuple[Array, Array]:
    """N and the overlaps for an orthonormal basis of V_K, V without the rows that are cut: V_K^T V_K = 1 - V_C^T V_C.

    Turned by Q of V_C^T = Q R, all but the first min(k, r) columns of V_K are orthonormal already, and these are after
    a division by a root of 1 - R R^T.
    """
    number, rank = rows.shape
    turned = min(number, rank)
    if turned == 0:
        return inner, overlap
    (reflections, scales), triangle = scipy.linalg.qr(rows.T, mode="raw", check_finite=False)
    reflections = reflections[:, :turned]
    inner = _reflected(reflections, scales, _reflected(reflections, scales, inner).T)
    overlap = _reflected(reflections, scales, overlap[:, None])[:, 0]
    first = max(0, rank - (width - number))  # V_K has so many rows less than columns
    root, inverse = _root_and_inverse(triangle[:turned], first)
    corner = root @ inner[:turned, :turned] @ root.T
    side = root @ inner[:turned, turned:]
    orthonormal = np.block([[corner, side], [side.T, inner[turned:, turned:]]])
    return orthonormal, np.concatenate([inverse @ overlap[:turned], overlap[turned:]])


def _root_and_inverse(triangle: Array, zeros: int) -> tuple[Array, Array]:
    """A root T of 1 - R R^T = T^T T, of which so many eigenvalues are zero, and the transpose of T's pseudo-inverse.

    Singular values of R are sines, and the root is made of their cosines. It must not depend on signs of singular
    vectors, nor on their directions where values are equal, which rounding decides: other rows would then be drawn. The
    symmetric root does not; where there are zeros the rows of its triangular factor are taken.
    """
    left, sines, _ = np.linalg.svd(triangle, full_matrices=False)
    left, sines = left[:, zeros:], sines[zeros:]  # sines descend: those left away are 1
    cosines = np.sqrt(np.maximum((1.0 - sines) * (1.0 + sines), 0.0))
    root, inverse = (left * cosines) @ left.T, (left / cosines) @ left.T
    if not zeros:
        return root, inverse
    q, factor = np.linalg.qr(root)
    signs = np.where(np.diagonal(factor) < 0, -1.0, 1.0)[:-zeros]
    return signs[:, None] * factor[:-zeros], (signs[:, None] * q[:, :-zeros].T) @ inverse


def _reflected(reflections: Array, scales: Array, matrix: Array) -> Array:
    """Q^T times the matrix, Q by its Householder reflections as LAPACK has them."""
    workspace = _BLOCK * matrix.shape[1] + (_BLOCK + 1) * _BLOCK
    product, _, _ = scipy.linalg.lapack.dormqr("L", "T", reflections, scales, matrix, lwork=workspace)
    return np.asarray(product)
