"""The spectral law of phi'(h)^2: exact for piecewise linear activations, a quadrature for smooth ones."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad
from scipy.stats import norm

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.gaussian.integrals import derivative_second_moment
from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw, derivative_law, two_point_law

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


def test_alpha_of_hard_tanh_is_the_probability_of_the_linear_part():
    s, g, q = math.sqrt(0.125), 1.0013, 0.9
    law = derivative_law(get_activation(FIGURES), q)
    assert law.is_two_point
    assert law.alpha == pytest.approx(2 * norm.cdf(1 / (s * g) / math.sqrt(q)) - 1, abs=1e-14)
    assert law.gamma == pytest.approx(g**2, rel=1e-15)
    assert law.weight_at_zero == law.deficit == pytest.approx(2 * norm.sf(1 / (s * g) / math.sqrt(q)), rel=1e-13)


def test_alpha_of_shifted_relu_is_the_upper_tail():
    law = derivative_law(get_activation("shifted_relu(a=1.3,b=0.4)"), 2.0)
    assert law.values == (0.0, pytest.approx(1.69))
    assert law.alpha == pytest.approx(norm.sf(0.4 / math.sqrt(2)), rel=1e-13)


def test_relu_has_half_of_its_derivatives_at_zero_and_leaky_relu_none():
    assert derivative_law(get_activation("relu"), 0.3).weights == (0.5, 0.5)
    law = derivative_law(get_activation("leaky_relu(slope=0.1)"), 0.3)
    assert law.values == (pytest.approx(0.01), 1.0)
    assert law.weight_at_zero == 0
    assert not law.is_two_point


def test_linear_network_has_one_value():
    law = derivative_law(get_activation("linear"), 1.0)
    assert (law.values, law.weights, law.deficit) == ((1.0,), (1.0,), 0.0)
    assert law.is_two_point


@pytest.mark.parametrize("spec", ["tanh", "erf", "gelu", "sine", "silu"])
@pytest.mark.parametrize("variance", [0.3, 1.0, 4.0])
def test_law_of_a_smooth_derivative_has_the_mean_of_the_quadrature(spec, variance):
    activation = get_activation(spec)
    law = derivative_law(activation, variance)
    assert law.moment(1) == pytest.approx(float(derivative_second_moment(activation, variance)), rel=1e-9)
    fourth, _ = quad(
        lambda z: float(activation.derivative(math.sqrt(variance) * z)) ** 4 * norm.pdf(z), -9, 9, limit=200
    )
    assert law.moment(2) == pytest.approx(fourth, rel=1e-8)


def test_law_of_an_even_derivative_merges_the_two_signs():
    assert len(derivative_law(get_activation("tanh"), 1.0).values) == 78


def test_a_variance_without_a_law_is_refused():
    with pytest.raises(ValueError, match=r"variance = 0\.0"):
        derivative_law(get_activation("tanh"), 0.0)


def test_a_derivative_law_that_is_no_law_is_refused():
    with pytest.raises(ValueError, match="ascend"):
        DerivativeLaw((1.0, 0.0), (0.5, 0.5))
    with pytest.raises(ValueError, match="sum 1"):
        DerivativeLaw((0.0, 1.0), (0.5, 0.6))
    with pytest.raises(ValueError, match="as many"):
        DerivativeLaw((0.0, 1.0), (1.0,))
    for values in ((math.nan,), (0.0, math.nan), (0.0, math.inf)):
        with pytest.raises(ValueError, match="ascend"):
            DerivativeLaw(values, (1.0,) if len(values) == 1 else (0.5, 0.5))
    for weights in ((math.nan, 1.0), (0.5, math.nan), (0.0, 1.0)):
        with pytest.raises(ValueError, match="sum 1"):
            DerivativeLaw((0.0, 1.0), weights)
    with pytest.raises(ValueError, match="alpha = 0"):
        two_point_law(0.0, 1.0)
