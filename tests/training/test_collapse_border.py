"""Measured border of collapse of online training."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fisher_spectra.training.collapse_border import accuracy_border, loss_border

NAN, INF = math.nan, math.inf
RATES = np.array([0.01, 0.1, 0.2, 0.4, 0.8, 1.6])


def test_border_is_between_the_last_good_and_the_first_collapsed_rate():
    border = accuracy_border(RATES, [0.3, 0.8, 0.85, 0.7, 0.12, 0.1], chance=0.1)
    assert (border.last_below, border.first_above) == (0.4, 0.8)
    assert border.learning_rate == pytest.approx(math.sqrt(0.4 * 0.8))


def test_low_accuracy_of_small_rates_is_no_collapse():
    border = accuracy_border(RATES, [0.1, 0.1, 0.9, 0.8, 0.1, 0.1], chance=0.1)
    assert (border.last_below, border.first_above) == (0.4, 0.8)


def test_diverged_cells_have_collapsed():
    border = accuracy_border(RATES, [0.5, 0.8, NAN, NAN, NAN, NAN], chance=0.1)
    assert (border.last_below, border.first_above) == (0.1, 0.2)


def test_order_of_the_rates_does_not_matter():
    values = np.array([0.3, 0.8, 0.85, 0.7, 0.12, 0.1])
    shuffled = [3, 0, 5, 1, 4, 2]
    assert accuracy_border(RATES[shuffled], values[shuffled], 0.1) == accuracy_border(RATES, values, 0.1)


def test_a_quarter_of_the_best_accuracy_above_chance_is_the_threshold():
    for accuracy, above in ((0.31, 0.8), (0.29, 0.4)):
        assert accuracy_border(RATES, [0.9, 0.9, 0.9, accuracy, 0.1, 0.1], chance=0.1).first_above == above


def test_accuracies_that_sink_before_they_drop_and_constant_answers_do_not_move_the_border():
    # As on CIFAR-10 after ten epochs: the best is 0.5, chance 0.1, and a constant answer is right for 0.134.
    sinking = accuracy_border(RATES, [0.5, 0.38, 0.28, 0.25, 0.134, 0.1], chance=0.1)
    steady = accuracy_border(RATES, [0.5, 0.5, 0.5, 0.5, 0.134, 0.134], chance=0.1)
    assert (sinking.last_below, sinking.first_above) == (steady.last_below, steady.first_above) == (0.4, 0.8)


def test_without_collapse_there_is_no_border():
    border = accuracy_border(RATES, [0.3, 0.8, 0.85, 0.8, 0.8, 0.8], chance=0.1)
    assert math.isnan(border.learning_rate)
    assert border.last_below == 1.6
    assert math.isinf(border.first_above)


def test_loss_border_separates_finite_from_exploded_losses():
    border = loss_border(RATES, [0.5, 0.3, 0.4, 30.0, NAN, INF], limit=1.0)
    assert (border.last_below, border.first_above) == (0.2, 0.4)


def test_large_losses_below_the_best_rate_are_no_explosion():
    border = loss_border(RATES, [5.0, 0.3, 0.4, 30.0, NAN, INF], limit=1.0)
    assert (border.last_below, border.first_above) == (0.2, 0.4)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="two equal lists"):
        accuracy_border([0.1, 0.2], [0.5], 0.1)
    with pytest.raises(ValueError, match="from 0 to 1"):
        accuracy_border([0.1, 0.2], [0.5, 1.5], 0.1)
    with pytest.raises(ValueError, match="chance = 1"):
        accuracy_border([0.1, 0.2], [0.5, 0.5], 1.0)
    with pytest.raises(ValueError, match="above chance"):
        accuracy_border([0.1, 0.2], [0.1, NAN], 0.1)
    with pytest.raises(ValueError, match="at most 1"):
        loss_border([0.1, 0.2], [5.0, INF], 1.0)
