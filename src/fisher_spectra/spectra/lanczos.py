"""Spectral densities of large symmetric matrices by stochastic Lanczos quadrature.

The average over random probe vectors v of the measure sum_i (u_i . v)^2 delta_{lambda_i} / |v|^2 is the spectral law.
k Lanczos steps from v give the k-point Gauss rule of the measure, exact for polynomials of degree 2k - 1 (Golub and
Meurant 1994; Ubaru, Chen, Saad 2017).

Vectors may be numpy arrays or torch tensors on any device: pass `convert`. Random numbers are drawn by numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_callable, check_integer, check_type, shown
from fisher_spectra.common.memory import require_memory
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.spectra.probes import Convert, MatVec, inner_product, mean_over_probes

Array = npt.NDArray[np.float64]

# Lanczos stops when what is left of H v is this many of its roundings (up to 25 were seen): the start vector then lies
# in an invariant subspace, and the quadrature is exact. Relative to H v and not to the largest eigenvalue, as vectors
# orthogonal to an outlier have no part of it. A missed stop does no harm: what follows has a weight of rounding.
_BREAKDOWN = 32.0
# Daniel, Gragg, Kaufman, Stewart 1976: repeat Gram-Schmidt where it took away more than this.
_CANCELLATION = 2.0**-0.5


@dataclass(frozen=True)
class Tridiagonal:
    """Result of k Lanczos steps: the matrix T with H V = V T + beta_k v_{k+1} e_k^T.

    Attributes
    ----------
    diagonal
        Shape (k,).
    off_diagonal
        Shape (k - 1,).
    remainder
        beta_k, 0 after a breakdown.
    """

    diagonal: Array
    off_diagonal: Array
    remainder: float


def lanczos(matvec: MatVec, start: Any, steps: int, until: Callable[[Tridiagonal], bool] | None = None) -> Tridiagonal:
    """Lanczos iteration with full reorthogonalisation (classical Gram-Schmidt, repeated where it cancels).

    Parameters
    ----------
    matvec
        Product with a symmetric matrix.
    start
        Start vector of any norm, shape (P,); its type, dtype and device are those of the iteration. Whole numbers and
        half precision in numpy are iterated in float64.
    steps
        Number of steps k; memory for k vectors is needed. Fewer are made when the start vector lies in an invariant
        subspace.
    until
        Shown the result so far after each step, ends the iteration by returning true.

    Raises
    ------
    ValueError
        If steps < 1, the start vector is zero, has no or several axes, or a product is not finite.
    TypeError
        If the start vector is neither an array nor a float32 or float64 tensor.
    """
    steps, start = check_integer("steps", steps, 1), _floating(start)
    size = int(start.shape[0])
    steps = min(steps, size)
    basis = _empty_rows(start, steps)
    norm = _norm(start)
    if not 0.0 < norm < math.inf:
        raise ValueError(f"start vector of the norm {norm:g}: must be finite and not zero")
    vector, epsilon = start / norm, _epsilon(start)
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    remainder = 0.0
    for k in range(steps):
        basis[k] = vector
        image = matvec(vector)
        rounding = epsilon * _norm(image)
        diagonal.append(inner_product(vector, image))
        image = image - diagonal[-1] * vector
        if k > 0:
            image = image - off_diagonal[-1] * basis[k - 1]
        done = basis[: k + 1]
        before = _norm(image)
        image -= (done @ image) @ done
        remainder = _norm(image)
        if not math.isfinite(remainder):
            raise ValueError(f"symmetric matrix: its product with a vector is not finite (step {k + 1})")
        if remainder < _CANCELLATION * before:
            image -= (done @ image) @ done
            remainder = _norm(image)
        if remainder <= _BREAKDOWN * rounding:
            remainder = 0.0
            break
        if until is not None and until(Tridiagonal(np.array(diagonal), np.array(off_diagonal), remainder)):
            break
        if k < steps - 1:
            off_diagonal.append(remainder)
            vector = image / remainder
    return Tridiagonal(np.array(diagonal), np.array(off_diagonal), remainder)


@dataclass(frozen=True)
class SpectralQuadrature:
    """Gauss rules of the spectral measures of several probes; each rule has total weight 1.

    Attributes
    ----------
    nodes, weights
        One array of shape (k,) for each probe, nodes ascending.
    """

    nodes: tuple[Array, ...]
    weights: tuple[Array, ...]

    @property
    def probes(self) -> int:
        return len(self.nodes)

    def moment(self, order: int) -> tuple[float, float]:
        """Mean of lambda^order and its standard error over probes (0 for one probe)."""
        return mean_over_probes(np.array([w @ x**order for x, w in zip(self.nodes, self.weights, strict=True)]))

    def cdf(self, x: npt.ArrayLike) -> tuple[Array, Array]:
        """Fraction of eigenvalues at or below x and its standard error over probes, shape of x.

        At a node half of its weight counts, and between nodes the value is interpolated linearly: by the inequalities
        of Chebyshev, Markov and Stieltjes the exact value at a node lies within half its weight of this one.
        """
        x = np.asarray(x, dtype=np.float64)
        rows = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            middle = np.cumsum(weights) - 0.5 * weights
            rows.append(np.interp(x, nodes, middle, left=0.0, right=1.0))
        return mean_over_probes(np.array(rows))

    def histogram(self, edges: npt.ArrayLike) -> tuple[Array, Array]:
        """Density in bins, from differences of `cdf`, and its standard error over probes; shape (bins,) each."""
        edges = np.asarray(edges, dtype=np.float64)
        rows = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            one = SpectralQuadrature((nodes,), (weights,))
            rows.append(np.diff(one.cdf(edges)[0]) / np.diff(edges))
        return mean_over_probes(np.array(rows))

    def density(self, x: npt.ArrayLike, width: float) -> tuple[Array, Array]:
        """Nodes smeared by Gaussians of standard deviation `width`, and the standard error over probes."""
        if not width > 0:
            raise ValueError(f"width = {width}: must be positive")
        x = np.asarray(x, dtype=np.float64)
        rows = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            bells = np.exp(-0.5 * ((x[..., None] - nodes) / width) ** 2) / (width * np.sqrt(2.0 * np.pi))
            rows.append(bells @ weights)
        return mean_over_probes(np.array(rows))

    def merged(self) -> tuple[Array, Array]:
        """All nodes, ascending, with weights divided by the number of probes."""
        nodes = np.concatenate(self.nodes)
        weights = np.concatenate(self.weights) / self.probes
        order = np.argsort(nodes, kind="stable")
        return nodes[order], weights[order]

    def cdf_difference(self, cdf: Callable[[Array], Array], points: npt.ArrayLike = ()) -> tuple[Array, Array, Array]:
        """Estimated minus given distribution function: (places, mean over probes, standard error), places ascending.

        Parameters
        ----------
        cdf
            Reference distribution function, vectorised.
        points
            Places looked at beside the nodes of all probes. Name those where `cdf` has a kink: the largest difference
            from a smooth distribution function tends to sit there, between two nodes.

        Notes
        -----
        For each probe the distribution function at a node counts half of the node's weight, as in `cdf`. The difference
        is what is interpolated to the nodes of the other probes, for it stays smooth where both functions are steep; at
        `points` the estimated function itself is interpolated.
        """
        nodes, _ = self.merged()
        points = np.asarray(points, dtype=np.float64)
        at_points = cdf(points)
        rows = []
        for own_nodes, weights in zip(self.nodes, self.weights, strict=True):
            middle = np.cumsum(weights) - 0.5 * weights
            at_nodes = np.interp(nodes, own_nodes, middle - cdf(own_nodes))
            estimated = np.interp(points, own_nodes, middle, left=0.0, right=1.0)
            rows.append(np.concatenate([at_nodes, estimated - at_points]))
        places = np.concatenate([nodes, points])
        order = np.argsort(places, kind="stable")
        mean, error = mean_over_probes(np.array(rows)[:, order])
        return places[order], mean, error

    def kolmogorov_distance(self, cdf: Callable[[Array], Array], points: npt.ArrayLike = ()) -> float:
        """Largest modulus of `cdf_difference`; for a continuous `cdf`, as no quadrature tells where a jump is."""
        return float(np.max(np.abs(self.cdf_difference(cdf, points)[1])))


def lanczos_memory(size: int, steps: int, itemsize: int) -> int:
    """Estimate in bytes: the Lanczos vectors and six more of the same size, and two in double precision if need be."""
    in_double = 2 * 8 if itemsize < 8 else 0
    return size * ((steps + 6) * itemsize + in_double)


def stochastic_lanczos_quadrature(
    matvec: MatVec,
    size: int,
    steps: int,
    probes: int,
    rng: np.random.Generator,
    convert: Convert | None = None,
    itemsize: int = 8,
) -> SpectralQuadrature:
    """Spectral measure of a symmetric matrix, averaged over Gaussian probe vectors.

    Parameters
    ----------
    matvec, size
        Product with the matrix, and its order P.
    steps, probes
        Lanczos steps k for each of the probes. Cost: steps * probes products, and 2 steps^2 P probes operations
        for the reorthogonalisation.
    rng
        Generator of the probes; the only source of randomness.
    convert
        Turns a float64 numpy vector into what `matvec` takes (other dtype, torch tensor).
    itemsize
        Bytes of a number in the converted vectors, for the memory estimate.

    Raises
    ------
    UserError
        If the Lanczos vectors do not fit into memory.
    ValueError
        If probes < 1 or steps < 1.

    Examples
    --------
    >>> matrix = np.diag(np.linspace(0.0, 1.0, 50))
    >>> rng = np.random.default_rng(0)
    >>> quadrature = fs.stochastic_lanczos_quadrature(lambda v: matrix @ v, 50, steps=10, probes=50, rng=rng)
    >>> mean, error = quadrature.moment(1)
    >>> f"{mean:.2f} +- {error:.2f}"
    '0.51 +- 0.01'
    """
    size, steps = check_integer("size", size, 1), check_integer("steps", steps, 1)
    probes, itemsize = check_integer("probes", probes, 1), check_integer("itemsize", itemsize, 1)
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_callable("matvec", matvec)
    require_memory(
        lanczos_memory(size, min(steps, size), itemsize),
        f"{steps} Lanczos vectors of a matrix of order {size}",
        "use fewer steps, single precision or a smaller width",
    )
    nodes, weights = [], []
    for _ in range(probes):
        probe = standard_normal(rng, size)
        result = lanczos(matvec, probe if convert is None else convert(probe), steps)
        values, vectors = scipy.linalg.eigh_tridiagonal(result.diagonal, result.off_diagonal)
        nodes.append(np.asarray(values))
        weights.append(np.asarray(vectors[0] ** 2))
    return SpectralQuadrature(tuple(nodes), tuple(weights))


# ---------------------------------------------------------------------------------------------------------------------
# Arrays of either library


def _empty_rows(like: Any, rows: int) -> Any:
    if isinstance(like, np.ndarray):
        return np.empty((rows, like.shape[0]), dtype=like.dtype)
    return like.new_empty((rows, like.shape[0]))


def _floating(start: Any) -> Any:
    """The start vector in a precision that the iteration is made for."""
    if isinstance(start, list | tuple):
        start = np.asarray(start)
    if isinstance(start, np.ndarray) and start.dtype.kind in "biuf":
        start = start if start.dtype in (np.float32, np.float64) else start.astype(np.float64)
    elif not str(getattr(start, "dtype", "")).endswith(("torch.float32", "torch.float64")):
        raise TypeError(f"start vector of {shown(start)}: must be real numbers, as a tensor in float32 or float64")
    if start.ndim != 1 or not start.shape[0]:
        raise ValueError(f"start vector of shape {tuple(start.shape)}: must have one axis, not empty")
    return start


def _norm(vector: Any) -> float:
    return math.sqrt(inner_product(vector, vector))


def _epsilon(vector: Any) -> float:
    return float(np.finfo(np.float32 if "32" in str(vector.dtype) else np.float64).eps)
