"""Printed formulas beside the right ones where no sampled erratum compares them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


def test_printed_hard_tanh_jumps_and_the_right_one_does_not():
    s, g = math.sqrt(0.125), 1.0013
    kink = 1 / (s * g)
    sides = np.array([kink * (1 - 1e-12), kink * (1 + 1e-12)])
    assert abs(np.diff(printed.hard_tanh(sides, s, g))[0]) == pytest.approx(1 / s - g, rel=1e-9)
    assert abs(np.diff(get_activation(FIGURES)(sides))[0]) < 1e-11
    inside = np.linspace(-kink, kink, 11)[1:-1]
    np.testing.assert_allclose(get_activation(FIGURES)(inside), printed.hard_tanh(inside, s, g), rtol=1e-15)


def test_weight_of_the_dual_spectrum_is_one_over_L_M_and_not_one_over_L():
    depth, width = 3, 20
    activation = get_activation(FIGURES)
    rng = generator(0, "test_weight_of_dual_spectrum")
    network = sample_network(rng, (width,) * (depth + 1), activation, 1.0, 0.0)
    rank = np.linalg.matrix_rank(conditional_fisher(network, sphere_inputs(rng, 1, width)[0]))
    parameters = depth * width**2
    zeros, others = printed.weight_of_dual_spectrum(depth, width)
    assert rank / parameters == pytest.approx(1 / (depth * width)) == pytest.approx(1 - zeros)
    assert zeros + others > 1.28
