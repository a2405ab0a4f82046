"""The spectral law mu_L of the dual conditional Fisher matrix H_L at any depth: density, atoms, distribution function.

Hayase, Karakida 2020 and 2021 give it for L = 3 (Theorem 3.2, here in `hayase_karakida.theorem_3_2`). Here the
Cauchy transform comes from `layer_map` just above the real axis, and the atoms, with their weights, from
`hayase_karakida.atoms`. Near dynamical isometry the law is almost a sum of atoms, with narrow bands of
little mass between them, so the bands are searched for with a bound on the mass that an interval can hide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from fisher_spectra.hayase_karakida.atoms import Atoms, atoms
from fisher_spectra.hayase_karakida.layer_map import REMEDY, ConvergenceError, LayerMap, Roots, neighbouring
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation
from fisher_spectra.spectra.distances import kolmogorov_distance

Array = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_HEIGHT = 1e-11  # above the real axis, in units of the largest eigenvalue; rounding allows little less
_HIDDEN_MASS = 1e-7  # an interval with less continuous mass need not be looked into
_QUADRATURE_ERROR = 1e-9  # largest error of the mass of one panel
_MASS_CHECK = 3e-4  # a total mass further from 1 is refused; published laws have 5e-6, gelu with Gaussian weights 1e-4
_CELLS_PER_LAYER = 4  # neighbouring peaks are one layer's worth apart
_LEVELS = 40  # of bisection of cells and panels
_PANEL_NODES = 16
_QUANTILE_BISECTIONS = 60


@dataclass(frozen=True)
class _Panels:
    """The continuous part in P pieces.

    A band [a, b] is parametrised by x = (a + b)/2 - (b - a)/2 cos theta, which makes edges like a square root or an
    inverse square root smooth. Each panel is an interval of theta with a Chebyshev series of n terms.
    """

    band: IntArray  # (P,): index of the band, ascending
    low: Array  # (P,): theta
    high: Array  # (P,)
    x: Array  # (P, n): nodes
    weights: Array  # (P, n): quadrature weights times density; their sum is the mass
    integral: Array  # (P, n + 1): Chebyshev series of the mass to the left within the panel


class SpectralLaw:
    """mu_L: limiting law of the eigenvalues of H_L(x, theta) for M -> infinity.

    Everything is computed when first asked for. Points are taken 1e-11 of the largest eigenvalue above the real axis,
    so that eigenvalues much smaller than it are lost: `mass` shows how many, and a law that lacks more than 3e-4 is
    refused. With hard tanh this is so once the largest eigenvalue exceeds the smallest possible one, q_{L-1}, by a
    factor of about 1e6: for s = 1, g = 1.1 is covered to L = 40 at least, g = 1.5 to L = 20, g = 4 to L = 10.

    For a smooth activation, L >= 3, the law is that of a quadrature (`derivative_law.derivative_law`): right in
    means, but with gaps in its tails, where single nodes have the mass.

    Parameters
    ----------
    propagation
        q_l, nu_l and sigma_l^2, from `signal_propagation` or `constant_propagation`.
    gaussian_weights
        Gaussian instead of Haar distributed weights.

    Raises
    ------
    ConvergenceError
        From any method, if the law cannot be computed: no certified root at some x, or a total mass that is not 1.
    ValueError
        If the activation is smooth and L = 2 with orthogonal weights: see `atoms.atoms`.

    Examples
    --------
    >>> law = fs.SpectralLaw(fs.constant_propagation(depth=3, alpha=0.5, gamma=1.0))
    >>> [round(x, 6) for x in law.atoms.positions.tolist()], law.atoms.weights.tolist()
    ([1.0], [0.5])
    >>> round(float(law.density(2.5)), 6)  # half an arcsine law on [2, 3]: 1 / (2 pi sqrt((x - 2)(3 - x)))
    0.31831
    """

    def __init__(self, propagation: SignalPropagation, gaussian_weights: bool = False) -> None:
        self.propagation = propagation
        self.map = LayerMap(propagation, gaussian_weights)
        self.atoms: Atoms = atoms(propagation, gaussian_weights)

    @property
    def depth(self) -> int:
        """L."""
        return self.map.depth

    @property
    def minimum(self) -> float:
        """Smallest point of the support."""
        return float(min([*self.atoms.positions[:1], *(low for low, _ in self.bands[:1])]))

    @property
    def maximum(self) -> float:
        """Largest point of the support, ||mu_L||_inf."""
        return self.map.support_maximum

    @property
    def mass(self) -> float:
        """Mass of atoms and density together: 1 up to the error of the computation."""
        return self.atoms.mass + float(self._panels.weights.sum())

    def cauchy_transform(self, z: npt.ArrayLike) -> ComplexArray:
        """G(z) for Im z > 0, of the shape of z."""
        z = np.asarray(z, dtype=np.complex128)
        return self.map.inverse(z.ravel()).cauchy_transform.reshape(z.shape)

    def density(self, x: npt.ArrayLike) -> Array:
        """Density of the continuous part, of the shape of x. Atoms are not in it; outside of all bands it is 0."""
        x = np.asarray(x, dtype=np.float64)
        flat = x.ravel()
        values = np.zeros_like(flat)
        inside = np.zeros(len(flat), dtype=bool)
        for low, high in self.bands:
            inside |= (flat > low) & (flat < high)
        if inside.any():
            values[inside] = self._continuous_density(self._above(flat[inside]))
        return values.reshape(x.shape)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """mu_L((-inf, x]), of the shape of x."""
        x = np.asarray(x, dtype=np.float64)
        flat = x.ravel()
        cumulated = np.concatenate([[0.0], np.cumsum(self.atoms.weights)])
        values = cumulated[np.searchsorted(self.atoms.positions, flat, side="right")]
        return (values + self._continuous_cdf(flat)).reshape(x.shape)

    def quantile(self, p: npt.ArrayLike) -> Array:
        """Smallest x with cdf(x) >= p, for 0 < p <= 1, of the shape of p."""
        p = np.asarray(p, dtype=np.float64)
        if not np.all((p > 0) & (p <= 1)):
            raise ValueError("p must be above 0 and at most 1")
        wanted = p.ravel() * self.mass * (1 - 1e-15)
        low = np.full(wanted.shape, self.minimum - 1e-9 * self.maximum)
        high = np.full(wanted.shape, self.maximum * (1 + 1e-9))
        for _ in range(_QUANTILE_BISECTIONS):
            middle = 0.5 * (low + high)
            reached = self.cdf(middle) >= wanted
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        if len(self.atoms.positions):
            # Bisection ends within rounding of an atom; the atom itself is the quantile.
            atom = self.atoms.positions[neighbouring(self.atoms.positions, high)[0]]
            high = np.where(np.abs(atom - high) <= 1e-13 * self.maximum, atom, high)
        return high.reshape(p.shape)

    def moment(self, order: int) -> float:
        """m_k(mu_L), by integration over atoms and density."""
        panels = self._panels
        discrete = float(np.sum(self.atoms.weights * self.atoms.positions**order))
        return discrete + float(np.sum(panels.weights * panels.x**order))

    def histogram(self, edges: npt.ArrayLike) -> Array:
        """Mass in the bins (edges[i], edges[i+1]], shape (n - 1,)."""
        return np.diff(self.cdf(edges))

    def kolmogorov_distance(self, eigenvalues: npt.ArrayLike, half_widths: npt.ArrayLike) -> float:
        """Largest difference of the empirical and this distribution function outside of intervals around the atoms.

        At finite width the second moments qhat_l scatter and carry the atoms with them.

        Parameters
        ----------
        eigenvalues
            Of one or several matrices; any shape.
        half_widths
            For each atom, in the order of `atoms`; 0 compares the atom itself. `atoms.atom_scatter` gives the standard
            deviations.

        Raises
        ------
        ValueError
            As `spectra.distances.kolmogorov_distance`.
        """
        pairs = list(zip(self.atoms.positions, self.atoms.weights, strict=True))
        return kolmogorov_distance(eigenvalues, self.cdf, pairs, half_widths)

    @cached_property
    def bands(self) -> tuple[tuple[float, float], ...]:
        """Intervals (a, b), ascending, that carry the continuous part; a gap between two of them may be missing."""
        if 1 - self.atoms.mass <= _HIDDEN_MASS:
            return ()
        roots, inside = self._samples()
        # Atoms lie in gaps, however narrow.
        x = np.concatenate([roots.target.real, self.atoms.positions])
        inside = np.concatenate([inside, np.zeros(len(self.atoms.positions), dtype=bool)])
        order = np.argsort(x, kind="stable")
        x, inside = x[order], inside[order]
        change = np.flatnonzero(inside[1:] != inside[:-1])
        edges = self._edges(x[change], x[change + 1], inside[change], roots)
        return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))

    # -- just above the real axis

    @property
    def _height(self) -> float:
        return _HEIGHT * self.maximum

    def _above(self, x: Array, near: Roots | None = None) -> Roots:
        return self.map.inverse(np.asarray(x + 1j * self._height, dtype=np.complex128), near)

    def _without_atoms(self, roots: Roots) -> ComplexArray:
        """Cauchy transform of the continuous part."""
        poles = self.atoms.weights / (roots.target[:, None] - self.atoms.positions)
        return np.asarray(roots.cauchy_transform - poles.sum(axis=1))

    def _continuous_density(self, roots: Roots) -> Array:
        return np.maximum(-self._without_atoms(roots).imag / np.pi, 0.0)

    def _is_inside(self, roots: Roots) -> BoolArray:
        """Whether points above the real axis are above a band: there z_1 has left the real axis.

        In a gap z_1 is real on the real axis with dx / dz_1 > 0, so above it Im z_1 is height / (dx / dz_1). Inside a
        band, at the distance d of an edge, it is 2 d / height times as large.
        """
        return np.asarray(roots.parameter.imag * np.abs(roots.slope) > 2 * self._height)

    # -- bands

    def _samples(self) -> tuple[Roots, BoolArray]:
        """Points just above the real axis that bracket all bands but those of negligible mass, and which are inside."""
        low, high = self.propagation.moments[-1], self.maximum
        margin = 1e-3 * (high - low)
        ends = np.linspace(low - margin, high + margin, _CELLS_PER_LAYER * self.depth + 1)
        cells = np.stack([ends[:-1], ends[1:]], axis=1)
        samples, arcs = self._above(ends), None
        for _ in range(_LEVELS):
            order = np.argsort(samples.target.real, kind="stable")
            samples = samples.at(order)
            inside = self._is_inside(samples)
            half = 0.5 * (cells[:, 1] - cells[:, 0])
            arcs = self.map.inverse(cells.mean(axis=1) + 1j * half, arcs)
            # The kernel of Poisson's formula at height h is at least 1 / (2 pi h) within the distance h.
            bound = -2 * half * self._without_atoms(arcs).imag
            first, last = (np.searchsorted(samples.target.real, cells[:, k]) for k in (0, 1))
            # A gap that is missed between two inner points does no harm: there the density is zero.
            split = (bound > _HIDDEN_MASS) & ~(inside[first] & inside[last]) & (half > 2 * self._height)
            if not split.any():
                break
            cells, arcs = cells[split], arcs.at(split)
            middle = cells.mean(axis=1)
            samples = _joined(samples, self._above(middle, samples))
            cells = np.concatenate([np.stack([cells[:, 0], middle], 1), np.stack([middle, cells[:, 1]], 1)])
        return samples, inside

    def _edges(self, left: Array, right: Array, left_inside: BoolArray, near: Roots) -> Array:
        """Edges between points of which one is inside of a band and one is not, by bisection."""
        left, right = left.copy(), right.copy()
        while np.any(open_ := right - left > self._height):
            middle = 0.5 * (left[open_] + right[open_])
            roots = self._above(middle, near)
            near = _joined(near, roots)
            same = self._is_inside(roots) == left_inside[open_]
            left[open_] = np.where(same, middle, left[open_])
            right[open_] = np.where(same, right[open_], middle)
        return np.where(left_inside, left, right)

    # -- quadrature

    @cached_property
    def _panels(self) -> _Panels:
        bands = np.array(self.bands).reshape(-1, 2)
        unit = chebyshev.chebpts1(_PANEL_NODES)
        to_series = np.linalg.inv(chebyshev.chebvander(unit, _PANEL_NODES - 1))
        quadrature = chebyshev.chebval(1.0, chebyshev.chebint(to_series, lbnd=-1))
        band, low, high = np.arange(len(bands)), np.zeros(len(bands)), np.full(len(bands), np.pi)
        pieces, near = [_no_panels()], None
        for level in range(_LEVELS):
            if len(band) == 0:
                break
            theta = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * unit
            a, b = bands[band, :1], bands[band, 1:]
            # From the nearer edge, so that its neighbourhood keeps its digits.
            from_a, from_b = a + (b - a) * np.sin(theta / 2) ** 2, b - (b - a) * np.cos(theta / 2) ** 2
            x = np.where(theta < np.pi / 2, from_a, from_b)
            near = self._above(x.ravel(), near)
            density = self._continuous_density(near).reshape(x.shape)
            values = density * 0.5 * (b - a) * np.sin(theta) * 0.5 * (high - low)[:, None]
            series = values @ to_series.T
            # The last coefficients bound those left out, and each contributes at most twice itself to the mass.
            done = 2 * np.abs(series[:, -3:]).max(axis=1) <= _QUADRATURE_ERROR
            if level == _LEVELS - 1:
                done[:] = True  # what is left is about the height above the real axis; the total mass is tested
            integral = chebyshev.chebint(series[done], lbnd=-1, axis=1)
            pieces.append(_Panels(band[done], low[done], high[done], x[done], (values * quadrature)[done], integral))
            band, low, high = band[~done], low[~done], high[~done]
            middle = 0.5 * (low + high)
            band, low, high = np.tile(band, 2), np.concatenate([low, middle]), np.concatenate([middle, high])
        panels = _sorted_panels(pieces)
        mass = self.atoms.mass + float(panels.weights.sum())
        if abs(mass - 1) > _MASS_CHECK:
            raise ConvergenceError(
                f"spectral law for x from {self.propagation.moments[-1]:.6g} to {self.maximum:.6g}, L = {self.depth}: "
                f"atoms and density have the mass {mass:.6f} together instead of 1; {REMEDY}"
            )
        return panels

    def _continuous_cdf(self, x: Array) -> Array:
        panels = self._panels
        values = np.zeros_like(x)
        masses = panels.weights.sum(axis=1)
        before = np.concatenate([[0.0], np.cumsum(masses)])
        for k, (a, b) in enumerate(self.bands):
            first, last = np.searchsorted(panels.band, [k, k + 1])
            values = np.where(x >= b, before[last], values)
            inside = np.flatnonzero((x > a) & (x < b))
            if inside.size:
                theta = 2 * np.arctan2(np.sqrt(x[inside] - a), np.sqrt(b - x[inside]))
                panel = first + np.clip(np.searchsorted(panels.low[first:last], theta, side="right") - 1, 0, None)
                low, high = panels.low[panel], panels.high[panel]
                position = np.clip(2 * (theta - low) / (high - low) - 1, -1, 1)
                part = chebyshev.chebval(position, panels.integral[panel].T, tensor=False)
                values[inside] = before[panel] + np.clip(part, 0.0, masses[panel])
        return values


def _joined(first: Roots, second: Roots) -> Roots:
    return Roots(
        np.concatenate([first.target, second.target]),
        np.concatenate([first.parameter, second.parameter]),
        np.concatenate([first.slope, second.slope]),
        np.concatenate([first.cauchy_transform, second.cauchy_transform]),
        np.concatenate([first.factors, second.factors], axis=1),
    )


def _no_panels() -> _Panels:
    empty, n = np.empty(0), _PANEL_NODES
    return _Panels(np.empty(0, dtype=np.int64), empty, empty, *(np.empty((0, k)) for k in (n, n, n + 1)))


def _sorted_panels(pieces: list[_Panels]) -> _Panels:
    band, low, high, x, weights, integral = (
        np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("band", "low", "high", "x", "weights", "integral")
    )
    order = np.lexsort((low, band))
    return _Panels(band[order], low[order], high[order], x[order], weights[order], integral[order])
