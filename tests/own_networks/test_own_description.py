"""An own network: as it is configured, scaled, and what it draws."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.finite_size.ensemble import scaled_widths
from fisher_spectra.own_networks.description import OwnNetwork


def test_one_value_stands_for_all_layers():
    alike = OwnNetwork.of([4, 6, 5, 2], "tanh", 2, 0, "uniform", biases=True)
    listed = OwnNetwork.of([4, 6, 5, 2], ["tanh", "tanh"], [2.0] * 3, [0.0] * 3, "uniform", biases=True)
    assert alike == listed
    found = [network.sample(np.random.default_rng(0)).weights[1] for network in (alike, listed)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(("factor", "expected"), [(2, (4, 12, 10, 2)), (0.5, (4, 3, 2, 2)), (0.01, (4, 1, 1, 2))])
def test_hidden_widths_alone_are_scaled_and_never_vanish(factor, expected):
    assert scaled_widths([4, 6, 5, 2], factor) == expected
    assert (
        OwnNetwork.of([4, 6, 5, 2], "tanh", 2, 0, "gaussian", biases=False).scaled(factor).ensemble.widths == expected
    )


@pytest.mark.parametrize("factor", [0, -1.0, float("nan"), float("inf")])
def test_a_factor_is_finite_and_positive(factor):
    with pytest.raises(ValueError, match=r"factor = .*: must be a finite number > 0"):
        scaled_widths([4, 6, 2], factor)
