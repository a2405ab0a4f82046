"""Spectrum of a linear combination of sample covariance matrices that are built on each other.

A = a_I I + sum_j a_j X_j with X_j = (1 / M_j) sum_i x_i x_i^T, i = 1 .. M_j. The vectors x_i are independent; those of
class k, which have probability p_jk, are Gaussian with covariance b_jk I + sum_m c_jmk X_m, where m runs over earlier
nodes, the parents of j. gamma_j = dim / M_j is kept as both become large. The first node may be a given matrix instead,
of which the eigenvalues are known.

The Stieltjes transform r = tr (x - A)^{-1} / dim and tau_j = tr X_j (x - A)^{-1} / dim solve y = Phi(y), y = (r, tau):
with z_j = -a_j, Z = x - a_I at first, for j from the last node to the first

    g_jk = gamma_j (b_jk r + sum_m c_jmk tau_m),  d_jk = 1 + z_j g_jk,  Phi_tau_j = sum_k p_jk (g_jk / gamma_j) / d_jk,
    Z += z_j sum_k p_jk b_jk / d_jk,  z_m += z_j sum_k p_jk c_jmk / d_jk,

and Phi_r = 1 / Z (each step is the law of Marchenko and Pastur, 1967, for a population covariance that is itself the
rest of the chain). This is the recursion of Fan and Wang 2020 for one class and one output, with classes added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Newton's method ends at steps of this relative size; beside the edge it converges by halves, hence the many steps.
_STEP, _MOST_STEPS = 1e-11, 80
_ROUNDING = 1e-9  # relative, of a step that should not be negative
# Relative distances from the edge, 1, 4 and 16 of them, from which its derivatives and the square root are read off.
_BESIDE = 1e-4
_NOTHING = 1e-12  # of all coefficients: a mean below it is rounding
# Multiple of the sum of all coefficients at which moments are read off.
_FAR = 1e4
# Distances from the real axis over the edge between which a density is followed, in so many steps.
_FARTHEST, _NEAREST, _LEVELS = 10.0, 1e-4, 25
_COMPLEX_STEP, _NEWTON_STEPS, _DAMPED_STEPS = 1e-9, 12, 2000
_MOST_TRIALS = 200  # of an upper bound, doubled each time


@dataclass(frozen=True)
class Node:
    """One of the matrices X_j.

    Attributes
    ----------
    coefficient
        a_j >= 0.
    gamma
        dim / M_j > 0.
    probabilities
        p_jk, shape (K,).
    own
        b_jk >= 0, shape (K,).
    parents
        Indices of earlier nodes.
    inherited
        c_jmk >= 0, shape (K, number of parents).
    """

    coefficient: float
    gamma: float
    probabilities: Array
    own: Array
    parents: tuple[int, ...]
    inherited: Array

    @property
    def columns(self) -> list[int]:
        """Where r and tau of the parents stand in y."""
        return [0, *(1 + parent for parent in self.parents)]

    @property
    def shares(self) -> Array:
        """b and c side by side, shape (K, 1 + number of parents)."""
        return np.column_stack([self.own, self.inherited])


@dataclass(frozen=True)
class Pencil:
    """The matrix A.

    Attributes
    ----------
    identity
        a_I.
    nodes
        In an order in which parents come first.
    first_spectrum
        Eigenvalues of the first node if it is a given matrix, shape (dim,); its other attributes but the coefficient
        are then not used. ``None`` if it is random, too.
    """

    identity: float
    nodes: tuple[Node, ...]
    first_spectrum: Array | None = None

    def with_coefficients(self, identity: float, coefficients: Array) -> Pencil:
        """The same nodes with other a_I and a_j."""
        nodes = tuple(
            Node(float(a), node.gamma, node.probabilities, node.own, node.parents, node.inherited)
            for a, node in zip(coefficients, self.nodes, strict=True)
        )
        return Pencil(identity, nodes, self.first_spectrum)


@dataclass(frozen=True)
class UpperEdge:
    """Upper edge of the spectrum, and its derivatives.

    Attributes
    ----------
    position
        The edge x.
    slopes
        d x / d a_j: what the edge's eigenvector has of X_j (Hellmann and Feynman).
    root
        k of r(x) = r(edge) - k sqrt(x - edge): the density below the edge is k sqrt(edge - x) / pi.
    """

    position: float
    slopes: Array
    root: float

    def spacing(self, dimension: int) -> float:
        """(k dim)^(-2/3), the unit in which the largest of `dim` eigenvalues fluctuates about the edge.

        It follows the law of Tracy and Widom (1996): below the edge by 1.2065 units on average, with the standard
        deviation 1.268, for real symmetric matrices.
        """
        return (self.root * dimension) ** (-2.0 / 3.0) if self.root > 0.0 else 0.0


@dataclass(frozen=True)
class _Image:
    """Phi(y) at a stack of points: values (points, 1 + nodes), tangents (points, 1 + nodes, directions).

    `inside` says that every real point is on the map's branch beyond the spectrum (all d_k > 0, Z > 0).
    """

    values: npt.NDArray[Any]
    tangents: npt.NDArray[Any]
    inside: bool


class _Map:
    """Phi of one pencil and its derivatives, at stacks of real points or of complex ones."""

    def __init__(self, pencil: Pencil) -> None:
        self.pencil = pencil
        self.size = 1 + len(pencil.nodes)
        self.columns = [node.columns for node in pencil.nodes]
        self.shares = [node.shares for node in pencil.nodes]
        self.weighted = [node.probabilities[:, None] * node.shares for node in pencil.nodes]
        self.products = [
            np.einsum("ki,kj->kij", weighted, shares).reshape(len(shares), -1)
            for weighted, shares in zip(self.weighted, self.shares, strict=True)
        ]

    def image(self, x: npt.NDArray[Any], y: npt.NDArray[Any], by_parameters: bool = False) -> _Image:
        """Phi(y) at x (points,), and derivatives by y; with `by_parameters` by the a_j and by x, too."""
        nodes, spectrum, points = self.pencil.nodes, self.pencil.first_spectrum, len(x)
        count = len(nodes)
        directions = self.size + (count + 1 if by_parameters else 0)
        z = np.repeat(np.array([[-node.coefficient for node in nodes]], dtype=y.dtype), points, axis=0)
        dz = np.zeros((points, count, directions), dtype=y.dtype)
        total, dtotal = x - self.pencil.identity, np.zeros((points, directions), dtype=y.dtype)
        if by_parameters:
            dz[:, np.arange(count), self.size + np.arange(count)] = -1.0
            dtotal[:, -1] = 1.0
        real = not np.iscomplexobj(y)
        values = np.empty((points, self.size), dtype=y.dtype)
        tangents = np.zeros((points, self.size, directions), dtype=y.dtype)
        outside = _Image(values, tangents, inside=False)
        for j in range(count - 1, -1 if spectrum is None else 0, -1):
            node, columns = nodes[j], self.columns[j]
            g = node.gamma * (y[:, columns] @ self.shares[j].T)
            d = 1.0 + z[:, j, None] * g
            if real and not d.min() > 0.0:
                return outside
            inverse = 1.0 / d
            square = inverse * inverse
            means = inverse @ self.weighted[j]
            by_g = (square @ self.products[j]).reshape(points, len(columns), len(columns))
            # sum_k p_k c_k g_k / d_k^2: minus the derivative of the means by z_j
            by_z = node.gamma * np.einsum("nij,nj->ni", by_g, y[:, columns])
            values[:, 1 + j] = (g * inverse) @ node.probabilities / node.gamma
            second = np.einsum("ni,ni->n", by_z, y[:, columns])  # sum_k p_k g_k^2 / d_k^2 over gamma
            tangents[:, 1 + j] = -second[:, None] * dz[:, j]
            tangents[:, 1 + j, columns] += square @ self.weighted[j]
            dmeans = -by_z[:, :, None] * dz[:, j, None, :]
            dmeans[:, :, columns] -= (node.gamma * z[:, j])[:, None, None] * by_g
            dtotal = dtotal + means[:, :1] * dz[:, j] + z[:, j, None] * dmeans[:, 0]
            total = total + z[:, j] * means[:, 0]
            for i, parent in enumerate(node.parents, start=1):
                dz[:, parent] += means[:, i, None] * dz[:, j] + z[:, j, None] * dmeans[:, i]
                z[:, parent] += z[:, j] * means[:, i]
        if spectrum is None:
            if real and not total.min() > 0.0:
                return outside
            values[:, 0] = 1.0 / total
            tangents[:, 0] = -dtotal / total[:, None] ** 2
        else:
            shifted = total[:, None] + z[:, :1] * spectrum
            if real and not shifted.min() > 0.0:
                return outside
            inverse = 1.0 / shifted
            square = inverse * inverse
            values[:, 0], values[:, 1] = inverse.mean(axis=1), (inverse * spectrum).mean(axis=1)
            moments = [(square * spectrum**power).mean(axis=1)[:, None] for power in range(3)]
            tangents[:, 0] = -moments[0] * dtotal - moments[1] * dz[:, 0]
            tangents[:, 1] = -moments[1] * dtotal - moments[2] * dz[:, 0]
        return _Image(values, tangents, inside=True)


def _beyond(phi: _Map, x: float, start: Array) -> Array | None:
    """y at x if x lies above the spectrum, else ``None``.

    There Phi is increasing and convex in every argument, so Newton's method from y = 0 climbs to the least solution;
    so it does from any `start` below it, such as the solution for a larger x.
    """
    y, point = start, np.array([x])
    identity = np.eye(phi.size)
    for _ in range(_MOST_STEPS):
        image = phi.image(point, y[None, :])
        if not image.inside:
            return None
        try:
            step = np.linalg.solve(identity - image.tangents[0], image.values[0] - y)
        except np.linalg.LinAlgError:
            return None
        if not np.all(step >= -_ROUNDING * np.abs(y)):
            return None
        y = y + step
        if np.all(np.abs(step) <= _STEP * y):
            return y
    return None


def stieltjes_transform(pencil: Pencil, x: float) -> float:
    """r(x) = tr (x - A)^{-1} / dim at a real x above the spectrum.

    Raises
    ------
    ValueError
        If x does not lie above the spectrum.
    """
    phi = _Map(pencil)
    found = _beyond(phi, x, np.zeros(phi.size))
    if found is None:
        raise ValueError(f"x = {x:g}: must lie above the spectrum")
    return float(found[0])


def mean_and_variance(pencil: Pencil) -> tuple[float, float]:
    """Mean and variance of the eigenvalues of A, from r = sum_n m_n / x^{n+1} far above the spectrum."""
    phi = _Map(pencil)
    scale = pencil.identity + sum(node.coefficient for node in pencil.nodes)
    # 1/x -> 0 by Richardson: the map is applied to its own solution at two distant points.
    inverse = np.array([1.0, 0.5]) / (_FAR * max(scale, 1e-300))
    rows = []
    for u in inverse:
        found = _beyond(phi, 1.0 / u, np.zeros(phi.size))
        if found is None:
            raise ValueError("moments of the spectrum: no solution far above it")
        rows.append((found[0] / u - 1.0) / u)
    mean = 2.0 * rows[1] - rows[0]
    second = (rows[0] - rows[1]) / (inverse[0] - inverse[1])
    return float(mean), float(max(second - mean**2, 0.0))


def _mean(pencil: Pencil) -> float:
    """tr A / dim."""
    means: list[float] = []
    for j, node in enumerate(pencil.nodes):
        if j == 0 and pencil.first_spectrum is not None:
            means.append(float(pencil.first_spectrum.mean()))
        else:
            of_parents = [means[parent] for parent in node.parents]
            means.append(float(node.probabilities @ (node.own + node.inherited @ np.array(of_parents))))
    return pencil.identity + sum(node.coefficient * mean for node, mean in zip(pencil.nodes, means, strict=True))


def upper_edge(pencil: Pencil, tolerance: float = 1e-8) -> UpperEdge:
    """Upper edge of the spectrum of A, to a relative `tolerance`.

    x lies above the spectrum if and only if Newton's method from y = 0 converges at x and the spectral radius rho of
    the derivative of Phi there is below 1. Towards the edge (1 - rho)^2 vanishes linearly, so that a secant through two
    points beyond it finds it in a few steps; every step keeps to the bracket of bisection.

    Raises
    ------
    ValueError
        If there is no matrix, or a coefficient is not finite.
    """
    scale = pencil.identity + sum(node.coefficient for node in pencil.nodes)
    if not (np.isfinite(scale) and scale > 0.0):
        raise ValueError(f"coefficients of the matrices sum up to {scale:g}: must be a finite number > 0")
    mean = _mean(pencil)
    if mean - pencil.identity <= _NOTHING * scale:
        return UpperEdge(pencil.identity, np.zeros(len(pencil.nodes)), 0.0)
    phi = _Map(pencil)

    start = np.zeros(phi.size)

    def gap(x: float) -> float | None:
        """(1 - rho)^2 if x lies beyond the spectrum."""
        nonlocal start
        y = _beyond(phi, x, start)
        if y is None:
            return None
        image = phi.image(np.array([x]), y[None, :])
        if not image.inside:
            return None
        radius = float(np.abs(np.linalg.eigvals(image.tangents[0])).max())
        if radius >= 1.0:
            return None
        start = y
        return (1.0 - radius) ** 2

    low, high = mean, 2.0 * mean
    for _ in range(_MOST_TRIALS):
        at_high = gap(high)
        if at_high is not None:
            break
        low, high = high, 2.0 * high
    else:
        raise ValueError("upper edge: no point beyond the spectrum was found")
    previous: tuple[float, float] | None = None
    while high - low > tolerance * high:
        middle = 0.5 * (low + high)
        assert at_high is not None
        if previous is not None and previous[1] > at_high:
            # A little beyond the root of the secant: the side on which the next secant can start again.
            root = high - at_high * (previous[0] - high) / (previous[1] - at_high)
            guess = root + 0.02 * (high - root)
            if low < guess < high:
                middle = guess
        at_middle = gap(middle)
        if at_middle is None:
            low = middle
        else:
            close = high - middle < 0.5 * tolerance * high
            previous, high, at_high = (high, at_high), middle, at_middle
            if close:
                break
    slopes, root = _at_the_edge(phi, high)
    return UpperEdge(float(high), slopes, root)


def _at_the_edge(phi: _Map, edge: float) -> tuple[Array, float]:
    """Derivatives of the edge by the coefficients of the matrices, and the root of `UpperEdge`.

    At the edge the derivative of y - Phi has a left null vector, which makes the edge's own derivatives linear. Beyond,
    they and r are power series in the root of the distance, s; three points of s, 2 s and 4 s give what they are at
    s = 0, where neither depends on how well the edge is known.
    """
    identity = np.eye(phi.size)
    slopes, transforms = [], []
    for factor in (1.0, 4.0, 16.0):
        x = edge * (1.0 + _BESIDE * factor)
        y = _beyond(phi, x, np.zeros(phi.size))
        if y is None:
            raise ValueError(f"x = {x:g}: no solution beyond the upper edge {edge:g}")
        derivative = phi.image(np.array([x]), y[None, :], by_parameters=True).tangents[0]
        left = np.linalg.svd(identity - derivative[:, : phi.size])[0][:, -1]
        slopes.append(-(left @ derivative[:, phi.size : -1]) / (left @ derivative[:, -1]))
        transforms.append(y[0])
    # of a + b s + c s^2: a, and b
    at_edge = (8.0 * slopes[0] - 6.0 * slopes[1] + slopes[2]) / 3.0
    falling = (-2.0 * transforms[0] + 2.5 * transforms[1] - 0.5 * transforms[2]) / math.sqrt(_BESIDE * edge)
    return at_edge, -float(falling)


def density(pencil: Pencil, x: npt.ArrayLike, edge: float | None = None) -> Array:
    """Density of the eigenvalues of A at points x > 0, -Im r(x + i eps) / pi.

    eps is lowered geometrically from far above the spectrum to 1e-4 of the upper edge, and r followed by Newton's
    method; a point where that leaves the half plane of Stieltjes transforms is iterated with damping instead.

    Parameters
    ----------
    pencil
        A.
    x
        Points, shape (n,).
    edge
        Upper edge of the spectrum, if it is known already.
    """
    phi = _Map(pencil)
    edge = upper_edge(pencil, tolerance=1e-6).position if edge is None else edge
    points = np.asarray(x, dtype=np.float64)
    y = np.zeros((points.size, phi.size), dtype=np.complex128)
    for eps in np.geomspace(_FARTHEST * edge, _NEAREST * edge, _LEVELS):
        at = points + 1j * eps
        y = _followed(phi, at, y)
    return np.asarray(np.maximum(-y[:, 0].imag / np.pi, 0.0))


def _followed(phi: _Map, at: npt.NDArray[np.complex128], y: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Solution at points near those of `y`."""
    identity, start = np.eye(phi.size), y
    for _ in range(_NEWTON_STEPS):
        image = phi.image(at, y)
        step = np.linalg.solve(identity - image.tangents, (image.values - y)[:, :, None])[:, :, 0]
        y = y + step
        if np.all(np.abs(step) <= _COMPLEX_STEP * np.abs(y)):
            break
    lost = ~(np.isfinite(y).all(axis=1) & (y.imag <= 0.0).all(axis=1))
    lost |= np.abs(step).max(axis=1) > 1e3 * _COMPLEX_STEP * np.abs(y).max(axis=1)
    if lost.any():
        z = start[lost]
        for _ in range(_DAMPED_STEPS):
            change = phi.image(at[lost], z).values - z
            z = z + 0.5 * change
            if np.all(np.abs(change) <= _COMPLEX_STEP * np.abs(z)):
                break
        y[lost] = z
    return y
