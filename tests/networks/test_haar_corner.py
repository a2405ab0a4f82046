"""Corners of Haar distributed matrices against corners of matrices that are drawn whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.haar_corner import haar_corner
from fisher_spectra.networks.haar_measure import haar_orthogonal

STATISTICS = {
    "first entry": lambda corners: corners[:, 0, 0],
    "last entry": lambda corners: corners[:, -1, -1],
    "squared norm": lambda corners: np.sum(corners**2, axis=(1, 2)),
    "largest singular value": lambda corners: np.linalg.svd(corners, compute_uv=False)[:, 0],
    "smallest singular value": lambda corners: np.linalg.svd(corners, compute_uv=False)[:, -1],
    "quartic form": lambda corners: np.sum(corners[:, :, 0] ** 2 * corners[:, :, -1] ** 2, axis=1),
}


# corners far from the size; of which singular values are 1; of all rows; of one row or column
@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [(12, 3, 4), (6, 4, 3), (6, 5, 4), (5, 5, 3), (5, 2, 5), (4, 4, 4), (7, 1, 6), (7, 6, 1)],
)
def test_a_corner_has_the_law_of_the_corner_of_a_whole_matrix(size, rows, columns):
    rng, number = generator(0, "corner", size, rows, columns), 1500
    corners = np.array([haar_corner(rng, size, rows, columns) for _ in range(number)])
    whole = np.array([haar_orthogonal(rng, size)[:rows, :columns] for _ in range(number)])
    for name, statistic in STATISTICS.items():
        # singular values that are 1 differ by rounding, which must not enter a rank test
        pair = (np.round(statistic(matrices), 9) for matrices in (corners, whole))
        assert ks_2samp(*pair).pvalue > 1e-4, name


@pytest.mark.parametrize(("rows", "columns"), [(300, 5), (5, 300), (300, 300), (200, 290)])
def test_whole_columns_or_rows_are_orthonormal_and_common_directions_have_singular_value_one(rows, columns):
    corner = haar_corner(generator(0, "orthonormal corner"), 300, rows, columns)
    values = np.linalg.svd(corner, compute_uv=False)
    ones = max(0, rows + columns - 300)
    np.testing.assert_allclose(values[:ones], 1.0, atol=1e-12)
    assert np.all(values[ones:] < 1 - 1e-9)


def test_an_empty_corner_has_no_entries_and_a_larger_one_than_the_matrix_is_refused():
    rng = generator(0, "empty corner")
    assert haar_corner(rng, 5, 0, 3).shape == (0, 3)
    assert haar_corner(rng, 5, 3, 0).shape == (3, 0)
    with pytest.raises(ValueError, match="corner of 6 rows and 2 columns: must be from 0 to the size, 5"):
        haar_corner(rng, 5, 6, 2)
