"""What estimates from random probe vectors share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from fisher_spectra.spectra.probes import inner_product


@pytest.mark.parametrize("convert", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_an_inner_product_is_that_of_exact_sums_in_either_precision_and_library(
    convert: Callable[[Any], Any], precision: type
) -> None:
    """Products of single-precision numbers are exact in double precision; summed in single, half of this is lost."""
    rng = np.random.default_rng(0)
    one, other = (rng.standard_normal(2**20).astype(precision) for _ in range(2))
    norm = math.fsum((one.astype(float) ** 2).tolist())
    both = math.fsum((one.astype(float) * other.astype(float)).tolist())
    assert inner_product(convert(one), convert(one)) == pytest.approx(norm, rel=1e-12)
    assert inner_product(convert(one), convert(other)) == pytest.approx(both, abs=1e-12 * norm)


def test_an_inner_product_changes_no_vector() -> None:
    vector = np.arange(3, dtype=np.float32)
    assert inner_product(vector, vector) == 5.0
    assert vector.tolist() == [0.0, 1.0, 2.0]
