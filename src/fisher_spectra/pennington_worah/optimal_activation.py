"""Activations with the best conditioning m_2 / m_1^2: Pennington and Worah (2018), (28) and (29)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_integer, check_type
from fisher_spectra.pennington_worah.constants import NonlinearityConstants

Array = npt.NDArray[np.float64]

_GRADIENT_TOLERANCE = 1e-12
# Thresholds and gains searched by `best_monotone_saturating_activation`; the optimum lies well inside.
_GRID_GAINS = np.geomspace(0.1, 10.0, 25)
_GRID_THRESHOLDS = np.linspace(0.0, 4.0, 21)
# The variance is about gain^2 and a difference of numbers of order one: its relative error is about 1e-16 / gain^2.
_SMALLEST_GAIN = 1e-3


def hermite_constants(coefficients: npt.ArrayLike) -> NonlinearityConstants:
    """Constants of f = sum_k c_k h_k, h_k the normalised probabilists' Hermite polynomials, k = 1 .. K.

    eta = sum c_k^2, eta' = sum k c_k^2, zeta = c_1^2; the mean c_0 is zero.
    """
    squares = np.asarray(coefficients, dtype=np.float64) ** 2
    return NonlinearityConstants(
        eta=float(np.sum(squares)),
        eta_prime=float(np.arange(1, squares.size + 1) @ squares),
        zeta=float(squares[0]),
    )


@dataclass(frozen=True)
class HermiteOptimum:
    """Minimiser of m_2 / m_1^2 over zero-mean functions of bounded degree.

    Attributes
    ----------
    coefficients
        c_1 .. c_K with eta = 1, c_1 >= 0 and c_2 >= 0 (signs do not matter to the spectrum), shape (K,).
    """

    coefficients: Array
    constants: NonlinearityConstants


def optimal_hermite_activation(degree: int, rng: np.random.Generator, starts: int = 8) -> HermiteOptimum:
    """Minimise m_2 / m_1^2 over the coefficients of Hermite polynomials up to `degree`, from random starts.

    The ratio is homogeneous of degree zero, so that the search is free and the result is normalised afterwards. The
    paper's f_opt (28) is c_1 = 1/sqrt(13), c_2 = sqrt(12/13), all others zero, with ratio 21/19.

    Parameters
    ----------
    degree
        K >= 2.
    rng
        Of the random starts; the only source of randomness.
    starts
        How many, at least 1.

    Raises
    ------
    ValueError
        If degree < 2 (the linear function would be the only candidate) or starts < 1.

    Examples
    --------
    >>> best = fs.optimal_hermite_activation(degree=3, rng=np.random.default_rng(0))
    >>> best.coefficients[:2].round(4), round(best.constants.conditioning, 6)  # 1/sqrt(13), sqrt(12/13); 21/19
    (array([0.2774, 0.9608]), 1.105263)
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    degree, starts = check_integer("degree", degree, 2), check_integer("starts", starts, 1)
    order = np.arange(1, degree + 1, dtype=np.float64)

    def ratio_and_gradient(c: Array) -> tuple[float, Array]:
        eta, eta_prime, zeta = c @ c, order @ c**2, c[0] ** 2
        numerator = 2.0 * (eta**2 + eta_prime**2 + 4.0 * zeta**2)
        denominator = (eta + eta_prime) ** 2
        value = numerator / denominator
        first = np.zeros_like(c)
        first[0] = 1.0
        gradient = 2.0 * c * (4.0 * eta + 4.0 * eta_prime * order + 16.0 * zeta * first) / denominator
        gradient -= 2.0 * c * value * 2.0 * (1.0 + order) / (eta + eta_prime)
        return float(value), gradient

    best: tuple[float, Array] | None = None
    for _ in range(starts):
        # A start without even or higher components would be a stationary point: random ones have them all.
        result = scipy.optimize.minimize(
            ratio_and_gradient,
            rng.standard_normal(degree),
            jac=True,
            method="BFGS",
            options={"gtol": _GRADIENT_TOLERANCE, "maxiter": 10_000},
        )
        if best is None or result.fun < best[0]:
            best = (float(result.fun), np.asarray(result.x, dtype=np.float64))
    assert best is not None
    coefficients = best[1] / np.linalg.norm(best[1])
    coefficients[:2] = np.abs(coefficients[:2])
    return HermiteOptimum(coefficients, hermite_constants(coefficients))


@dataclass(frozen=True)
class SaturatingActivation:
    """f(x) = (erf(gain (x - threshold)) - mean) / deviation: increasing, bounded, zero mean, eta = 1."""

    gain: float
    threshold: float
    mean: float
    deviation: float

    @property
    def spec(self) -> str:
        return f"saturating(gain={self.gain:.6g},threshold={self.threshold:.6g})"

    @property
    def kinks(self) -> tuple[float, ...]:
        return ()

    @property
    def slopes(self) -> None:
        return None

    def __call__(self, x: Array, /) -> Array:
        return np.asarray((scipy.special.erf(self.gain * (x - self.threshold)) - self.mean) / self.deviation)

    def derivative(self, x: Array, /) -> Array:
        bell = np.exp(-((self.gain * (x - self.threshold)) ** 2))
        return np.asarray(2.0 * self.gain / np.sqrt(np.pi) * bell / self.deviation)


@dataclass(frozen=True)
class SaturatingOptimum:
    """Best member of the family `SaturatingActivation` and its constants."""

    activation: SaturatingActivation
    constants: NonlinearityConstants


def saturating_activation(gain: float, threshold: float) -> SaturatingOptimum:
    """Member of the family erf(gain (x - threshold)), centred and normalised, with its constants in closed form.

    With s^2 = 1/(2 gain^2) the function is 2 Phi((x - threshold)/s) - 1: probabilities of normal variables give
    E Phi = Phi(-h) with h = threshold / sqrt(1 + s^2), and E Phi^2 = Phi(-h) - 2 T(h, s / sqrt(2 + s^2)), T being
    Owen's function. The derivatives are Gaussian integrals.

    Raises
    ------
    ValueError
        If the gain is below 0.001 or not finite, or the threshold so large that f is constant up to rounding.
    """
    if not _SMALLEST_GAIN <= gain < np.inf:
        raise ValueError(
            f"gain = {gain}: must be positive and finite, at least {_SMALLEST_GAIN:g} for its variance to be resolved"
        )
    s2 = 0.5 / gain**2
    h = threshold / np.sqrt(1.0 + s2)
    probability = float(scipy.special.ndtr(-h))
    second = probability - 2.0 * float(scipy.special.owens_t(h, np.sqrt(s2 / (2.0 + s2))))
    variance = 4.0 * (second - probability**2)
    if not variance > 0.0:
        raise ValueError(f"gain = {gain}, threshold = {threshold}: the function is constant up to rounding")
    slope = 2.0 * np.exp(-0.5 * h**2) / np.sqrt(2.0 * np.pi * (1.0 + s2))
    slope_squared = 2.0 * np.exp(-(threshold**2) / (2.0 + s2)) / (np.pi * np.sqrt(s2 * (2.0 + s2)))
    activation = SaturatingActivation(gain, threshold, 2.0 * probability - 1.0, float(np.sqrt(variance)))
    constants = NonlinearityConstants(
        eta=1.0, eta_prime=float(slope_squared / variance), zeta=float(slope**2 / variance)
    )
    return SaturatingOptimum(activation, constants)


def best_monotone_saturating_activation() -> SaturatingOptimum:
    """Solve (29) within the two-parameter family `SaturatingActivation`: grid search, then Nelder and Mead.

    Reflection x -> -x, f -> -f changes nothing, so that the threshold is taken positive.

    Examples
    --------
    >>> best = fs.best_monotone_saturating_activation()
    >>> round(best.activation.gain, 2), round(best.activation.threshold, 2), round(best.constants.conditioning, 4)
    (0.73, 3.39, 1.1935)
    """

    def ratio(parameters: Array) -> float:
        log_gain, threshold = parameters
        return saturating_activation(float(np.exp(log_gain)), float(threshold)).constants.conditioning

    grid = [(float(np.log(gain)), float(t)) for gain in _GRID_GAINS for t in _GRID_THRESHOLDS]
    start = min(grid, key=lambda point: ratio(np.array(point)))
    result = scipy.optimize.minimize(
        ratio, np.array(start), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}
    )
    return saturating_activation(float(np.exp(result.x[0])), float(abs(result.x[1])))
