"""Spectral densities of large symmetric matrices by the kernel polynomial method.

The average over random probe vectors v of the measure sum_i (u_i . v)^2 delta_{lambda_i} / |v|^2 is the spectral law;
here it comes from Chebyshev moments damped by Jackson's kernel (Weisse, Wellein, Alvermann, Fehske 2006). Smoother than
Lanczos quadrature (`spectra.lanczos`) with as many products, but of a resolution that the interval sets.

Vectors may be numpy arrays or torch tensors on any device: pass `convert`. Random numbers are drawn by numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_callable, check_integer, check_type, real_array, shown
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.spectra.lanczos import lanczos
from fisher_spectra.spectra.probes import Convert, MatVec, inner_product, mean_over_probes

Array = npt.NDArray[np.float64]

# Safety margin added on either side of the bounds for Chebyshev polynomials, which explode outside [-1, 1].
_BOUND_MARGIN = 0.01
_BOUND_STEPS = 40


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
        return mean_over_probes(rows)

    def cdf(self, x: npt.ArrayLike) -> tuple[Array, Array]:
        """Integral of `density` up to x, and its standard error over probes."""
        x = np.asarray(x, dtype=np.float64)
        angle, _ = self._angle(x)
        k = np.arange(1, self.moments.shape[1])
        series = np.sin(np.multiply.outer(angle, k)) / k
        damped = self.damped_moments
        total = damped[:, :1] * angle.reshape(1, -1) + 2.0 * damped[:, 1:] @ series.reshape(-1, k.size).T
        return mean_over_probes(1.0 - total.reshape((-1, *x.shape)) / np.pi)

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
        As for `lanczos.stochastic_lanczos_quadrature`.
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

    Examples
    --------
    >>> matrix = np.diag(np.linspace(0.0, 1.0, 50))
    >>> rng = np.random.default_rng(0)
    >>> spectrum = fs.kernel_polynomial_method(lambda v: matrix @ v, 50, moments=20, probes=50, rng=rng)
    >>> density, error = spectrum.density([0.3, 0.5])
    >>> [f"{value:.2f} +- {one:.2f}" for value, one in zip(density, error)]
    ['0.94 +- 0.04', '0.95 +- 0.04']
    """
    size, moments, probes = (
        check_integer(name, value, least)
        for name, value, least in (("size", size, 1), ("moments", moments, 2), ("probes", probes, 1))
    )
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_callable("matvec", matvec)
    if bounds is None:
        bounds = spectral_bounds(matvec, size, rng, convert)
    ends = real_array("bounds", bounds)
    if ends.shape != (2,):
        raise ValueError(f"bounds = {shown(bounds)}: must be two numbers, the lower first")
    low, high = ends.tolist()
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"bounds = ({low:g}, {high:g}): must be ascending and finite")
    centre, half = 0.5 * (low + high), 0.5 * (high - low)

    def scaled(vector: Any) -> Any:
        return (matvec(vector) - centre * vector) / half

    table = np.empty((probes, moments))
    for row in table:
        drawn = standard_normal(rng, size)
        drawn /= np.linalg.norm(drawn)
        first = drawn if convert is None else convert(drawn)
        unit = inner_product(first, first)
        previous, current = first, scaled(first)
        row[0], row[1] = unit, inner_product(first, current)
        for k in range(1, (moments + 1) // 2):
            row[2 * k] = 2.0 * inner_product(current, current) - unit
            if 2 * k + 1 < moments:
                previous, current = current, 2.0 * scaled(current) - previous
                row[2 * k + 1] = 2.0 * inner_product(current, previous) - row[1]
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
    probe = standard_normal(rng, size)
    result = lanczos(matvec, probe if convert is None else convert(probe), _BOUND_STEPS)
    values, vectors = scipy.linalg.eigh_tridiagonal(result.diagonal, result.off_diagonal)
    # |beta_k s_k| bounds the distance of each Ritz value from an eigenvalue.
    error = np.abs(result.remainder * vectors[-1])
    low, high = float(values[0] - error[0]), float(values[-1] + error[-1])
    margin = _BOUND_MARGIN * max(high - low, abs(low), abs(high))
    return low - margin, high + margin
