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

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

# Newton's method ends at steps of this relative size; beside the edge it converges by halves, hence the many steps.
_STEP, _MOST_STEPS = 1e-11, 80
_ROUNDING = 1e-9  # relative, of a step that should not be negative
# Multiple of the sum of all coefficients at which moments are read off.
_FAR = 1e4
# Distances from the real axis over the edge between which a density is followed, in so many steps.
_FARTHEST, _NEAREST, _LEVELS = 10.0, 1e-4, 25
_COMPLEX_STEP, _NEWTON_STEPS, _DAMPED_STEPS = 1e-9, 12, 2000


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

    @property
    def coefficients(self) -> Array:
        """a_1, a_2, .. of the nodes."""
        return np.array([node.coefficient for node in self.nodes])

    def with_coefficients(self, identity: float, coefficients: Array) -> Pencil:
        """The same nodes with other a_I and a_j."""
        nodes = tuple(
            Node(float(a), node.gamma, node.probabilities, node.own, node.parents, node.inherited)
            for a, node in zip(coefficients, self.nodes, strict=True)
        )
        return Pencil(identity, nodes, self.first_spectrum)


@dataclass(frozen=True)
class Image:
    """Phi(y) at a stack of points: values (points, 1 + nodes), tangents (points, 1 + nodes, directions).

    `inside` says that every real point is on the map's branch beyond the spectrum (all d_k > 0, Z > 0).
    """

    values: npt.NDArray[Any]
    tangents: npt.NDArray[Any]
    inside: bool


class FixedPointMap:
    """Phi of one pencil and its derivatives, at stacks of real points or of complex ones."""

    def __init__(self, pencil: Pencil) -> None:
        self.pencil = pencil
        self.size = 1 + len(pencil.nodes)
        self.columns = [node.columns for node in pencil.nodes]
        # gamma_j (b, c) by class, p (b, c), and gamma_j p (b, c) (b, c)^T with the last two axes as one
        self.gains = [node.gamma * node.shares.T for node in pencil.nodes]
        self.weighted = [node.probabilities[:, None] * node.shares for node in pencil.nodes]
        self.products = [
            np.einsum("ki,jk->kij", weighted, gains).reshape(len(weighted), -1)
            for weighted, gains in zip(self.weighted, self.gains, strict=True)
        ]
        directions = np.eye(self.size, 2 * self.size)
        self.directions = [directions[columns] for columns in self.columns]

    def image(
        self, x: npt.NDArray[Any], y: npt.NDArray[Any], by_x: bool = False, by_coefficients: bool = False
    ) -> Image:
        """Phi(y) at x (points,), and derivatives by y; if wanted by x after that, and by the a_j in the end."""
        nodes, spectrum, points = self.pencil.nodes, self.pencil.first_spectrum, len(x)
        count = len(nodes)
        first = self.size + by_x
        directions = first + (count if by_coefficients else 0)
        z = [np.full((points, 1), -node.coefficient, dtype=y.dtype) for node in nodes]
        dz = list(np.zeros((count, points, directions), dtype=y.dtype))
        total, dtotal = x[:, None] - self.pencil.identity, np.zeros((points, directions), dtype=y.dtype)
        if by_x:
            dtotal[:, self.size] = 1.0
        if by_coefficients:
            for j in range(count):
                dz[j][:, first + j] = -1.0
        real = not np.iscomplexobj(y)
        values = np.empty((points, self.size), dtype=y.dtype)
        tangents = np.empty((points, self.size, directions), dtype=y.dtype)
        outside = Image(values, tangents, inside=False)
        for j in range(count - 1, -1 if spectrum is None else 0, -1):
            seen, unit = y[:, self.columns[j]], self.directions[j][:, :directions]
            d = 1.0 + z[j] * (seen @ self.gains[j])
            if real and not d.min() > 0.0:
                return outside
            inverse = 1.0 / d
            means = inverse @ self.weighted[j]
            # minus the derivatives of the means, sum_k p_k c_k / d_k: by y, over z_j, and by z_j
            by_y = ((inverse * inverse) @ self.products[j]).reshape(points, seen.shape[1], seen.shape[1])
            by_z = (by_y @ seen[:, :, None])[:, :, 0]
            # Phi_tau = sum_k p_k (c_k y) / d_k = means y
            values[:, 1 + j] = np.sum(means * seen, axis=1)
            tangents[:, 1 + j] = (means - z[j] * by_z) @ unit - np.sum(by_z * seen, axis=1)[:, None] * dz[j]
            dmeans = -by_z[:, :, None] * dz[j][:, None, :] - z[j][:, :, None] * (by_y @ unit)
            # of z_j times the means, which goes to the rest of the chain
            added, dadded = z[j] * means, means[:, :, None] * dz[j][:, None, :] + z[j][:, :, None] * dmeans
            total, dtotal = total + added[:, :1], dtotal + dadded[:, 0]
            for i, parent in enumerate(nodes[j].parents, start=1):
                z[parent], dz[parent] = z[parent] + added[:, i, None], dz[parent] + dadded[:, i]
        if spectrum is None:
            if real and not total.min() > 0.0:
                return outside
            values[:, :1] = 1.0 / total
            tangents[:, 0] = -dtotal / total**2
        else:
            shifted = total + z[0] * spectrum
            if real and not shifted.min() > 0.0:
                return outside
            inverse = 1.0 / shifted
            square = inverse * inverse
            values[:, 0], values[:, 1] = inverse.mean(axis=1), (inverse * spectrum).mean(axis=1)
            moments = [(square * spectrum**power).mean(axis=1)[:, None] for power in range(3)]
            tangents[:, 0] = -moments[0] * dtotal - moments[1] * dz[0]
            tangents[:, 1] = -moments[1] * dtotal - moments[2] * dz[0]
        return Image(values, tangents, inside=True)


def least_solution(phi: FixedPointMap, x: float, start: Array) -> Array | None:
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


def mean_and_variance(pencil: Pencil) -> tuple[float, float]:
    """Mean and variance of the eigenvalues of A, from r = sum_n m_n / x^{n+1} far above the spectrum."""
    phi = FixedPointMap(pencil)
    scale = pencil.identity + sum(node.coefficient for node in pencil.nodes)
    # 1/x -> 0 by Richardson: the map is applied to its own solution at two distant points.
    inverse = np.array([1.0, 0.5]) / (_FAR * max(scale, 1e-300))
    rows = []
    for u in inverse:
        found = least_solution(phi, 1.0 / u, np.zeros(phi.size))
        if found is None:
            raise ValueError("moments of the spectrum: no solution far above it")
        rows.append((found[0] / u - 1.0) / u)
    mean = 2.0 * rows[1] - rows[0]
    second = (rows[0] - rows[1]) / (inverse[0] - inverse[1])
    return float(mean), float(max(second - mean**2, 0.0))


def density(pencil: Pencil, x: npt.ArrayLike, edge: float) -> Array:
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
        Upper edge of the spectrum.
    """
    phi = FixedPointMap(pencil)
    points = np.asarray(x, dtype=np.float64)
    y = np.zeros((points.size, phi.size), dtype=np.complex128)
    for eps in np.geomspace(_FARTHEST * edge, _NEAREST * edge, _LEVELS):
        at = points + 1j * eps
        y = _followed(phi, at, y)
    return np.asarray(np.maximum(-y[:, 0].imag / np.pi, 0.0))


def _followed(
    phi: FixedPointMap, at: npt.NDArray[np.complex128], y: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
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
