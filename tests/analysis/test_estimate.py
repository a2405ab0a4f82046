"""Numbers with errors, as people write them."""

from __future__ import annotations

import math

import pytest

from fisher_spectra.analysis.estimate import Estimate


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (328.412, 10.71, "328 +- 11"),
        (1.01934, 0.03852, "1.019 +- 0.039"),
        (0.564612, 0.00714, "0.5646 +- 0.0071"),
        (12345.6, 789.0, "12346 +- 789"),
        (1.23e-7, 4.5e-9, "1.23e-07 +- 4.5e-09"),
        (1.23e9, 4.5e7, "1.23e+09 +- 4.5e+07"),
        (2.0, math.nan, "2"),
        (2.0, 0.0, "2"),
    ],
)
def test_digits_end_where_the_error_begins(value, error, text):
    assert str(Estimate(value, error)) == text
