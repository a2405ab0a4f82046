"""Spectral densities of large symmetric matrices from products with vectors.

Two estimators, both averages over random probe vectors v of the measure sum_i (u_i . v)^2 delta_{lambda_i} / |v|^2:

- stochastic Lanczos quadrature (Golub and Meurant 1994; Ubaru, Chen, Saad 2017): k steps give the k-point Gauss rule
  of the measure, exact for polynomials of degree 2k - 1;
- the kernel polynomial method (Weisse, Wellein, Alvermann, Fehske 2006): Chebyshev moments damped by Jackson's kernel.

Vectors may be numpy arrays or torch tensors on any device: pass `convert`. Random numbers are drawn by numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.linalg import LinearOperator, eigsh

from fisher_spectra.common.memory import require_memory

Array = npt.NDArray[np.float64]
MatVec = Callable[[Any], Any]
Convert = Callable[[Array], Any]

# Lanczos stops when what is left of H v is this many of its roundings (up to 25 were seen): the start vector then lies
# in an invariant subspace, and the quadrature is exact. Relative to H v and not to the largest eigenvalue, as vectors
# orthogonal to an outlier have no part of it. A missed stop does no harm: what follows has a weight of rounding.
_BREAKDOWN = 32.0
# Daniel, Gragg, Kaufman, Stewart 1976: repeat Gram-Schmidt where it took away more than this.
_CANCELLATION = 2.0**-0.5
# Safety margin added on either side of the bounds for Chebyshev polynomials, which explode outside [-1, 1].
_BOUND_MARGIN = 0.01
_BOUND_STEPS = 40


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


def lanczos(matvec: MatVec, start: Any, steps: int) -> Tridiagonal:
    """Lanczos iteration with full reorthogonalisation (classical Gram-Schmidt, repeated where it cancels).

    Parameters
    ----------
    matvec
        Product with a symmetric matrix.
    start
        Start vector of any norm, shape (P,); its type, dtype and device are those of the iteration.
    steps
        Number of steps k; memory for k vectors is needed. Fewer are made when the start vector lies in an invariant
        subspace.

    Raises
    ------
    ValueError
        If steps < 1 or the start vector is zero.
    """
    if steps < 1:
        raise ValueError(f"steps = {steps}: must be at least 1")
    size = int(start.shape[0])
    steps = min(steps, size)
    basis = _empty_rows(start, steps)
    norm = _norm(start)
    if norm == 0.0:
        raise ValueError("start vector: must not be zero")
    vector = start / norm
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    remainder = 0.0
    for k in range(steps):
        basis[k] = vector
        image = matvec(vector)
        rounding = _epsilon(start) * _norm(image)
        diagonal.append(float(vector @ image))
        image = image - diagonal[-1] * vector
        if k > 0:
            image = image - off_diagonal[-1] * basis[k - 1]
        done = basis[: k + 1]
        before = _norm(image)
        image -= (done @ image) @ done
        remainder = _norm(image)
        if remainder < _CANCELLATION * before:
            image -= (done @ image) @ done
            remainder = _norm(image)
        if remainder <= _BREAKDOWN * rounding:
            remainder = 0.0
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
        return _mean_and_error(np.array([w @ x**order for x, w in zip(self.nodes, self.weights, strict=True)]))

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
        return _mean_and_error(np.array(rows))

    def histogram(self, edges: npt.ArrayLike) -> tuple[Array, Array]:
        """Density in bins, from differences of `cdf`, and its standard error over probes; shape (bins,) each."""
        edges = np.asarray(edges, dtype=np.float64)
        rows = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            one = SpectralQuadrature((nodes,), (weights,))
            rows.append(np.diff(one.cdf(edges)[0]) / np.diff(edges))
        return _mean_and_error(np.array(rows))

    def density(self, x: npt.ArrayLike, width: float) -> tuple[Array, Array]:
        """Nodes smeared by Gaussians of standard deviation `width`, and the standard error over probes."""
        if not width > 0:
            raise ValueError(f"width = {width}: must be positive")
        x = np.asarray(x, dtype=np.float64)
        rows = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            bells = np.exp(-0.5 * ((x[..., None] - nodes) / width) ** 2) / (width * np.sqrt(2.0 * np.pi))
            rows.append(bells @ weights)
        return _mean_and_error(np.array(rows))

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
        mean, error = _mean_and_error(np.array(rows)[:, order])
        return places[order], mean, error

    def kolmogorov_distance(self, cdf: Callable[[Array], Array], points: npt.ArrayLike = ()) -> float:
        """Largest modulus of `cdf_difference`; for a continuous `cdf`, as no quadrature tells where a jump is."""
        return float(np.max(np.abs(self.cdf_difference(cdf, points)[1])))


def lanczos_memory(size: int, steps: int, itemsize: int) -> int:
    """Estimate in bytes: the Lanczos vectors and six more of the same size."""
    return (steps + 6) * size * itemsize


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
    """
    if probes < 1:
        raise ValueError(f"probes = {probes}: must be at least 1")
    require_memory(
        lanczos_memory(size, min(steps, size), itemsize),
        f"{steps} Lanczos vectors of a matrix of order {size}",
        "use fewer steps, single precision or a smaller width",
    )
    nodes, weights = [], []
    for _ in range(probes):
        probe = rng.standard_normal(size)
        result = lanczos(matvec, probe if convert is None else convert(probe), steps)
        values, vectors = eigh_tridiagonal(result.diagonal, result.off_diagonal)
        nodes.append(np.asarray(values))
        weights.append(np.asarray(vectors[0] ** 2))
    return SpectralQuadrature(tuple(nodes), tuple(weights))


@dataclass(frozen=True)
class ChebyshevSpectrum:
    """Chebyshev moments of the spectral measure on an interval that contains the spectrum.

    Attributes
    ----------
    moments
        mu_k = v^T T_k(scaled H) v / |v|^2 for each probe, shape (probes, count).
    low, high
        Ends of the interval mapped to [-1, 1].
    """

    moments: Array
    low: float
    high: float

    @property
    def damped_moments(self) -> Array:
        """Moments times Jackson's coefficients, which make the density non-negative; shape (probes, count)."""
        count = self.moments.shape[1]
        k = np.arange(count)
        angle = np.pi / (count + 1)
        damping = ((count - k + 1) * np.cos(angle * k) + np.sin(angle * k) / np.tan(angle)) / (count + 1)
        return np.asarray(self.moments * damping)

    @property
    def resolution(self) -> float:
        """Standard deviation of the smoothing in the middle of the interval, pi / count of its half length."""
        return float(0.5 * (self.high - self.low) * np.pi / self.moments.shape[1])

    def density(self, x: npt.ArrayLike) -> tuple[Array, Array]:
        """Smoothed density and its standard error over probes, shape of x; 0 outside the interval."""
        x = np.asarray(x, dtype=np.float64)
        angle, inside = self._angle(x)
        series = np.cos(np.multiply.outer(angle, np.arange(self.moments.shape[1])))
        coefficients = self.damped_moments * np.where(np.arange(self.moments.shape[1]) == 0, 1.0, 2.0)
        jacobian = np.where(inside, np.sin(angle) * np.pi * 0.5 * (self.high - self.low), np.inf)
        rows = np.moveaxis(series @ coefficients.T, -1, 0) / jacobian
        return _mean_and_error(rows)

    def cdf(self, x: npt.ArrayLike) -> tuple[Array, Array]:
        """Integral of `density` up to x, and its standard error over probes."""
        x = np.asarray(x, dtype=np.float64)
        angle, _ = self._angle(x)
        k = np.arange(1, self.moments.shape[1])
        series = np.sin(np.multiply.outer(angle, k)) / k
        damped = self.damped_moments
        total = damped[:, :1] * angle.reshape(1, -1) + 2.0 * damped[:, 1:] @ series.reshape(-1, k.size).T
        return _mean_and_error(1.0 - total.reshape((-1, *x.shape)) / np.pi)

    def _angle(self, x: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        scaled = (2.0 * x - self.low - self.high) / (self.high - self.low)
        return np.arccos(np.clip(scaled, -1.0, 1.0)), np.abs(scaled) < 1.0


def kernel_polynomial_method(
    matvec: MatVec,
    size: int,
    moments: int,
    probes: int,
    rng: np.random.Generator,
    bounds: tuple[float, float] | None = None,
    convert: Convert | None = None,
) -> ChebyshevSpectrum:
    """Chebyshev moments of a symmetric matrix, averaged over Gaussian probe vectors.

    Parameters
    ----------
    matvec, size, rng, convert
        As for `stochastic_lanczos_quadrature`.
    moments
        Number of moments; products needed for each probe are half of it (T_2k = 2 T_k^2 - 1). Three vectors of memory.
    probes
        Number of probe vectors.
    bounds
        Interval that contains all eigenvalues; estimated by `spectral_bounds` if left out.

    Raises
    ------
    ValueError
        If moments < 2, probes < 1, or the bounds turn out not to contain the spectrum.
    """
    if moments < 2 or probes < 1:
        raise ValueError(f"moments = {moments}, probes = {probes}: must be at least 2 and at least 1")
    if bounds is None:
        bounds = spectral_bounds(matvec, size, rng, convert)
    low, high = bounds
    if not high > low:
        raise ValueError(f"bounds = ({low:g}, {high:g}): must be ascending")
    centre, half = 0.5 * (low + high), 0.5 * (high - low)

    def scaled(vector: Any) -> Any:
        return (matvec(vector) - centre * vector) / half

    table = np.empty((probes, moments))
    for row in table:
        drawn = rng.standard_normal(size)
        drawn /= np.linalg.norm(drawn)
        first = drawn if convert is None else convert(drawn)
        unit = float(first @ first)
        previous, current = first, scaled(first)
        row[0], row[1] = unit, float(first @ current)
        for k in range(1, (moments + 1) // 2):
            row[2 * k] = 2.0 * float(current @ current) - unit
            if 2 * k + 1 < moments:
                previous, current = current, 2.0 * scaled(current) - previous
                row[2 * k + 1] = 2.0 * float(current @ previous) - row[1]
        row /= unit
    # |mu_k| <= 1 holds for any measure on [-1, 1]; rounding stays far below the margin.
    if not np.all(np.abs(table) <= 1.0 + _BOUND_MARGIN):
        raise ValueError(f"bounds = ({low:g}, {high:g}): some eigenvalues lie outside")
    return ChebyshevSpectrum(table, low, high)


def spectral_bounds(
    matvec: MatVec, size: int, rng: np.random.Generator, convert: Convert | None = None
) -> tuple[float, float]:
    """Interval estimated to contain the spectrum: extreme Ritz values, widened by their residuals and by a margin.

    Not a certain bound. A residual bounds the distance to some eigenvalue, not to the extreme one, and an eigenvector
    that is almost orthogonal to the random start vector is not seen; `kernel_polynomial_method` notices if an
    eigenvalue well outside has made its moments grow.
    """
    probe = rng.standard_normal(size)
    result = lanczos(matvec, probe if convert is None else convert(probe), _BOUND_STEPS)
    values, vectors = eigh_tridiagonal(result.diagonal, result.off_diagonal)
    # |beta_k s_k| bounds the distance of each Ritz value from an eigenvalue.
    error = np.abs(result.remainder * vectors[-1])
    low, high = float(values[0] - error[0]), float(values[-1] + error[-1])
    margin = _BOUND_MARGIN * max(high - low, abs(low), abs(high))
    return low - margin, high + margin


def extreme_eigenvalues(
    operator: LinearOperator, count: int, rng: np.random.Generator, tolerance: float = 1e-8
) -> tuple[Array, Array]:
    """The `count` smallest and the `count` largest eigenvalues, ascending, by ARPACK's implicitly restarted Lanczos.

    Raises
    ------
    ValueError
        If 2 * count is not below the order of the matrix.
    """
    size = operator.shape[0]
    if not 0 < 2 * count < size:
        raise ValueError(f"count = {count}: must be positive and below half of {size}")
    start = rng.standard_normal(size).astype(operator.dtype)
    ends = [
        np.sort(eigsh(operator, k=count, which=which, v0=start, tol=tolerance, return_eigenvectors=False))
        for which in ("SA", "LA")
    ]
    return np.asarray(ends[0], dtype=np.float64), np.asarray(ends[1], dtype=np.float64)


def kolmogorov_distance(
    eigenvalues: Array, cdf: Callable[[Array], Array], atoms: Sequence[tuple[float, float]] = ()
) -> float:
    """sup |F_empirical - F| for a full set of eigenvalues, of any shape.

    Parameters
    ----------
    eigenvalues
        At least one.
    cdf
        F, vectorised and continuous from the right.
    atoms
        Location and weight of the jumps of F. A jump that no eigenvalue shares exactly counts whole.

    Raises
    ------
    ValueError
        If there is no eigenvalue.
    """
    if not np.size(eigenvalues):
        raise ValueError("there is no eigenvalue to compare with")
    ordered = np.sort(eigenvalues, axis=None)
    places = np.concatenate([ordered, [location for location, _ in atoms]])
    limit = cdf(places)
    from_left = limit - sum(weight * (places == location) for location, weight in atoms)
    right, left = (np.searchsorted(ordered, places, side=side) / ordered.size for side in ("right", "left"))
    return float(max(np.max(np.abs(right - limit)), np.max(np.abs(left - from_left))))


def wasserstein_distance(nodes: Array, weights: Array, quantile: Callable[[Array], Array], levels: int = 2000) -> float:
    """Mean |Q_1 - Q_2| of the quantile functions of a weighted point set and of a reference distribution.

    The mean over the level is a midpoint sum; with half weights at the nodes as in `SpectralQuadrature.cdf`, Q_1 is
    interpolated linearly between nodes.

    Parameters
    ----------
    nodes, weights
        Points ascending and their weights, sum 1.
    quantile
        Quantile function of the reference.
    levels
        Number of levels in the midpoint sum.
    """
    level = (np.arange(levels) + 0.5) / levels
    middle = np.cumsum(weights) - 0.5 * weights
    return float(np.mean(np.abs(np.interp(level, middle, nodes) - quantile(level))))


# ---------------------------------------------------------------------------------------------------------------------
# Arrays of either library


def _empty_rows(like: Any, rows: int) -> Any:
    if isinstance(like, np.ndarray):
        return np.empty((rows, like.shape[0]), dtype=like.dtype)
    return like.new_empty((rows, like.shape[0]))


def _norm(vector: Any) -> float:
    return math.sqrt(float(vector @ vector))


def _epsilon(vector: Any) -> float:
    return float(np.finfo(np.float32 if "32" in str(vector.dtype) else np.float64).eps)


def _mean_and_error(rows: Array) -> tuple[Any, Any]:
    mean = np.mean(rows, axis=0)
    if rows.shape[0] == 1:
        return mean, np.zeros_like(mean)
    return mean, np.std(rows, axis=0, ddof=1) / np.sqrt(rows.shape[0])
