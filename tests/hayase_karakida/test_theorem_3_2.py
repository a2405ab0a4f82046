"""The closed form of mu_3 against the law of any depth, and what is printed of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from panels_of_figure_1 import PANELS
from scipy.integrate import quad

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.derivative_law import two_point_law
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    signal_propagation,
)
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.networks.haar_measure import haar_orthogonal

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@pytest.mark.parametrize("panel", PANELS)
def test_density_agrees_with_theorem_3_2_to_1e_6_away_from_the_edges(panel):
    law, closed = SpectralLaw(PANELS[panel]), theorem_3_2(PANELS[panel])
    width = closed.lambda_plus - closed.lambda_minus
    x = np.linspace(closed.lambda_minus + 0.01 * width, closed.lambda_plus - 0.01 * width, 401)
    np.testing.assert_allclose(law.density(x), closed.density(x), rtol=1e-6, atol=1e-6)
    assert len(law.bands) == 1
    assert law.bands[0] == pytest.approx((closed.lambda_minus, closed.lambda_plus), abs=1e-9)


@pytest.mark.parametrize("panel", PANELS)
def test_atoms_agree_with_the_corrected_theorem_3_2(panel):
    law, closed = SpectralLaw(PANELS[panel]), theorem_3_2(PANELS[panel])
    expected = [(x, w) for x, w in zip(closed.positions, closed.weights, strict=True) if w > 1e-15]
    np.testing.assert_allclose(np.column_stack([law.atoms.positions, law.atoms.weights]), expected, rtol=1e-13)


@pytest.mark.parametrize("panel", PANELS)
def test_closed_form_has_mass_one(panel):
    closed = theorem_3_2(PANELS[panel])
    a, b = closed.lambda_minus, closed.lambda_plus

    def integrand(theta):
        x = 0.5 * (a + b) - 0.5 * (b - a) * np.cos(theta)
        return float(closed.density(x)) * 0.5 * (b - a) * np.sin(theta)

    band, _ = quad(integrand, 0, np.pi, limit=500, points=[1e-4, 1e-3, 1e-2])
    assert band + sum(closed.weights) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("panel", PANELS)
def test_cauchy_transform_in_closed_form_is_that_of_the_layer_map(panel):
    law, closed = SpectralLaw(PANELS[panel]), theorem_3_2(PANELS[panel])
    z = np.array([[0.5 + 1j, 1.1 + 0.3j], [2.2 + 0.02j, -3.0 + 0.1j]])
    np.testing.assert_allclose(closed.cauchy_transform(z), law.cauchy_transform(z), rtol=1e-9)
    assert closed.cauchy_transform(1e6 + 0j) == pytest.approx(1e-6, rel=1e-5)  # the branch of the root
    a, b = closed.lambda_minus, closed.lambda_plus
    x = np.linspace(a, b, 9)[1:-1] if b - a > 1e-6 else np.array([])
    np.testing.assert_allclose(-closed.cauchy_transform(x).imag / np.pi, closed.density(x), rtol=1e-9)


@pytest.mark.parametrize("panel", PANELS)
def test_histogram_in_closed_form_is_that_of_the_law_at_any_depth(panel):
    law, closed = SpectralLaw(PANELS[panel]), theorem_3_2(PANELS[panel])
    for width in (0.31, 0.01):
        edges = np.arange(0.0, 5.0, width)
        # bands that end like an inverse square root lose 2e-6 at the height above the axis at which they are computed
        np.testing.assert_allclose(closed.histogram(edges), law.histogram(edges), atol=4e-6)
        assert closed.histogram(edges).sum() == pytest.approx(1, abs=1e-9)


def test_a_band_without_width_or_mass_adds_nothing_to_the_histogram():
    # s = 0.125 as printed in the caption of Figure 1: all eigenvalues in one point
    closed = theorem_3_2(signal_propagation(get_activation("hard_tanh(s=0.125,g=1.0013)"), 3))
    assert closed.histogram([0.0, 1.5, 3.0, 3.5]) == pytest.approx([0, 0, 1], abs=1e-12)


@pytest.mark.parametrize("units", [1, 3, 13, 1000])
def test_a_band_of_a_few_units_in_the_last_place_has_its_mass_at_one_point(units):
    law = theorem_3_2(signal_propagation(get_activation("hard_tanh(s=0.125,g=1.0013)"), 3))  # all but linear
    low = law.lambda_mid
    narrow = replace(law, lambda_minus=low, lambda_plus=low + units * math.ulp(low), weights=(0.0, 0.0, 0.9))
    np.testing.assert_allclose(narrow.histogram([0.0, 1.5, 2.5, 3.5]), [0, 0.1, 0.9], atol=1e-15)


def test_second_atom_is_at_lambda_mid_and_not_at_lambda_min_as_printed():
    # alpha_1 = 0.3 < alpha_2 = 0.8: the second atom has half of the mass. Sampled: projections of exactly these ranks.
    p = SignalPropagation((1.0, 1.0, 1.0), (two_point_law(0.3, 1.0), two_point_law(0.8, 1.0)), (1.0, 1.0, 1.0))
    closed, width = theorem_3_2(p), 200
    rng = generator(0, "test_second_atom")
    u = haar_orthogonal(rng, width)
    first = (u * (np.arange(width) < 0.3 * width)) @ u.T + np.eye(width)
    second = (np.arange(width) < 0.8 * width).astype(float)
    spectrum = np.linalg.eigvalsh(np.eye(width) + second[:, None] * first * second)
    for position, weight in zip(closed.positions, closed.weights, strict=True):
        assert np.mean(np.abs(spectrum - position) < 1e-9) == pytest.approx(weight, abs=1e-12)
    at_minimum = sum(weight for position, weight in printed.atoms_of_theorem_3_2(p) if position == closed.lambda_min)
    assert at_minimum == pytest.approx(0.7)
    assert np.mean(np.abs(spectrum - closed.lambda_min) < 1e-9) == pytest.approx(0.2, abs=1e-12)


def test_theorem_3_2_is_refused_where_it_does_not_apply():
    with pytest.raises(ValueError, match="L = 3"):
        theorem_3_2(constant_propagation(4, 0.5, 1.0))
    with pytest.raises(ValueError, match="L = 3"):
        theorem_3_2(signal_propagation(get_activation("leaky_relu(slope=0.1)"), 3))


@pytest.mark.parametrize("panel", ["left", "centre", "unequal", "few"])
def test_cdf_of_three_layers_is_the_integral_of_theorem_3_2(panel):
    law, closed = SpectralLaw(PANELS[panel]), theorem_3_2(PANELS[panel])
    a, b = closed.lambda_minus, closed.lambda_plus
    for share in (0.05, 0.4, 0.9):
        x = a + share * (b - a)
        angle = np.arccos(1 - 2 * share)

        def integrand(theta):
            t = 0.5 * (a + b) - 0.5 * (b - a) * np.cos(theta)
            return float(closed.density(t)) * 0.5 * (b - a) * np.sin(theta)

        band, _ = quad(integrand, 0, angle, limit=500, points=[1e-4, 1e-3, 1e-2])
        below = sum(w for p, w in zip(closed.positions, closed.weights, strict=True) if p <= x)
        assert float(law.cdf(x)) == pytest.approx(below + band, abs=1e-7)


def test_independent_half_projections_give_half_an_arcsine_law():
    closed = theorem_3_2(PANELS["right"])
    x = np.linspace(2.01, 2.99, 50)
    np.testing.assert_allclose(closed.density(x), 1 / (2 * np.pi * np.sqrt((x - 2) * (3 - x))), rtol=1e-12)
    assert closed.weights == (0.5, 0.0, 0.0)
