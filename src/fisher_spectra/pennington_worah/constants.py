"""The three numbers that fix the limiting spectrum, and what follows from them in closed form.

Pennington and Worah (2018): equation (21) for eta, eta' and zeta, (23) and (24) for the features z_1 .. z_6, (27) for
the first two moments and their ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import as_activation_like
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import real_number
from fisher_spectra.common.errors import UserError
from fisher_spectra.gaussian.line_rules import gaussian_mean

# Kinked functions are integrated to 1e-8 relative to their root mean square; a mean within ten times that is zero.
_MEAN_TOLERANCE = 1e-7
# Gaussian integrals are cut off near |x| = 9 to 13. An f^2 whose tail from 12 to 36 still matters is not covered.
_TAIL = (12.0, 36.0)
_TAIL_NODES = 481
_TAIL_TOLERANCE = 1e-9
# The ordering 0 <= zeta <= eta <= eta' holds exactly; quadrature may break it by this much, relative to eta'.
_ORDER_TOLERANCE = 1e-7
# eta' = zeta holds for the linear activation alone; closer than this the two cannot be told apart in double precision.
_LINEAR_TOLERANCE = 1e-12
# zeta = (E f')^2 is 0 for an even activation, up to quadrature: the square of a mean that is zero, relative to eta'.
_EVEN_TOLERANCE = _MEAN_TOLERANCE**2


@dataclass(frozen=True)
class NonlinearityConstants:
    """eta = E f^2, eta' = E f'^2 and zeta = (E f')^2 over a standard normal variable (21).

    Parameters
    ----------
    eta, eta_prime, zeta
        With 0 <= zeta <= eta <= eta', eta > 0, for f of zero mean.

    Raises
    ------
    ValueError
        If they are not finite, violate 0 <= zeta <= eta <= eta', or eta is zero.

    Examples
    --------
    >>> constants = fs.NonlinearityConstants(eta=1.0, eta_prime=2.0, zeta=0.5)
    >>> [round(z, 4) for z in constants.features]
    [0.5, 2.5, 0.9384, 1.5, 3.5, 5.0616]
    >>> constants.has_gap, round(constants.conditioning, 4)
    (False, 1.3333)
    """

    eta: float
    eta_prime: float
    zeta: float

    def __post_init__(self) -> None:
        for name in ("eta", "eta_prime", "zeta"):
            object.__setattr__(self, name, real_number(name, getattr(self, name)))
        slack = _ORDER_TOLERANCE * abs(self.eta_prime)
        if not np.all(np.isfinite([self.eta, self.eta_prime, self.zeta])):
            raise ValueError(f"eta = {self.eta:g}, eta' = {self.eta_prime:g}, zeta = {self.zeta:g}: must be finite")
        if not (-slack <= self.zeta <= self.eta + slack <= self.eta_prime + 2.0 * slack) or not self.eta > 0:
            raise ValueError(
                f"eta = {self.eta:g}, eta' = {self.eta_prime:g}, zeta = {self.zeta:g}: "
                "must satisfy 0 <= zeta <= eta <= eta' and eta > 0"
            )

    @property
    def is_linear(self) -> bool:
        """Whether f is a multiple of the identity, the only case with eta' = zeta."""
        return self.eta_prime - self.zeta <= _LINEAR_TOLERANCE * self.eta_prime

    @property
    def spreads(self) -> bool:
        """Whether zeta > 0 beyond rounding: without it, as for even activations, every eigenvalue is eta or eta'."""
        return self.zeta > _EVEN_TOLERANCE * self.eta_prime

    @property
    def lower_shift(self) -> float:
        """eta - zeta, the smaller entry of the diagonal matrix D; exactly 0 for a linear activation."""
        return 0.0 if self.is_linear else max(self.eta - self.zeta, 0.0)

    @property
    def upper_shift(self) -> float:
        """eta' - zeta, the larger entry of the diagonal matrix D; exactly 0 for a linear activation."""
        return 0.0 if self.is_linear else max(self.eta_prime - self.zeta, 0.0)

    @property
    def features(self) -> tuple[float, float, float, float, float, float]:
        """Locations z_1 .. z_6 of the features of the spectrum, (23) and (24).

        z_1 and z_6 are its edges, z_1 and z_4 inverse square-root singularities. With a gap (`has_gap`) the lower
        component ends at z_2 and the upper one starts at z_4.
        """
        eta, eta_prime, zeta = self.eta, self.eta_prime, self.zeta
        root = float(np.hypot(eta_prime - eta, 8.0 * zeta))
        centre = eta + eta_prime + 6.0 * zeta
        # z_3 as quotient: the difference centre - root would cancel where z_3 is small.
        product = self.lower_shift * self.upper_shift + 4.0 * zeta * (self.lower_shift + self.upper_shift)
        z_6 = 0.5 * (centre + root)
        return (
            self.lower_shift,
            self.lower_shift + 4.0 * zeta,
            product / z_6,
            self.upper_shift,
            self.upper_shift + 4.0 * zeta,
            z_6,
        )

    @property
    def has_gap(self) -> bool:
        """Whether the support has two components, [z_1, z_2] and [z_4, z_6]: eta' - eta > 4 zeta."""
        return self.upper_shift - self.lower_shift > 4.0 * self.zeta

    @property
    def first_moment(self) -> float:
        """m_1 = (eta + eta') / 2, mean of the 2 n^2 eigenvalues (27)."""
        return 0.5 * (self.eta + self.eta_prime)

    @property
    def second_moment(self) -> float:
        """m_2 = (eta^2 + eta'^2 + 4 zeta^2) / 2, mean of the squared eigenvalues (27)."""
        return 0.5 * (self.eta**2 + self.eta_prime**2 + 4.0 * self.zeta**2)

    @property
    def conditioning(self) -> float:
        """m_2 / m_1^2, at least 1, at most 3; small means well conditioned (section 4.1)."""
        return self.second_moment / self.first_moment**2


@dataclass(frozen=True, eq=False)
class StandardisedActivation:
    """(f - mean) / standard deviation of an activation f under a standard normal argument.

    Made by `standardised`; usable wherever the theory or the Fisher operator takes an activation.
    """

    inner: ActivationLike
    mean: float
    deviation: float

    @property
    def spec(self) -> str:
        return f"standardised {self.inner.spec}"

    @property
    def kinks(self) -> tuple[float, ...]:
        return self.inner.kinks

    @property
    def slopes(self) -> tuple[float, ...] | None:
        if self.inner.slopes is None:
            return None
        return tuple(slope / self.deviation for slope in self.inner.slopes)

    def __call__(self, x: npt.NDArray[np.float64], /) -> npt.NDArray[np.float64]:
        return (self.inner(x) - self.mean) / self.deviation

    def derivative(self, x: npt.NDArray[np.float64], /) -> npt.NDArray[np.float64]:
        return self.inner.derivative(x) / self.deviation


def standardised(activation: ActivationLike | str) -> StandardisedActivation:
    """The activation shifted and scaled to zero Gaussian mean and eta = 1.

    Parameters
    ----------
    activation
        f, continuous, with its kinks declared.

    Returns
    -------
    StandardisedActivation
        An activation itself, wherever the theory of Pennington and Worah takes one.

    Raises
    ------
    UserError
        If its second moment is infinite or zero.

    Examples
    --------
    >>> phi = fs.standardised(fs.get_activation("relu"))
    >>> round(fs.gaussian_mean(lambda x: phi(x) ** 2, phi.kinks), 8), round(phi.mean, 6), round(phi.deviation, 6)
    (1.0, 0.398942, 0.583819)
    """
    activation = as_activation_like(activation)
    second = _finite_second_moment(activation, activation, "f")
    mean = gaussian_mean(activation, kinks=activation.kinks)
    variance = second - mean**2
    if variance <= _MEAN_TOLERANCE * second:
        raise UserError(f"activation {activation.spec}: is constant under a Gaussian argument, it cannot be normalised")
    return StandardisedActivation(activation, mean, float(np.sqrt(variance)))


def nonlinearity_constants(
    activation: ActivationLike | str, centre_and_normalise: bool = False
) -> NonlinearityConstants:
    """eta, eta' and zeta of an activation (21).

    Parameters
    ----------
    activation
        Continuous, with zero Gaussian mean unless `centre_and_normalise` is set.
    centre_and_normalise
        Use (f - E f) / sqrt(Var f) in place of f.

    Raises
    ------
    UserError
        If the Gaussian mean is not zero, the second moment of f or of f' is not finite, or f jumps (its weak
        derivative is then not a function).

    Examples
    --------
    >>> found = fs.nonlinearity_constants(fs.get_activation("relu"), centre_and_normalise=True)
    >>> round(found.eta, 6), round(found.eta_prime, 6), round(found.zeta, 6)
    (1.0, 1.466942, 0.733471)
    """
    activation = as_activation_like(activation)
    if centre_and_normalise:
        activation = standardised(activation)
    eta = _finite_second_moment(activation, activation, "f")
    eta_prime = _finite_second_moment(activation, activation.derivative, "f'")
    scale = float(np.sqrt(max(eta, eta_prime)))
    mean = gaussian_mean(activation, kinks=activation.kinks)
    if abs(mean) > _MEAN_TOLERANCE * scale:
        raise UserError(
            f"activation {activation.spec}: Gaussian mean is {mean:.6g}, must be 0 (19); "
            "centre and normalise it to use it here"
        )
    slope = gaussian_mean(activation.derivative, kinks=activation.kinks)
    # Stein's identity E f' = E x f fails exactly where f has a jump that the pointwise derivative does not see.
    weak_slope = gaussian_mean(lambda x: x * activation(x), kinks=activation.kinks)
    if abs(slope - weak_slope) > _MEAN_TOLERANCE * scale:
        raise UserError(
            f"activation {activation.spec}: E f' = {slope:.6g} but E x f = {weak_slope:.6g}; "
            "it must be continuous, with all its kinks declared"
        )
    return NonlinearityConstants(eta=eta, eta_prime=eta_prime, zeta=slope**2)


def _finite_second_moment(activation: ActivationLike, function: ActivationLike | object, name: str) -> float:
    assert callable(function)
    distance = np.linspace(*_TAIL, _TAIL_NODES)
    with np.errstate(over="ignore", invalid="ignore"):
        tail = sum(
            float(np.trapezoid(np.asarray(function(side * distance)) ** 2 * np.exp(-0.5 * distance**2), distance))
            for side in (-1.0, 1.0)
        ) / float(np.sqrt(2.0 * np.pi))
        try:
            body = gaussian_mean(lambda x: np.asarray(function(x)) ** 2, kinks=activation.kinks)
        except ValueError as error:
            if np.isfinite(tail) and tail < _TAIL_TOLERANCE:
                raise UserError(f"activation {activation.spec}: E {name}^2 cannot be integrated: {error}") from error
            body = 0.0
    if not np.isfinite(tail) or tail > _TAIL_TOLERANCE * body:
        raise UserError(
            f"activation {activation.spec}: the second moment E {name}^2 over a standard normal variable is not "
            "finite, the theory needs it (19)"
        )
    return body
