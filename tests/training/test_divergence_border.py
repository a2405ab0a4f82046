"""The measured border of divergence of a column."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.training.divergence_border import divergence_border

RATES = np.array([1.0, 2.0, 4.0, 8.0, 16.0])


def test_border_is_the_geometric_mean_of_the_two_rates_where_half_the_trials_diverge() -> None:
    border = divergence_border(RATES, [0.0, 0.2, 0.8, 1.0, 1.0])
    assert (border.last_below, border.first_above) == (2.0, 4.0)
    assert border.learning_rate == pytest.approx(np.sqrt(8.0))
    assert border.half_width == pytest.approx(0.5 * np.log(2))


def test_order_of_the_rates_does_not_matter() -> None:
    shuffled = [3, 0, 4, 2, 1]
    fractions = np.array([0.0, 0.2, 0.8, 1.0, 1.0])
    assert divergence_border(RATES[shuffled], fractions[shuffled]) == divergence_border(RATES, fractions)


def test_single_cells_on_the_wrong_side_do_not_move_the_border() -> None:
    # One trial of five diverged early, and a dead network came back from a large rate.
    border = divergence_border(RATES, [0.2, 0.0, 1.0, 0.8, 1.0])
    assert border.learning_rate == pytest.approx(np.sqrt(8.0))


def test_border_cuts_where_the_fewest_trials_are_misplaced() -> None:
    rates = np.geomspace(1, 10, 12)
    rng = np.random.default_rng(0)
    for _ in range(200):
        fractions = rng.integers(0, 6, 12) / 5
        border = divergence_border(rates, fractions)
        counts = np.round(5 * fractions).astype(int)
        misplaced = [counts[:k].sum() + (5 - counts[k:]).sum() for k in range(13)]
        best = np.flatnonzero(np.array(misplaced) == min(misplaced))
        assert border.last_below == (rates[best[0] - 1] if best[0] else 0.0)
        assert border.first_above == (rates[best[-1]] if best[-1] < 12 else np.inf)
        if 0 < best[0] <= best[-1] < 12:
            assert border.last_below <= border.learning_rate <= border.first_above


def test_a_rate_where_just_half_the_trials_diverge_is_the_border_on_an_even_grid() -> None:
    border = divergence_border(RATES, [0.0, 0.0, 0.5, 1.0, 1.0])
    assert border.learning_rate == pytest.approx(4.0)
    assert (border.last_below, border.first_above) == (2.0, 8.0)


@pytest.mark.parametrize(("fraction", "ends"), [(0.0, (16.0, np.inf)), (1.0, (0.0, 1.0))])
def test_a_border_outside_of_the_grid_is_no_number_but_has_a_bound(fraction: float, ends: tuple[float, float]) -> None:
    border = divergence_border(RATES, np.full(5, fraction))
    assert np.isnan(border.learning_rate)
    assert (border.last_below, border.first_above) == ends
    assert np.isnan(border.log_distance(1.0))
    assert border.half_width == np.inf


def test_log_distance_is_positive_above_the_predicted_rate() -> None:
    border = divergence_border(RATES, [0.0, 0.0, 1.0, 1.0, 1.0])
    assert border.log_distance(np.sqrt(8.0)) == pytest.approx(0.0, abs=1e-12)
    assert border.log_distance(np.sqrt(8.0) / np.e) == pytest.approx(1.0)
    assert border.log_distance(np.sqrt(8.0) * 4) == pytest.approx(-np.log(4))
    for refused in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="critical_learning_rate"):
            border.log_distance(refused)


@pytest.mark.parametrize(
    ("rates", "fractions", "named"),
    [
        ([], [], "two equal lists"),
        ([1.0, 2.0], [0.0], "two equal lists"),
        ([1.0, 0.0], [0.0, 1.0], "learning_rates"),
        ([1.0, np.inf], [0.0, 1.0], "learning_rates"),
        ([1.0, 1.0], [0.0, 1.0], "learning_rates"),
        ([1.0, 2.0], [0.0, 1.1], "diverged_fraction"),
        ([1.0, 2.0], [0.0, np.nan], "diverged_fraction"),
    ],
)
def test_columns_that_make_no_sense_are_refused(rates: list[float], fractions: list[float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        divergence_border(rates, fractions)
