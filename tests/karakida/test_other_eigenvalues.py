"""The eigenvalues beside the largest, in bins over their mean."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.other_eigenvalues import (
    Bins,
    bulk_cells,
    distance_of_laws,
    other_eigenvalues,
    predicted_mean,
)

BINS = Bins(number=4, largest=2.0, fine=2)


def test_without_the_largest_where_one_stands_out_and_all_where_none_does():
    values = np.array([1.0, 2.0, 3.0, 10.0])
    with_outlier, without = other_eigenvalues(values, 0.2, BINS), other_eigenvalues(values, 0.0, BINS)
    assert (with_outlier.mean, with_outlier.largest) == (2.0, 1.5)
    assert with_outlier.second_moment == pytest.approx(14 / 12)
    assert (without.mean, without.largest) == (4.0, 2.5)
    assert without.second_moment == pytest.approx(114 / 64)


def test_counts_are_of_eigenvalues_over_their_mean_and_what_lies_beyond_is_in_the_last_bin():
    found = other_eigenvalues(np.array([1.0, 2.0, 3.0, 10.0]), 0.0, BINS)
    # over the mean of 4: 0.25, 0.5, 0.75, 2.5; parts of 0.25
    assert found.counts.tolist() == [0, 1, 1, 1, 0, 0, 0, 1]


def test_bins_have_the_density_of_their_parts_together():
    centres, density = BINS.coarse(np.array([0.0, 0.0, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 1.0]))
    np.testing.assert_allclose(centres, [0.25, 0.75, 1.25, 1.75])
    np.testing.assert_allclose(density, [0.2, 0.6, 0.4, 0.8])


def test_samples_are_the_ratio_times_the_width_and_three_at_least():
    assert bulk_cells([10, 40], [0.1, 0.5]) == [(0.1, 10, 3), (0.1, 40, 4), (0.5, 10, 5), (0.5, 40, 20)]


def test_the_predicted_mean_is_the_second_eigenvalue_of_the_leading_matrix():
    field = mean_field("tanh", 3.0, 0.64, 3)
    leading = np.full((5, 5), field.kappa_2) + (field.kappa_1 - field.kappa_2) * np.eye(5)
    assert predicted_mean(field, 40, 5) == pytest.approx(np.linalg.eigvalsh(field.alpha * 40 * leading / 5)[0])


def test_the_distance_is_that_of_all_networks_together_and_its_error_of_leaving_one_out():
    law = np.array([0.0, 0.25, 0.5, 1.0])
    # together 4, 3, 5 of 12; without the first 1, 3, 4 of 8; without the second 3, 0, 1 of 4
    distance, error = distance_of_laws([[3, 0, 1], [1, 3, 4]], law)
    assert distance == pytest.approx(max(4 / 12 - 0.25, 7 / 12 - 0.5))
    assert error == pytest.approx(np.sqrt(1 * np.var([0.125, 0.5])))


def test_the_error_of_a_distance_is_the_scatter_of_repetitions():
    rng = np.random.default_rng(3)
    law, shares = np.array([0.0, 0.3, 0.6, 1.0]), [0.4, 0.3, 0.3]
    found = [distance_of_laws(rng.multinomial(50, shares, 40), law) for _ in range(400)]
    distances, errors = np.transpose(found)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(distances), rel=0.1)


def test_a_single_network_has_no_error():
    assert np.isnan(distance_of_laws([[1, 2]], np.array([0.0, 0.5, 1.0]))[1])
