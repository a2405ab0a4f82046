"""Printed formulas beside the right ones where no sampled erratum compares them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida import printed_formulas as printed

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


def test_printed_hard_tanh_jumps_and_the_right_one_does_not():
    s, g = math.sqrt(0.125), 1.0013
    kink = 1 / (s * g)
    sides = np.array([kink * (1 - 1e-12), kink * (1 + 1e-12)])
    assert abs(np.diff(printed.hard_tanh(sides, s, g))[0]) == pytest.approx(1 / s - g, rel=1e-9)
    assert abs(np.diff(get_activation(FIGURES)(sides))[0]) < 1e-11
    inside = np.linspace(-kink, kink, 11)[1:-1]
    np.testing.assert_allclose(get_activation(FIGURES)(inside), printed.hard_tanh(inside, s, g), rtol=1e-15)
