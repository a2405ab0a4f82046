"""The law of J J^T of the input-output Jacobian: two atoms and one band, in closed form along one angle.

Hayase, Karakida 2021, Section 4.1: J = D_{L-1} W_{L-1} .. D_1 W_1, the last layer left away, and dynamical isometry
means that all eigenvalues of J J^T are one. Its S-transform is the product of those of the layers, (24), here with an
alpha_l of each layer. With w = x G(x) - 1, G_0 = prod sigma_l^2 gamma_l and d_l = 1 - alpha_l it says

    x = G_0 prod_l (w + alpha_l) / (w (1 + w)^{L-2}),

and its primitive is the law's logarithmic potential, int G dx = log G_0 + sum_l d_l log(w + alpha_l) - log w. What
follows from these two is ours (the paper uses (24) for the conditions (25) and (26) alone):

- With u = 1 + 1/w the map reads x = G_0 u prod_l (d_l + alpha_l u) / u. On the ray u = rho e^{i theta} each term of
  sum_l [arg u - arg(d_l + alpha_l u)] falls with rho from theta to 0, so for each theta in (0, pi) there is one rho at
  which the sum is theta, that is, x is real. The band is this curve.
- dx/du = 0 where sum_l d_l / (d_l + alpha_l u) = 1, an equation with as many real roots as layers: x is monotone along
  the curve, there is one band, and its ends are at the most negative root, which lies between the two most negative
  poles, and at the only positive one.
- The imaginary part of the potential counts the eigenvalues above x, atoms included.
- The atoms are at 0, of weight 1 - min alpha_l, and at G_0, of weight 1 - sum_l d_l where positive.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type, real_array
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation

Array = npt.NDArray[np.float64]

_HALVINGS = 64  # of an interval: its ends are then neighbouring numbers
_LOG_RADIUS = 80.0  # of log rho: rho is of the order of the d_l, or 1e-16 to 1e16 times that near theta = 0 and pi


class JacobianLaw:
    """Limiting law of the eigenvalues of J J^T for M -> infinity.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2 of a network of L >= 2 layers, from `signal_propagation` or `constant_propagation`.

    Raises
    ------
    ValueError
        If L = 1, or phi' takes more than one value besides zero.

    Examples
    --------
    >>> law = fs.JacobianLaw(fs.constant_propagation(depth=3, alpha=0.75, gamma=1.0))
    >>> law.weight_at_zero, law.weight_at_top, [round(end, 6) for end in law.band]  # two free projections
    (0.25, 0.5, [0.0, 0.75])
    >>> law.cdf([0.0, 0.375, 0.75, 1.0]).round(6)
    array([0.25    , 0.426208, 0.5     , 1.      ])
    """

    def __init__(self, propagation: SignalPropagation) -> None:
        check_type("propagation", propagation, SignalPropagation, "what signal_propagation returns")
        if propagation.depth < 2:
            raise ValueError("L = 1: there is no Jacobian below the last layer; L must be at least 2")
        if not all(law.is_two_point for law in propagation.laws):
            raise ValueError("phi' takes several values besides zero: the law of J J^T is closed for one value only")
        self.propagation = propagation
        deficits = np.array([law.deficit for law in propagation.laws])
        # a layer that cuts nothing turns the rest and scales it
        self._deficits: Array = np.sort(deficits[deficits > 0])[::-1]
        self._alphas: Array = 1 - self._deficits

    @property
    def top(self) -> float:
        """G_0: where the eigenvalues of the directions that no layer cuts are."""
        sigma2 = self.propagation.sigma2[:-1]
        return math.prod(s * law.gamma for s, law in zip(sigma2, self.propagation.laws, strict=True))

    @property
    def weight_at_zero(self) -> float:
        """1 - min alpha_l."""
        return float(self._deficits.max(initial=0.0))

    @property
    def weight_at_top(self) -> float:
        """1 - sum (1 - alpha_l), or zero: the share that no layer cuts."""
        return max(0.0, 1.0 - math.fsum(self._deficits))

    @property
    def band(self) -> tuple[float, float] | None:
        """Ends of the continuous part; none if fewer than two layers cut anything."""
        if len(self._deficits) < 2:
            return None
        first, second = (-self._deficits / self._alphas)[:2]
        low = float(self._place(self._stationary(first, second))) if first < second else 0.0
        beyond = 1.0
        while self._excess(beyond) > 0:
            beyond *= 2
        return low, float(self._place(self._stationary(0.0, beyond)))

    @property
    def maximum(self) -> float:
        """Largest point of the support: G_0 if it has a weight, otherwise the end of the band."""
        band = self.band
        return self.top if self.weight_at_top > 0 or band is None else band[1]

    @property
    def mean(self) -> float:
        """m_1 = prod sigma_l^2 gamma_l alpha_l."""
        return self.top * float(np.prod(self._alphas))

    @property
    def second_moment(self) -> float:
        """m_2 = m_1^2 (1 + sum (1 - alpha_l) / alpha_l)."""
        return self.mean**2 * (1 + float((self._deficits / self._alphas).sum()))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """Share of eigenvalues that are at most x, of the shape of x."""
        places = real_array("x", x)
        values = np.where(places < 0, 0.0, np.where(places < self.top, 1 - self.weight_at_top, 1.0))
        band = self.band
        if band is None:
            return values
        values[(places >= 0) & (places <= band[0])] = self.weight_at_zero
        inside = (places > band[0]) & (places < band[1])
        if inside.any():
            values[inside] = self._share(self._angle(places[inside]))
        return values

    # along the curve

    def _layers(self, u: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """d_l + alpha_l u, shape (number of layers that cut, *shape of u)."""
        point = np.asarray(u, dtype=np.complex128)
        shape = (-1, *(1,) * point.ndim)
        return np.asarray(self._deficits.reshape(shape) + self._alphas.reshape(shape) * point)

    def _point(self, angle: Array) -> npt.NDArray[np.complex128]:
        """u(theta)."""
        low, high = np.full_like(angle, -_LOG_RADIUS), np.full_like(angle, _LOG_RADIUS)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            outward = (angle - np.angle(self._layers(np.exp(middle + 1j * angle)))).sum(0) > angle
            low, high = np.where(outward, middle, low), np.where(outward, high, middle)
        return np.asarray(np.exp((low + high) / 2 + 1j * angle))

    def _place(self, u: npt.ArrayLike) -> Array:
        """x at points of the curve or at its ends."""
        outer = np.log(np.abs(u))
        return np.asarray(self.top * np.exp(outer + (np.log(np.abs(self._layers(u))) - outer).sum(0)))

    def _share(self, angle: Array) -> Array:
        """F(x(theta)) = 1 - Im of the potential over pi."""
        u = self._point(angle)
        across = np.angle(u - 1)  # that of v = 1/w
        turned = np.tensordot(self._deficits, across - np.angle(self._layers(u)), 1)
        return np.clip(1 + (turned - across) / np.pi, 0.0, 1.0)

    def _angle(self, x: Array) -> Array:
        """theta at which the curve is at x, within the band; x falls with theta."""
        low, high = np.zeros_like(x), np.full_like(x, np.pi)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = self._place(self._point(middle)) > x
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return (low + high) / 2

    def _excess(self, u: float) -> float:
        """sum_l d_l / (d_l + alpha_l u) - 1, which falls between its poles."""
        return float((self._deficits / (self._deficits + self._alphas * u)).sum()) - 1

    def _stationary(self, low: float, high: float) -> float:
        """The zero of `_excess` between two places."""
        for _ in range(2 * _HALVINGS):
            middle = (low + high) / 2
            if self._excess(middle) > 0:
                low = middle
            else:
                high = middle
        return (low + high) / 2
