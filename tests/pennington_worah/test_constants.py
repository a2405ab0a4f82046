"""eta, eta', zeta, the features z_1 .. z_6 and the first two moments of Pennington and Worah."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import quad

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah.constants import (
    NonlinearityConstants,
    nonlinearity_constants,
    standardised,
)

Array = npt.NDArray[np.float64]

# Table 1 as printed: eta, eta', zeta, z_1 .. z_6, each as text so that its number of digits counts.
TABLE_1 = {
    "linear": "1 1 1 0 4 0 0 4 8",
    "normalised_erf(alpha=1)": "1 1.226 0.914 0.086 3.741 0.198 0.312 3.966 7.51",
    "shifted_leaky_relu(alpha=0)": "1 1.467 0.733 0.267 3.200 0.491 0.733 3.667 6.377",
    "optimal_quadratic": "1 1.923 0.077 0.923 1.231 1.138 1.846 2.154 2.247",
}


@dataclass(frozen=True)
class Function:
    """A function given by hand, in place of a registered activation."""

    value: object
    slope: object
    kinks: tuple[float, ...] = ()
    slopes: tuple[float, ...] | None = None
    spec: str = "by hand"

    def __call__(self, x: Array) -> Array:
        return self.value(x)

    def derivative(self, x: Array) -> Array:
        return self.slope(x)


@pytest.mark.parametrize("spec", TABLE_1)
def test_table_1_agrees_to_the_last_printed_digit(spec: str) -> None:
    constants = nonlinearity_constants(get_activation(spec))
    computed = (constants.eta, constants.eta_prime, constants.zeta, *constants.features)
    for value, printed in zip(computed, TABLE_1[spec].split(), strict=True):
        decimals = len(printed.partition(".")[2])
        assert f"{abs(value) if abs(value) < 1e-12 else value:.{decimals}f}" == printed


@pytest.mark.parametrize("spec", ["tanh", "normalised_erf(alpha=2.5)", "shifted_leaky_relu(alpha=0.4)", "sine"])
def test_constants_equal_adaptive_integrals(spec: str) -> None:
    f = get_activation(spec)

    def mean(function: object) -> float:
        pieces = [quad(lambda x: function(np.array([x]))[0] * math.exp(-x * x / 2), *ends)[0]
                  for ends in ((-12.0, 0.0), (0.0, 12.0))]  # fmt: skip
        return sum(pieces) / math.sqrt(2 * math.pi)

    constants = nonlinearity_constants(f)
    assert constants.eta == pytest.approx(mean(lambda x: f(x) ** 2), abs=1e-9)
    assert constants.eta_prime == pytest.approx(mean(lambda x: f.derivative(x) ** 2), abs=1e-9)
    assert constants.zeta == pytest.approx(mean(f.derivative) ** 2, abs=1e-9)


def test_constants_of_erf_1_in_closed_form() -> None:
    norm = 2 / math.pi * math.asin(2 / 3)
    constants = nonlinearity_constants(get_activation("normalised_erf"))
    assert constants.eta_prime == pytest.approx(4 / math.pi / math.sqrt(5) / norm, rel=1e-12)
    assert constants.zeta == pytest.approx(4 / math.pi / 3 / norm, rel=1e-12)


@pytest.mark.parametrize(("spec", "mean"), [("relu", "0.398942"), ("softplus", "0.806059")])
def test_activation_with_gaussian_mean_is_refused_with_the_measured_mean(spec: str, mean: str) -> None:
    with pytest.raises(UserError, match=f"mean is {mean}"):
        nonlinearity_constants(get_activation(spec))


def test_centred_and_normalised_relu_is_srelu_0() -> None:
    centred = nonlinearity_constants(get_activation("relu"), centre_and_normalise=True)
    direct = nonlinearity_constants(get_activation("shifted_leaky_relu(alpha=0)"))
    assert centred.eta == pytest.approx(1.0, abs=1e-12)
    assert centred.eta_prime == pytest.approx(direct.eta_prime, rel=1e-10)
    assert centred.zeta == pytest.approx(direct.zeta, rel=1e-10)


def test_standardised_softplus_has_zero_mean_and_unit_variance() -> None:
    x, w = np.polynomial.hermite_e.hermegauss(100)
    f = standardised(get_activation("softplus"))
    w = w / math.sqrt(2 * math.pi)
    assert w @ f(x) == pytest.approx(0.0, abs=1e-9)
    assert w @ f(x) ** 2 == pytest.approx(1.0, abs=1e-9)
    step = 1e-5
    assert np.allclose(f.derivative(x), (f(x + step) - f(x - step)) / (2 * step), atol=1e-8)


def test_standardised_relu_declares_its_slopes() -> None:
    f = standardised(get_activation("relu"))
    assert f.slopes is not None
    assert f.slopes[0] == 0.0
    assert f.slopes[1] == pytest.approx(1 / math.sqrt(0.5 - 0.5 / math.pi))


def test_activation_without_second_moment_is_refused() -> None:
    f = Function(lambda x: x * np.exp(0.3 * x**2), lambda x: (1 + 0.6 * x**2) * np.exp(0.3 * x**2))
    with pytest.raises(UserError, match=r"second moment E f\^2 .* is not finite"):
        nonlinearity_constants(f)
    with pytest.raises(UserError, match=r"second moment E f\^2 .* is not finite"):
        standardised(f)


def test_activation_with_fast_but_finite_growth_is_accepted() -> None:
    # E sinh(x)^2 = (e^2 - 1)/2, E cosh(x)^2 = (e^2 + 1)/2, E cosh x = sqrt e.
    constants = nonlinearity_constants(Function(np.sinh, np.cosh))
    assert constants.eta == pytest.approx((math.e**2 - 1) / 2, rel=1e-10)
    assert constants.eta_prime == pytest.approx((math.e**2 + 1) / 2, rel=1e-10)
    assert constants.zeta == pytest.approx(math.e, rel=1e-10)


def test_activation_with_a_jump_is_refused() -> None:
    with pytest.raises(UserError, match="must be continuous"):
        nonlinearity_constants(Function(lambda x: np.sign(x) + x, np.ones_like, kinks=(0.0,)))


def test_constant_activation_cannot_be_normalised() -> None:
    with pytest.raises(UserError, match="is constant"):
        standardised(Function(np.ones_like, np.zeros_like))


@pytest.mark.parametrize("values", [(1.0, 0.9, 0.5), (1.0, 2.0, 1.5), (1.0, 2.0, -0.1), (0.0, 1.0, 0.0)])
def test_constants_out_of_order_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="must satisfy"):
        NonlinearityConstants(*values)


@pytest.mark.parametrize("values", [(1.0, 1.2, 0.9), (1.0, 1.9, 0.1), (0.7, 3.0, 0.0), (1.0, 1.0, 1.0)])
def test_features_are_the_printed_formulas(values: tuple[float, float, float]) -> None:
    eta, eta_prime, zeta = values
    root = math.sqrt((eta_prime - eta) ** 2 + 64 * zeta**2)
    printed = (
        eta - zeta,
        eta + 3 * zeta,
        (eta + eta_prime + 6 * zeta - root) / 2,
        eta_prime - zeta,
        eta_prime + 3 * zeta,
        (eta + eta_prime + 6 * zeta + root) / 2,
    )
    assert np.allclose(NonlinearityConstants(*values).features, printed, atol=1e-14)


def test_conditioning_lies_between_1_and_3_and_is_3_for_the_linear_function() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        squares = rng.dirichlet(np.full(6, 0.3))
        constants = NonlinearityConstants(1.0, float(np.arange(1, 7) @ squares), float(squares[0]))
        assert 1.0 <= constants.conditioning < 3.0
    assert NonlinearityConstants(1.0, 1.0, 1.0).conditioning == pytest.approx(3.0)


def test_constants_that_are_not_finite_are_refused() -> None:
    for values in ((1.0, math.inf, math.inf), (1.0, math.inf, 0.5), (math.nan, 1.0, 0.5)):
        with pytest.raises(ValueError, match="must be finite"):
            NonlinearityConstants(*values)
