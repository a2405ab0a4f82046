"""Gaussian expectations of an activation for very many variances and covariances of equal variances.

What recursions over layers ask for on a grid of networks: E phi(u)^2 and E phi(u) phi(v), and the same of phi', for u
and v of one variance q and covariance q_st. Where these have an elementary closed form it is used. Else they are kept
as Chebyshev polynomials in log q and in the angle arccos(q_st / q), in which they are smooth for kinked activations,
too (`gaussian.chebyshev_boxes`); the polynomials are fitted at a few hundred points of each box.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation_like
from fisher_spectra.activations.closed_forms import ClosedForms, InPlace, piecewise_linear_closed_forms
from fisher_spectra.activations.closed_forms import Kernel as ClosedKernel
from fisher_spectra.activations.closed_forms import Moment as ClosedMoment
from fisher_spectra.activations.definitions import Tails
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.gaussian.chebyshev_boxes import ChebyshevBoxes
from fisher_spectra.gaussian.line_rules import Function, mean_of_square
from fisher_spectra.gaussian.pairs import means_by_short_series
from fisher_spectra.gaussian.rotated_rule import pieces_needed, rotated_mean
from fisher_spectra.gaussian.straight_tails import mean_by_tails

Array = npt.NDArray[np.float64]

# Bound on the error of what is interpolated, relative to E phi(u)^2 or E phi'(u)^2: that of `gaussian.integrals`.
INTERPOLATION_ERROR = 1e-10
# The last coefficients that are kept are below this; they fall by a factor of 5 and more from one to the next.
_TOLERANCE = 1e-11
_NODES = (14, 20)
# As functions of sqrt(q) the expectations have no singularity but beyond the diagonals of the complex plane: in log q
# they are analytic within pi / 2 of the real axis, and boxes of a factor 4 are small beside that. Where q is so small
# that phi is almost straight they start 8 times as wide.
_BOX, _SMALL_BOX = np.log(4.0), 8.0 * np.log(4.0)
_SMALL, _SMALLEST, _LARGEST = -8.0 * np.log(4.0), -690.0, 690.0  # of log q
_EDGES = (
    np.concatenate([np.arange(_SMALL, _SMALLEST, -_SMALL_BOX)[:0:-1], np.arange(_SMALL, _LARGEST, _BOX)]),
    np.pi * np.array([0.0, 0.125, 0.25, 0.75, 0.875, 1.0]),
)
# In log q to a factor 1.01, in the angle to 1e-9: below, correlations are rounding.
_MOST_HALVINGS = (7, 30)


@dataclass(frozen=True, eq=False)
class EqualVariances:
    """Expectations of one activation; made by :func:`equal_variances`.

    Variances are >= 0 and at most 1e290, covariances within +-q up to rounding; neither is checked.

    Attributes
    ----------
    second_moment, derivative_second_moment
        ``q -> E phi(u)^2`` and ``E phi'(u)^2``.
    kernel, derivative_kernel
        ``(q, q_st) -> E phi(u) phi(v)`` and ``E phi'(u) phi'(v)``, of two arrays of one shape.
    together
        ``(pairs, out)``: all four at once, the same but for rounding, faster where there is a closed form. ``pairs``,
        shape (2, n), is q and q_st, and is lost; ``out``, shape (4, n), gets second moment and kernel of phi, then
        those of phi'.
    elementary
        Whether they are a few operations a number, so that what many of them take is memory.
    error
        Bound on the errors relative to the second moments: rounding, or `INTERPOLATION_ERROR`.
    """

    second_moment: Callable[[Array], Array]
    derivative_second_moment: Callable[[Array], Array]
    kernel: Callable[[Array, Array], Array]
    derivative_kernel: Callable[[Array, Array], Array]
    together: InPlace
    elementary: bool
    error: float


def equal_variances(activation: ActivationLike | str) -> EqualVariances:
    """The expectations of an activation; what has been fitted of the catalogue's is kept for the next call.

    Raises
    ------
    TypeError, UserError
        If it is no activation, nor the text of one.

    Examples
    --------
    >>> from fisher_spectra.gaussian.equal_variances import equal_variances
    >>> equal_variances("silu").kernel(np.array([1.0, 2.0]), np.array([0.5, 0.5])).round(6)
    array([0.18317 , 0.266855])
    """
    phi = as_activation_like(activation)
    return _of_the_catalogue(phi) if isinstance(phi, Activation) else _expectations(phi)


@lru_cache(maxsize=32)
def _of_the_catalogue(activation: Activation) -> EqualVariances:
    return _expectations(activation)


def _expectations(phi: ActivationLike) -> EqualVariances:
    forms, tails, derivative_tails = ClosedForms(), None, None
    if isinstance(phi, Activation):
        forms, tails, derivative_tails = phi.closed_forms, phi.tails, phi.derivative_tails
    elif phi.slopes is not None:
        at_zero = (float(np.asarray(function(np.zeros(1)))[0]) for function in (phi, phi.derivative))
        forms = piecewise_linear_closed_forms(tuple(phi.kinks), tuple(phi.slopes), *at_zero)
    # With kinks off the origin a closed form is a sum over up to hundreds of points.
    elementary = phi.slopes is None or not any(phi.kinks)
    kinks = tuple(phi.kinks)
    value = _Exact(phi, kinks, tails, forms.moment, forms.kernel)
    slope = _Exact(phi.derivative, kinks, derivative_tails, forms.derivative_moment, forms.derivative_kernel)
    if forms.kernel is not None and elementary:
        return _of(value, slope, float(np.finfo(np.float64).eps), forms.equal_variances)
    return _of(_Fitted(value), _Fitted(slope), INTERPOLATION_ERROR)


def _of(
    value: _Exact | _Fitted,
    slope: _Exact | _Fitted,
    error: float,
    together: InPlace | None = None,
) -> EqualVariances:
    def one_by_one(pairs: Array, out: Array) -> None:
        for (moment, product), function in zip(out.reshape(2, 2, -1), (value, slope), strict=True):
            moment[:], product[:] = function.moment(pairs[0]), function.product(*pairs)

    def at_once(pairs: Array, out: Array) -> None:
        assert together is not None
        q, q_st = pairs
        np.minimum(q_st, q, out=q_st)
        np.maximum(q_st, np.negative(q, out=out[0]), out=q_st)
        together(pairs, out)

    found = one_by_one if together is None else at_once
    elementary = together is not None
    return EqualVariances(value.moment, slope.moment, value.product, slope.product, found, elementary, error)


@dataclass(frozen=True, eq=False)
class _Exact:
    """E f(u)^2 and E f(u) f(v) of a function, point by point; in closed form where there is one."""

    function: Function
    kinks: tuple[float, ...]
    tails: Tails | None
    closed_moment: ClosedMoment | None
    closed_kernel: ClosedKernel | None

    def moment(self, q: Array) -> Array:
        if self.closed_moment is not None:
            return self.closed_moment(q)
        return mean_of_square(self.function, self.kinks, self.tails, q)

    def product(self, q: Array, q_st: Array) -> Array:
        if self.closed_kernel is not None:
            return self.closed_kernel(q, q, np.clip(q_st, -q, q))
        q, c = q.ravel(), (q_st / q).ravel()
        result, remaining = means_by_short_series(self.function, self.kinks, q, c)
        pieces = {variance: pieces_needed(self.function, self.kinks, variance) for variance in set(q[remaining])}
        for i in remaining:
            if self.tails is not None and q[i] >= self.tails.least_variance and abs(c[i]) < 1.0:
                result[i] = mean_by_tails(self.function, self.tails, q[i], q[i], c[i])
            else:
                result[i] = rotated_mean(self.function, self.kinks, q[i], c[i], pieces[q[i]])
        return result.reshape(q_st.shape)


class _Fitted:
    """The same by interpolation: E f(u)^2 over f(0)^2 + q, and the share of E f(u) f(v) in it."""

    def __init__(self, exact: _Exact) -> None:
        self._exact = exact
        self._at_origin = float(np.asarray(exact.function(np.zeros(1)))[0]) ** 2
        boxes = partial(ChebyshevBoxes, tolerance=_TOLERANCE)
        over_scale = self._over_scale
        self._moments = boxes(
            over_scale, over_scale, _EDGES[:1], _NODES[:1], absolute=False, most_halvings=_MOST_HALVINGS[:1]
        )
        self._shares = boxes(
            self._grid_of_shares, self._share, _EDGES, _NODES, absolute=True, most_halvings=_MOST_HALVINGS
        )

    def moment(self, q: Array) -> Array:
        result = np.full(q.shape, self._at_origin)
        some = np.flatnonzero(q)
        variances = q.flat[some]
        result.flat[some] = self._moments(np.log(variances)) * (self._at_origin + variances)
        return result

    def product(self, q: Array, q_st: Array) -> Array:
        shares = np.ones(q.shape)
        some = np.flatnonzero(q_st < q)  # of a sample with itself it is all, to the last digit
        variances = q.flat[some]
        angles = np.arccos(np.maximum(q_st.flat[some] / variances, -1.0))
        shares.flat[some] = self._shares(np.log(variances), angles)
        return shares * self.moment(q)

    def _over_scale(self, x: Array) -> Array:
        q = np.exp(x)
        return self._exact.moment(q) / (self._at_origin + q)

    def _grid_of_shares(self, x: Array, angles: Array) -> Array:
        return self._share(*np.broadcast_arrays(x[:, None], angles))

    def _share(self, x: Array, angles: Array) -> Array:
        q = np.exp(x)
        whole = self._exact.moment(q)
        product = self._exact.product(q, q * np.cos(angles))
        return np.divide(product, whole, out=np.zeros(q.shape), where=whole > 0.0)
