"""Limits of large depth against the recursions at finite depth, and what the preprint prints."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.atoms import largest_atom_weight
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.limits_of_large_depth import (
    isometry_rates,
    limiting_atom_weights,
    limiting_maximum,
    limiting_mean,
    limiting_mean_of_many_inputs,
    stationary_hard_tanh,
)
from fisher_spectra.hayase_karakida.signal_propagation import (
    constant_propagation,
    signal_propagation,
)


@pytest.mark.parametrize("epsilon_1", [0.05, 0.3])
def test_stationary_hard_tanh_keeps_q_and_has_the_deficit_asked_for(epsilon_1):
    depth, q = 50, 1.7
    s, g = stationary_hard_tanh(depth, epsilon_1, q)
    p = signal_propagation(get_activation(f"hard_tanh(s={s!r},g={g!r})"), depth, input_moment=q)
    np.testing.assert_allclose(p.moments, q, rtol=1e-12)
    rates = isometry_rates(p)
    assert rates.epsilon_1 == pytest.approx(epsilon_1, rel=1e-9)
    assert rates.epsilon_2 == pytest.approx(-depth * math.log(g**2), rel=1e-12)


@pytest.mark.parametrize("depth", [100, 1000])
def test_theorem_4_3_and_proposition_4_4_hold_up_to_one_over_depth(depth):
    s, g = stationary_hard_tanh(depth, 0.3)
    p = signal_propagation(get_activation(f"hard_tanh(s={s!r},g={g!r})"), depth)
    rates = isometry_rates(p)
    maximum = largest_eigenvalue_recursion(p)[-1] / depth
    mean = mean_eigenvalue_recursion(p)[-1] / depth
    # The sum of a geometric series against its integral: relative deviation (epsilon / 2) / L.
    assert maximum == pytest.approx(limiting_maximum(1.0, rates.epsilon_2), rel=abs(rates.epsilon_2) / depth)
    assert mean == pytest.approx(
        limiting_mean(1.0, rates.epsilon_1, rates.epsilon_2), rel=abs(rates.epsilon_1 + rates.epsilon_2) / depth
    )
    assert largest_atom_weight(p)[-1] == pytest.approx(limiting_atom_weights(p)[-1], rel=1e-9)
    assert limiting_atom_weights(p)[-1] == pytest.approx(1 - 0.3, abs=0.4 / depth)


def test_corollary_4_5_is_proposition_4_4_times_the_ratio():
    assert limiting_mean_of_many_inputs(0.5, 0.9, 0.1, 0.2) == pytest.approx(0.5 * 0.9 * (1 - math.exp(-0.3)) / 0.3)


@pytest.mark.parametrize("sign", [1, -1])
def test_expansions_have_minus_half_epsilon_and_the_preprint_has_the_wrong_sign(sign):
    q = 0.8
    for epsilon in (1e-2 * sign, 1e-3 * sign):
        for exact, wrong in (
            (limiting_maximum(q, epsilon), printed.expansion_of_limiting_maximum(q, epsilon)),
            (limiting_mean(q, 0.3 * epsilon, 0.7 * epsilon), printed.expansion_of_limiting_mean(q, epsilon, 0.0)),
        ):
            assert abs(exact - q * (1 - epsilon / 2)) < q * epsilon**2 / 5
            assert abs(exact - wrong) > 0.99 * q * abs(epsilon)


def test_limits_are_q_at_exact_isometry():
    assert limiting_maximum(0.7, 0.0) == 0.7
    assert limiting_mean(0.7, 0.0, 0.0) == 0.7


def test_limits_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="depth = 1"):
        isometry_rates(constant_propagation(1, 0.5, 1.0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        stationary_hard_tanh(10, 20.0)
    with pytest.raises(ValueError, match="depth = 0"):
        stationary_hard_tanh(0, 0.3)
    for q in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"q = {q}"):
            stationary_hard_tanh(10, 0.3, q)
