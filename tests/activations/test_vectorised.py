"""PyTorch's loops over arrays against the catalogue's own values."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.activations.vectorised import Vectorised


@pytest.mark.parametrize("spec", ["normalised_erf(alpha=3)", "erf", "tanh", "gelu", "silu", "softplus", "relu"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_slopes_of_arrays_are_those_of_the_catalogue_within_rounding(spec, dtype):
    x = np.linspace(-12, 12, 4002, dtype=dtype).reshape(-1, 3)[:, ::-1].copy()
    activation, precision = get_activation(spec), np.finfo(dtype).eps
    for found, expected in (
        (Vectorised(activation)(x), activation(x)),
        (Vectorised(activation).derivative(x), activation.derivative(x)),
    ):
        assert found.shape == x.shape
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=20 * precision, atol=4 * precision)
