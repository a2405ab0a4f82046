"""The map z_1 -> (z_L, G_L(z_L)) through all layers of a network, and its certified inversion.

Hayase, Karakida 2020 and 2021: mu_{l+1} = (q_l + sigma_{l+1}^2 .)_* (nu_l [x] mu_l), mu_1 = delta_{q_0}, (15) of 2021.
The steps of `hayase_karakida.free_probability` chain to an explicit map from a point z_1, at which the transform of
delta_{q_0} is known, to a point z_L, at which that of mu_L is. So the Cauchy transform of mu_L at a given point, for
any L, is one equation in one complex unknown, z_L(z_1) = target, solved by Newton's method from far above the real
axis downwards.

Why the branch is right. Such an equation has many roots. By the theory of subordination (Belinschi, Bercovici 2007),
for y in the upper half plane the pair (z, u) of one free multiplicative convolution is the fixed point of a map of a
sector into itself, which has no other fixed point: it is the pair with arg y <= arg z < pi and arg y <= arg u < pi.
Every root that is returned has been tested for these inequalities in all layers. A wrong branch is an error, never a
wrong number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_type
from fisher_spectra.common.errors import UserError
from fisher_spectra.hayase_karakida.atoms import atoms
from fisher_spectra.hayase_karakida.free_probability import (
    Point,
    free_multiplicative_convolution,
    marchenko_pastur_convolution,
    point_mass,
    pushforward,
)
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_NEWTON_STEPS = 12  # where these do not suffice, the continuation takes a smaller step
_FIRST_RATIO = 0.1  # of successive heights of the continuation
_LEAST_RATIO = 1e-6
_LAST_RATIO = 0.9999  # a continuation that needs more steps than this has failed
_RESIDUAL = 1e-13  # in units of the target or the largest eigenvalue: ten times what rounding leaves at L = 100
_ANGLE_ROUNDING = 2e-14
_GRID = 4000  # points on which the edge of the support is looked for; neighbours differ by a few per cent
_COARSE = 64  # so many points are solved by continuation, the others start from the nearest of them

REMEDY = "take fewer layers or an activation with smaller slopes"  # where the eigenvalues differ by too many digits


class ConvergenceError(UserError):
    """A spectral law could not be computed to the accuracy promised; the message names x, L and what to change."""


@dataclass(frozen=True)
class Roots:
    """Solutions of z_L(z_1) = target; arrays of length n."""

    target: ComplexArray
    parameter: ComplexArray  # z_1
    slope: ComplexArray  # d z_L / d z_1
    cauchy_transform: ComplexArray  # G_L(target)
    factors: ComplexArray  # u = h_nu^{-1}(w) of the convolutions, (F, n)

    def at(self, index: IntArray | BoolArray) -> Roots:
        """Those at some positions."""
        return Roots(
            self.target[index],
            self.parameter[index],
            self.slope[index],
            self.cauchy_transform[index],
            self.factors[:, index],
        )

    def replace(self, index: IntArray, other: Roots) -> None:
        """Overwrite those at some positions."""
        self.target[index] = other.target
        self.parameter[index] = other.parameter
        self.slope[index] = other.slope
        self.cauchy_transform[index] = other.cauchy_transform
        self.factors[:, index] = other.factors


@dataclass
class _Record:
    """Arguments z and u, d u / d z_1, and results y, of the free convolutions of one pass through the layers."""

    inner: list[ComplexArray] = field(default_factory=list)
    factor: list[ComplexArray] = field(default_factory=list)
    change: list[ComplexArray] = field(default_factory=list)
    outer: list[ComplexArray] = field(default_factory=list)

    def factors_after(self, step: ComplexArray) -> ComplexArray:
        """u where z_1 is larger by a step, to first order: what Newton's method for it begins with, (F, n)."""
        factors = np.array(self.factor)
        ahead = factors + np.array(self.change) * step
        return np.where(ahead.imag > 0, ahead, factors)

    def is_principal(self) -> BoolArray:
        """Whether 0 < arg y <= arg z < pi and arg y <= arg u < pi in every convolution; shape (n,)."""
        bound = np.angle(np.array(self.outer))
        # Equality is the limit of a point mass as one of the factors; rounding must not decide there.
        least = bound * (1 - 1e-6) - _ANGLE_ROUNDING
        inside = (bound > 0) & (bound < np.pi)
        for arguments in (self.inner, self.factor):
            angle = np.angle(np.array(arguments))
            inside &= (angle >= least) & (angle < np.pi)
        return np.asarray(inside.all(axis=0))


class LayerMap:
    """The map of one network, and its inverse on the upper half plane.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2 of all layers.
    gaussian_weights
        W_l with independent N(0, sigma_l^2 / M) entries instead of Haar distributed ones: each layer then has the
        Marchenko-Pastur law of ratio 1 as one more free factor.
    """

    def __init__(self, propagation: SignalPropagation, gaussian_weights: bool = False) -> None:
        check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
        self.propagation = propagation
        self.gaussian_weights = gaussian_weights
        # z_L = stretch z_1 + O(1) far away.
        self._stretch = math.prod(
            law.moment(1) * s for law, s in zip(propagation.laws, propagation.sigma2[1:], strict=True)
        )
        self._is_explicit = all(law.is_two_point for law in propagation.laws)
        self._convolutions = len(propagation.laws) * (2 if gaussian_weights else 1)

    @property
    def depth(self) -> int:
        """L."""
        return self.propagation.depth

    def __call__(self, z1: ComplexArray) -> Point:
        """z_L and h_L(z_L) at z_1, shape (n,), with their derivatives.

        If a law nu_l has more than one value besides zero, only for z_1 real and above q_0, or far from the origin.
        """
        return self._pass(np.asarray(z1, dtype=np.complex128), None)

    def _pass(self, z1: ComplexArray, factors: ComplexArray | None, record: _Record | None = None) -> Point:
        p = self.propagation
        point = point_mass(p.moments[0], z1)
        done = 0
        for law, q, sigma2 in zip(p.laws, p.moments[1:], p.sigma2[1:], strict=True):
            z = point.z
            point, u, du = free_multiplicative_convolution(point, law, None if factors is None else factors[done])
            done += 1
            if record is not None:
                record.inner.append(z)
                record.factor.append(u)
                record.change.append(du)
                record.outer.append(point.z)
            if self.gaussian_weights:
                z = point.z
                point, u = marchenko_pastur_convolution(point)
                done += 1
                if record is not None:
                    record.inner.append(z)
                    record.factor.append(u)
                    record.change.append(np.zeros_like(u))
                    record.outer.append(point.z)
            point = pushforward(point, q, sigma2)
        return point

    @property
    def _support_bound(self) -> float:
        """(30), with the maximum 4 of the Marchenko-Pastur law as one more factor where it is one."""
        bound, factor = self.propagation.moments[0], 4.0 if self.gaussian_weights else 1.0
        p = self.propagation
        for law, q, sigma2 in zip(p.laws, p.moments[1:], p.sigma2[1:], strict=True):
            bound = q + sigma2 * law.values[-1] * factor * bound
        return bound

    @cached_property
    def support_maximum(self) -> float:
        """Largest point of the support of mu_L.

        To the right of the support z_1 is real and falls with x from infinity. This ends where dz_L / dz_1 vanishes,
        at the edge of a continuous part, or in the pole z_1 = q_0, at an atom.

        Raises
        ------
        ConvergenceError
            If there is neither.
        """
        q0 = self.propagation.moments[0]

        def at(log_distance: npt.ArrayLike) -> Point:
            return self((q0 * (1 + np.exp(np.atleast_1d(log_distance)))).astype(np.complex128))

        # From where z_L is far beyond the support; nearer to the pole than 1e-12 q_0, rounding in z_1 - q_0 would show.
        far = 1e3 * self._support_bound / min(self._stretch, 1.0) / q0
        grid = np.log(np.geomspace(far, 1e-12, _GRID))
        with np.errstate(all="ignore"):  # beyond the edge, of which the first point alone counts, anything may overflow
            falling = np.flatnonzero(at(grid).dz.real <= 0)
        if len(falling) == 0:
            positions = atoms(self.propagation, self.gaussian_weights).positions
            if len(positions) == 0:
                raise ConvergenceError(
                    f"spectral law, L = {self.depth}: the edge of the support is not found; {REMEDY}"
                )
            return float(positions[-1])
        edge = scipy.optimize.brentq(
            lambda s: float(at(s).dz[0].real), grid[falling[0]], grid[falling[0] - 1], xtol=1e-14
        )
        return float(at(edge).z[0].real)

    def inverse(self, target: ComplexArray, near: Roots | None = None) -> Roots:
        """Roots z_1 of z_L(z_1) = target in the upper half plane, certified to be on the principal branch.

        Parameters
        ----------
        target
            Shape (n,), with positive imaginary parts.
        near
            Known roots: Newton's method is tried first from those beside the target (in the real part).

        Raises
        ------
        ConvergenceError
            If for some target no certified root is found; names x and L.
        ValueError
            If a target is not in the upper half plane.
        """
        target = np.asarray(target, dtype=np.complex128)
        if not np.all(target.imag > 0):
            raise ValueError("targets must have positive imaginary parts")
        if near is None and len(target) > 2 * _COARSE:
            order = np.argsort(target.real, kind="stable")
            near = self.inverse(target[order[:: -(-len(target) // _COARSE)]])
        if near is None or len(near.target) == 0:
            return self._continuation(target)
        found = self._empty(len(target))
        order = np.argsort(near.target.real, kind="stable")
        waiting = np.arange(len(target))
        for neighbours in neighbouring(near.target.real[order], target.real):
            start = near.at(order[neighbours[waiting]])
            tried, accepted = self._newton(target[waiting], start.parameter, start.factors)
            found.replace(waiting[accepted], tried.at(accepted))
            waiting = waiting[~accepted]
            if not waiting.size:
                return found
        found.replace(waiting, self._continuation(target[waiting]))
        return found

    def _empty(self, size: int) -> Roots:
        one = np.empty(size, dtype=np.complex128)
        factors = np.empty((self._convolutions, size), dtype=np.complex128)
        return Roots(one, one.copy(), one.copy(), one.copy(), factors)

    def _continuation(self, target: ComplexArray) -> Roots:
        """Follow the root of each target down from far above."""
        x, height = target.real, target.imag
        current = np.maximum(height, 10 * self.support_maximum + np.abs(x))
        far = x + 1j * current
        roots, accepted = self._newton(far, far / self._stretch, None)
        self._refuse(x, current, ~accepted)
        ratio = np.full(len(x), _FIRST_RATIO)
        while (active := np.flatnonzero(current > height)).size:
            goal = np.maximum(current[active] * ratio[active], height[active])
            origin = roots.at(active)
            # Euler's step along dz_1 = i dh / (dz_L / dz_1), then Newton's method.
            guess = origin.parameter + 1j * (goal - current[active]) / origin.slope
            guess = np.where(guess.imag > 0, guess, origin.parameter)
            found, accepted = self._newton(x[active] + 1j * goal, guess, origin.factors)
            roots.replace(active[accepted], found.at(accepted))
            current[active[accepted]] = goal[accepted]
            ratio[active] = np.where(accepted, np.maximum(ratio[active] ** 2, _LEAST_RATIO), np.sqrt(ratio[active]))
            self._refuse(x[active], goal, ratio[active] > _LAST_RATIO)
        return roots

    def _refuse(self, x: Array, height: Array, failed: BoolArray) -> None:
        if failed.any():
            k = int(np.argmax(failed))
            raise ConvergenceError(
                f"spectral law at x = {x[k]:.12g}, L = {self.depth}: no root of the principal branch is found "
                f"{height[k]:.3g} above the real axis; {REMEDY}"
            )

    def _newton(self, target: ComplexArray, z1: ComplexArray, factors: ComplexArray | None) -> tuple[Roots, BoolArray]:
        """Newton's method on z_L(z_1) = target within the upper half plane, and which roots are certified."""
        tolerance = _RESIDUAL * np.maximum(np.abs(target), self.support_maximum)
        # Starts that lead astray divide by zero and overflow; they are not accepted.
        with np.errstate(all="ignore"):
            record = _Record()
            point = self._pass(z1, factors, record)
            for _ in range(_NEWTON_STEPS):
                step = (point.z - target) / point.dz
                # At most nine tenths of the way to the real axis.
                share = np.where(step.imag > 0.9 * z1.imag, 0.9 * z1.imag / step.imag, 1.0)
                step = -share * step
                z1 = z1 + step
                factors = None if self._is_explicit else record.factors_after(step)
                record = _Record()
                point = self._pass(z1, factors, record)
                solved = np.abs(point.z - target) <= tolerance
                if np.all(solved | ~np.isfinite(step)):
                    break
            accepted = solved & record.is_principal() if self._convolutions else solved
            found = np.array(record.factor, dtype=np.complex128).reshape(self._convolutions, len(z1))
            return Roots(target.copy(), z1, point.dz, point.cauchy_transform, found), accepted


def neighbouring(ascending: Array, x: Array) -> tuple[IntArray, IntArray]:
    """Indices of the elements of a non-empty ascending array on both sides of each x, the nearer one first."""
    right = np.minimum(np.searchsorted(ascending, x), len(ascending) - 1)
    left = np.maximum(right - 1, 0)
    left_first = x - ascending[left] <= ascending[right] - x
    return np.where(left_first, left, right), np.where(left_first, right, left)
