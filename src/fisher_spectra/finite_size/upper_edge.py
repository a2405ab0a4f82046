"""Upper edge of the spectrum of a pencil of sample covariance matrices, and points beyond it.

Beyond the spectrum the Stieltjes transform r(x) falls and is convex, from its value at the edge to 0. So is its inverse
x(r), which does not end at the edge: it has its minimum there (Marchenko and Pastur, 1967; Silverstein and Choi, 1995).
With r given instead of x, the equations y = Phi(y) of `fixed_point` are regular at the edge, and Newton's method takes
a few steps anywhere. Where the spectrum does not end as the root of a distance, as that of a given matrix alone, x(r)
has no minimum and the edge is found by bisection, from which points have a solution.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.fixed_point import FixedPointMap, Pencil, least_solution

Array = npt.NDArray[np.float64]

_NOTHING = 1e-12  # of all coefficients: a mean below it is rounding

# Newton's method for x and tau converges quadratically: after a step of this relative size it is exact.
_STEP, _MOST_STEPS = 1e-9, 12
# 1 / r at the first point, in means of the spectrum, and what takes its place if that is not beyond the spectrum.
_FIRST, _FARTHER, _MOST_STARTS = 8.0, 16.0, 40
_MOST_SECANTS = 60
_ROUNDING = 1e-15  # relative, of 1 / (1 / r)
_NEARER = 1.0 / 3.0  # the least part of 1 / r that a step of the secant leaves
_AT_THE_EDGE = 1e-8  # of p, see `_Point`: x is off by the square of this
_BESIDE = 3e-3  # distance of p from 1 on either side, where the edge is tested and the derivative of p taken

# Bisection.
_MOST_TRIALS = 200  # of an upper bound, doubled each time
_TOLERANCE = 1e-8
# Relative distances from the edge, 1, 4 and 16 of them, from which its derivatives and the square root are read off.
_BESIDE_BISECTED = 1e-4


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


def upper_edge(pencil: Pencil) -> UpperEdge:
    """Upper edge of the spectrum of A.

    Raises
    ------
    ValueError
        If there is no matrix, or a coefficient is not finite.
    """
    scale = pencil.identity + float(pencil.coefficients.sum())
    if not (np.isfinite(scale) and scale > 0.0):
        raise ValueError(f"coefficients of the matrices sum up to {scale:g}: must be a finite number > 0")
    if pencil.coefficients @ _means(pencil) <= _NOTHING * scale:
        return UpperEdge(pencil.identity, np.zeros(len(pencil.nodes)), 0.0)
    return minimum_of_inverse(pencil) or bisected_edge(pencil)


def inverse_stieltjes_transform(pencil: Pencil, transform: float) -> float | None:
    """x above the spectrum where r(x) = tr (x - A)^{-1} / dim is `transform` > 0; ``None`` from r(edge) on."""
    phi = FixedPointMap(pencil)
    point = _first_point(phi, 1.0 / transform)
    for _ in range(_MOST_SECANTS):
        if point is None or not point.radius < 1.0:
            return None
        if point.y[0] >= (1.0 - _ROUNDING) * transform:
            return point.x
        point = _next_point(phi, point, max(1.0 / transform, _NEARER / point.y[0]))
    return None


def _means(pencil: Pencil) -> Array:
    """tr X_j / dim, shape (nodes,)."""
    means: list[float] = []
    for j, node in enumerate(pencil.nodes):
        if j == 0 and pencil.first_spectrum is not None:
            means.append(float(pencil.first_spectrum.mean()))
        else:
            of_parents = np.array([means[parent] for parent in node.parents])
            means.append(float(node.probabilities @ (node.own + node.inherited @ of_parents)))
    return np.array(means)


def _spectral_radius(matrix: Array) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


@dataclass(frozen=True)
class _Point:
    """A point of the curve (r, tau(r), x(r)), where r is given.

    Attributes
    ----------
    x, y
        y = Phi(y) at x, and r = y_0.
    x_slope, y_slope
        Derivatives by r.
    derivative
        That of Phi by y.
    """

    x: float
    y: Array
    x_slope: float
    y_slope: Array
    derivative: Array

    @functools.cached_property
    def radius(self) -> float:
        """Spectral radius of the derivative of Phi.

        Phi is increasing and convex, so that where this is below 1 y is the least solution at x: x is above the
        spectrum.
        """
        return _spectral_radius(self.derivative)

    @property
    def distance(self) -> float:
        """p = (1 + r^2 dx/dr)^(-1/2), which falls to 1 at the edge.

        It is nearly linear in 1/r, for one matrix of Marchenko and Pastur exactly: p = 1/(r sqrt(gamma)) - sqrt(gamma).
        """
        return float(1.0 / math.sqrt(1.0 + self.y[0] ** 2 * self.x_slope))

    def guess(self, transform: float) -> tuple[float, Array]:
        """x and y where r has another value: x is nearly linear in 1/r, log tau in log r."""
        r, ratio = self.y[0], transform / self.y[0]
        powers = np.divide(r * self.y_slope, self.y, out=np.zeros_like(self.y), where=self.y > 0.0)
        return self.x - r**2 * self.x_slope * (1.0 / transform - 1.0 / r), self.y * ratio**powers


def _point(phi: FixedPointMap, transform: float, x: float, y: Array) -> _Point | None:
    """The point with r = `transform`, by Newton's method from x and y; ``None`` if that leaves the curve."""
    y = y.copy()
    y[0] = transform
    identity = np.eye(phi.size)
    for _ in range(_MOST_STEPS):
        image = phi.image(np.array([x]), y[None, :], by_x=True)
        if not image.inside:
            return None
        derivative = image.tangents[0, :, : phi.size]
        # by x and tau on the left; by r, which is given, and the residual on the right
        left, right = derivative - identity, np.empty((phi.size, 2))
        right[:, 0], right[:, 1], left[:, 0] = y - image.values[0], -left[:, 0], image.tangents[0, :, phi.size]
        try:
            step, slope = np.linalg.solve(left, right).T
        except np.linalg.LinAlgError:
            return None
        x, y[1:] = x + step[0], y[1:] + step[1:]
        if not (x > phi.pencil.identity and np.all(y >= 0.0)):
            return None
        if abs(step[0]) <= _STEP * (x - phi.pencil.identity) and np.all(np.abs(step[1:]) <= _STEP * y[1:]):
            found = _Point(float(x), y, float(slope[0]), np.concatenate([[1.0], slope[1:]]), derivative)
            return found if 1.0 + transform**2 * found.x_slope > 0.0 else None
    return None


def _first_point(phi: FixedPointMap, least: float) -> _Point | None:
    """A point far beyond the spectrum, with 1/r of at least so much."""
    means = _means(phi.pencil)
    mean = float(phi.pencil.coefficients @ means)
    inverse = max(_FIRST * mean, least)
    for _ in range(_MOST_STARTS):
        x = inverse + phi.pencil.identity + mean
        point = _point(phi, 1.0 / inverse, x, np.concatenate([[1.0], means]) / inverse)
        if point is not None and point.radius < 1.0:
            return point
        inverse *= _FARTHER
    return None


def _at_inverse(phi: FixedPointMap, point: _Point, inverse: float) -> _Point | None:
    """The point with that 1/r, if it can be found from the given one."""
    return _point(phi, 1.0 / inverse, *point.guess(1.0 / inverse))


def _next_point(phi: FixedPointMap, point: _Point, inverse: float) -> _Point | None:
    """The point with that 1/r, or one between if it is too far from the given one to be found."""
    for _ in range(_MOST_STEPS):
        found = _at_inverse(phi, point, inverse)
        if found is not None:
            return found
        inverse = 0.5 * (inverse + 1.0 / point.y[0])
    return None


def minimum_of_inverse(pencil: Pencil) -> UpperEdge | None:
    """The edge as the minimum of x(r), by the secant of p over 1/r; ``None`` if there is none."""
    phi = FixedPointMap(pencil)
    last = _first_point(phi, 0.0)
    point = None if last is None else _next_point(phi, last, 0.5 / last.y[0])
    for _ in range(_MOST_SECANTS):
        if point is None or last is None:
            return None
        inverse = 1.0 / point.y[0]
        slope = (point.distance - last.distance) / (inverse - 1.0 / last.y[0])
        if not slope > 0.0:
            return None
        if abs(point.distance - 1.0) <= _AT_THE_EDGE:
            break
        root = inverse - (point.distance - 1.0) / slope
        last, point = point, _next_point(phi, point, max(root, _NEARER * inverse))
    else:
        return None
    beyond, below = (_at_inverse(phi, point, inverse + side * _BESIDE / slope) for side in (1.0, -1.0))
    if beyond is None or below is None or not beyond.radius < 1.0 < below.radius:
        return None
    # From p^-2 = 1 + r^2 dx/dr, at the edge: d^2x/dr^2 = 2 (dp/d(1/r)) / r^4 = 2 / k^2.
    slope = (beyond.distance - below.distance) / (1.0 / beyond.y[0] - 1.0 / below.y[0])
    return UpperEdge(point.x, _slopes(phi, point.x, point.y), float(point.y[0] ** 2) / math.sqrt(slope))


def _slopes(phi: FixedPointMap, x: float, y: Array) -> Array:
    """Derivatives of the edge by the coefficients of the matrices.

    At the edge the derivative of y - Phi has a left null vector, which makes the edge's own derivatives linear.
    """
    derivative = phi.image(np.array([x]), y[None, :], by_x=True, by_coefficients=True).tangents[0]
    left = np.linalg.svd(np.eye(phi.size) - derivative[:, : phi.size])[0][:, -1]
    return np.asarray(-(left @ derivative[:, phi.size + 1 :]) / (left @ derivative[:, phi.size]))


def bisected_edge(pencil: Pencil) -> UpperEdge:
    """The same wherever the spectrum ends, by bisection: right to 1e-8, and slower.

    x lies above the spectrum if and only if Newton's method from y = 0 converges at x and the spectral radius rho of
    the derivative of Phi there is below 1. Towards the edge (1 - rho)^2 vanishes linearly, so that a secant through two
    points beyond it finds it in a few steps; every step keeps to the bracket of bisection.

    Raises
    ------
    ValueError
        If there is no edge.
    """
    phi = FixedPointMap(pencil)
    mean = pencil.identity + float(pencil.coefficients @ _means(pencil))
    start = np.zeros(phi.size)

    def gap(x: float) -> float | None:
        """(1 - rho)^2 if x lies beyond the spectrum."""
        nonlocal start
        y = least_solution(phi, x, start)
        if y is None:
            return None
        image = phi.image(np.array([x]), y[None, :])
        if not image.inside:
            return None
        radius = _spectral_radius(image.tangents[0])
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
    while high - low > _TOLERANCE * high:
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
            close = high - middle < 0.5 * _TOLERANCE * high
            previous, high, at_high = (high, at_high), middle, at_middle
            if close:
                break
    return UpperEdge(float(high), *_at_the_edge(phi, high))


def _at_the_edge(phi: FixedPointMap, edge: float) -> tuple[Array, float]:
    """Slopes and root of `UpperEdge`.

    Beyond the edge they and r are power series in the root of the distance, s; three points of s, 2 s and 4 s give what
    they are at s = 0, where neither depends on how well the edge is known.
    """
    slopes, transforms = [], []
    for factor in (1.0, 4.0, 16.0):
        x = edge * (1.0 + _BESIDE_BISECTED * factor)
        y = least_solution(phi, x, np.zeros(phi.size))
        if y is None:
            raise ValueError(f"x = {x:g}: no solution beyond the upper edge {edge:g}")
        slopes.append(_slopes(phi, x, y))
        transforms.append(y[0])
    # of a + b s + c s^2: a, and b
    at_edge = (8.0 * slopes[0] - 6.0 * slopes[1] + slopes[2]) / 3.0
    falling = (-2.0 * transforms[0] + 2.5 * transforms[1] - 0.5 * transforms[2]) / math.sqrt(_BESIDE_BISECTED * edge)
    return at_edge, -float(falling)
