"""The rule in rotated variables against the other one over the plane, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.gaussian.integrals import derivative_kernel, kernel
from fisher_spectra.gaussian.pairs import plane_mean
from fisher_spectra.gaussian.rotated_rule import pieces_needed, rotated_mean

CORRELATIONS = (1.0, 0.9999, 0.9, 0.2, 0.0, -0.5, -0.99, -1.0)


@pytest.mark.parametrize("spec", ["erf", "gelu", "sine", "hard_tanh", "shifted_relu(a=1.5,b=-0.4)", "leaky_relu"])
@pytest.mark.parametrize("q", [0.05, 2.0, 60.0])
def test_it_agrees_with_closed_forms_at_all_correlations(spec, q):
    phi = get_activation(spec)
    for function, exact in ((phi, kernel), (phi.derivative, derivative_kernel)):
        pieces = pieces_needed(function, phi.kinks, q)
        scale = float(exact(phi, q, q, q))
        found = [rotated_mean(function, phi.kinks, q, c, pieces) for c in CORRELATIONS]
        np.testing.assert_allclose(found, exact(phi, q, q, q * np.array(CORRELATIONS)), atol=2e-11 * scale)


def bent(x):
    """Jumps at -1 and 0.2 and a kink at 0.7."""
    return np.where(x > -1.0, 1.0, 0.0) + np.where(x > 0.2, np.tanh(3.0 * x), 0.0) + 2.0 * np.maximum(x - 0.7, 0.0)


@pytest.mark.parametrize("c", [0.97, -0.97])
def test_a_function_with_jumps_at_several_points_is_integrated_as_by_the_rule_over_the_plane(c):
    kinks = (-1.0, 0.2, 0.7)
    expected = plane_mean(bent, kinks, 2.0, 2.0, c)
    assert rotated_mean(bent, kinks, 2.0, c, pieces_needed(bent, kinks, 2.0)) == pytest.approx(expected, abs=1e-11)


def test_steeper_functions_need_more_pieces():
    tanh = get_activation("tanh")
    assert pieces_needed(tanh, (), 1e-2) == 1
    assert pieces_needed(tanh, (), 1.0) < pieces_needed(tanh, (), 100.0)


def test_a_jump_that_is_not_named_ends_in_one_line():
    with pytest.raises(ValueError, match="Gaussian mean with variance 1 does not settle"):
        pieces_needed(lambda x: np.where(x > 0.3, 1.0, 0.0), (), 1.0)
