"""Tables of Karakida, Akaho, Amari: every column from handmade parts, to far less than one per cent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from script_modules import script_module

# In a linear network without biases, sigma_w2 = 1, each of the L layers contributes the output itself: the norm is
# L^2, and L as printed.
NORMS = [7.0, 10.0, 13.0]


def test_columns_of_theorem_5_are_the_formulas_and_the_mean_norm_with_its_standard_error():
    parts = pd.DataFrame(
        {
            **{"activation": "line", "function": "linear", "sigma_w2": 1.0, "sigma_b2": 0.0},
            **{"L": 3, "M": 50, "T": 20, "C": 2, "norm_per_output": NORMS},
        }
    )
    table = script_module("karakida/tabulate_theorem5").tabulate_theorem5(pd.concat([parts, parts.assign(M=60)]))
    assert table["M"].tolist() == [50, 60]
    for _, row in table.iterrows():
        assert row[["activation", "L", "T", "C", "n_seeds"]].tolist() == ["line", 3, 20, 2, 3]
        assert row["paper"] == pytest.approx(3.0, rel=1e-12)
        assert row["corrected"] == pytest.approx(9.0, rel=1e-12)
        assert row["empirical_mean"] == pytest.approx(10.0, rel=1e-12)
        # The root of (9 + 0 + 9) / 2, over the root of 3; a division by 3 in place of 2 would be 18 per cent less.
        assert row["empirical_sem"] == pytest.approx(3.0 / np.sqrt(3.0), rel=1e-12)
