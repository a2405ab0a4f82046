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

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

# Newton's method ends at steps of this relative size; beside the edge it converges by halves, hence the many steps.
_STEP, _MOST_STEPS = 1e-11, 80
# Relative distances from the edge, 1 and 4 of them, between which the square root is read off.
_BESIDE = 1e-4
# Multiple of the sum of all coefficients at which moments are read off.
_FAR = 1e4
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
    """Phi(y); `inside` says that x is a point of the map's branch beyond the spectrum (all d_k > 0, Z > 0)."""

    value: Array
    tangents: Array
    inside: bool


class _Map:
    """Phi and its derivatives for one pencil; values of y may be a stack (points, 1 + nodes), and complex."""

    def __init__(self, pencil: Pencil) -> None:
        self.pencil = pencil
        self.size = 1 + len(pencil.nodes)
        self.shares = [node.shares for node in pencil.nodes]
        self.weighted = [
            node.probabilities[:, None] * shares for node, shares in zip(pencil.nodes, self.shares, strict=True)
        ]
        self.products = [
            np.einsum("ki,kj->kij", weighted, shares).reshape(len(shares), -1)
            for weighted, shares in zip(self.weighted, self.shares, strict=True)
        ]

    def values(self, x: npt.NDArray[np.number], y: npt.NDArray[np.number]) -> npt.NDArray[np.number]:
        """Phi(y) for a stack of points x (points,) and y (points, 1 + nodes)."""
        nodes, spectrum = self.pencil.nodes, self.pencil.first_spectrum
        z = [np.full(x.shape, -node.coefficient, dtype=y.dtype) for node in nodes]
        total = x - self.pencil.identity
        result = np.empty_like(y)
        for j in range(len(nodes) - 1, -1 if spectrum is None else 0, -1):
            node = nodes[j]
            g = node.gamma * (y[:, node.columns] @ self.shares[j].T)
            inverse = 1.0 / (1.0 + z[j][:, None] * g)
            means = inverse @ self.weighted[j]
            result[:, 1 + j] = (g * inverse) @ node.probabilities / node.gamma
            total = total + z[j] * means[:, 0]
            for i, parent in enumerate(node.parents, start=1):
                z[parent] = z[parent] + z[j] * means[:, i]
        if spectrum is None:
            result[:, 0] = 1.0 / total
        else:
            inverse = 1.0 / (total[:, None] + z[0][:, None] * spectrum)
            result[:, 0] = inverse.mean(axis=1)
            result[:, 1] = (inverse * spectrum).mean(axis=1)
        return result

    def image(self, x: float, y: Array) -> _Image:
        """Phi(y) at a real point, and derivatives by y (1 + nodes), by the a_j (nodes) and by x."""
        nodes, spectrum = self.pencil.nodes, self.pencil.first_spectrum
        count, directions = len(nodes), 2 * len(nodes) + 2
        z = np.array([-node.coefficient for node in nodes])
        dz = np.zeros((count, directions))
        dz[np.arange(count), self.size + np.arange(count)] = -1.0
        total, dtotal = x - self.pencil.identity, np.zeros(directions)
        dtotal[-1] = 1.0
        value, tangents = np.empty(self.size), np.zeros((self.size, directions))
        for j in range(count - 1, -1 if spectrum is None else 0, -1):
            node, columns = nodes[j], nodes[j].columns
            g = node.gamma * (self.shares[j] @ y[columns])
            d = 1.0 + z[j] * g
            if not d.min() > 0.0:
                return _Image(value, tangents, inside=False)
            inverse = 1.0 / d
            square = inverse * inverse
            means = inverse @ self.weighted[j]
            by_z = (g * square) @ self.weighted[j]  # minus the derivative of the means by z_j
            by_g = node.gamma * (square @ self.products[j]).reshape(len(columns), len(columns))
            value[1 + j] = node.probabilities @ (g * inverse) / node.gamma
            tangents[1 + j] = -(node.probabilities @ (g * g * square) / node.gamma) * dz[j]
            tangents[1 + j, columns] += square @ self.weighted[j]
            dmeans = -by_z[:, None] * dz[j]
            dmeans[:, columns] -= z[j] * by_g
            dtotal = dtotal + means[0] * dz[j] + z[j] * dmeans[0]
            total += z[j] * means[0]
            for i, parent in enumerate(node.parents, start=1):
                dz[parent] += means[i] * dz[j] + z[j] * dmeans[i]
                z[parent] += z[j] * means[i]
        if spectrum is None:
            if not total > 0.0:
                return _Image(value, tangents, inside=False)
            value[0] = 1.0 / total
            tangents[0] = -dtotal / total**2
        else:
            shifted = total + z[0] * spectrum
            if not shifted.min() > 0.0:
                return _Image(value, tangents, inside=False)
            inverse = 1.0 / shifted
            square = inverse * inverse
            value[0], value[1] = inverse.mean(), (inverse * spectrum).mean()
            moments = [float((square * spectrum**power).mean()) for power in range(3)]
            tangents[0] = -moments[0] * dtotal - moments[1] * dz[0]
            tangents[1] = -moments[1] * dtotal - moments[2] * dz[0]
        return _Image(value, tangents, inside=True)


def _beyond(phi: _Map, x: float, start: Array) -> tuple[Array, _Image] | None:
    """y and Phi at x if x lies above the spectrum, else ``None``.

    There Phi is increasing and convex in every argument, so Newton's method from y = 0 climbs to the least solution;
    so it does from any `start` below it, such as the solution for a larger x.
    """
    y = start
    identity = np.eye(phi.size)
    for _ in range(_MOST_STEPS):
        image = phi.image(x, y)
        if not image.inside:
            return None
        try:
            step = np.linalg.solve(identity - image.tangents[:, : phi.size], image.value - y)
        except np.linalg.LinAlgError:
            return None
        if not np.all(step >= -1e-9 * np.abs(y)):
            return None
        y = y + step
        if np.all(np.abs(step) <= _STEP * y):
            image = phi.image(x, y)
            return (y, image) if image.inside else None
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
    return float(found[0][0])


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
        rows.append((found[0][0] / u - 1.0) / u)
    mean = 2.0 * rows[1] - rows[0]
    second = (rows[0] - rows[1]) / (inverse[0] - inverse[1])
    return float(mean), float(max(second - mean**2, 0.0))


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
    if not any(node.coefficient > 0.0 for node in pencil.nodes):
        return UpperEdge(pencil.identity, np.zeros(len(pencil.nodes)), 0.0)
    phi = _Map(pencil)

    start, derivative = np.zeros(phi.size), np.empty(0)

    def gap(x: float) -> float | None:
        """(1 - rho)^2 if x lies beyond the spectrum."""
        nonlocal start, derivative
        found = _beyond(phi, x, start)
        if found is None:
            return None
        radius = float(np.abs(np.linalg.eigvals(found[1].tangents[:, : phi.size])).max())
        if radius >= 1.0:
            return None
        start, derivative = found[0], found[1].tangents
        return (1.0 - radius) ** 2

    low, high = pencil.identity, 2.0 * scale
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
    # At the edge the derivative of y - Phi has a left null vector, which makes the edge's own derivatives linear.
    left = np.linalg.svd(np.eye(phi.size) - derivative[:, : phi.size])[0][:, -1]
    by_x = left @ derivative[:, -1]
    slopes = -(left @ derivative[:, phi.size : -1]) / by_x
    near, far = (_beyond(phi, high * (1.0 + _BESIDE * factor), np.zeros(phi.size)) for factor in (1.0, 4.0))
    root = 0.0 if near is None or far is None else (near[0][0] - far[0][0]) / math.sqrt(_BESIDE * high)
    return UpperEdge(float(high), slopes, float(root))
