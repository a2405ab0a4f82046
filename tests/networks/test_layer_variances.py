"""Variances of the layers from one number or one for each."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.networks.layer_variances import layer_variances


@pytest.mark.parametrize("one", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0)])
def test_one_number_of_any_type_is_the_variance_of_all_layers(one):
    assert layer_variances(one, 3) == layer_variances([2, 2.0, np.float32(2)], 3) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("wrong", [(), (1.0, 1.0), [[1.0, 1.0, 1.0]], 0.0, (1.0, -1.0, 1.0), np.nan, np.inf])
def test_variances_that_do_not_fit_the_layers_are_refused(wrong):
    with pytest.raises(ValueError, match="must be one positive number or 3 of them"):
        layer_variances(wrong, 3)
