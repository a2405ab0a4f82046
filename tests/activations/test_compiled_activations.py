"""Activations inside compiled loops against the activations themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import activation_specs, get_activation
from fisher_spectra.activations.compiled import TANH, activate, coded, tanh_single
from fisher_spectra.common.seeds import generator

PIECEWISE_LINEAR = [spec for spec in activation_specs() if get_activation(spec).slopes is not None]
CODED = [
    "tanh",
    *PIECEWISE_LINEAR,
    "shifted_relu(a=1.2,b=-0.3)",
    "shifted_leaky_relu(alpha=0.5)",
    "hard_tanh(s=0.125,g=1)",
]


def arguments(dtype: Any) -> np.ndarray:
    rng = generator(0, "test_compiled_activations")
    x = np.concatenate([3 * rng.standard_normal(500), np.linspace(-12, 12, 400), [0.0, 1e-30, -1e-30, 1e30, -1e30]])
    return np.concatenate([x[:, None], rng.permutation(x)[:, None]], axis=1).astype(dtype)


@pytest.mark.parametrize("spec", CODED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_slopes_are_those_of_the_activation(spec: str, dtype: Any) -> None:
    phi, x = get_activation(spec), arguments(dtype)
    code = coded(phi, dtype)
    assert code is not None
    shift = np.array([[0.5, -1.5]], dtype=dtype)
    values, slopes = x.copy(), np.empty_like(x)
    activate(values, shift, slopes, *code)
    expected, slope = phi.value_and_derivative(x + shift)
    # tanh to 5 units in the last place; a sum of two products where the activation clips one or subtracts a number
    scale = np.maximum(np.abs(expected), 1.0 if phi.slopes else 0.0)
    if phi.slopes:
        scale = np.maximum(scale, np.abs(x + shift))
    np.testing.assert_array_less(np.abs(values - expected), 5 * np.finfo(dtype).eps * scale + np.finfo(dtype).tiny)
    np.testing.assert_allclose(slopes, slope, rtol=0, atol=5 * np.finfo(dtype).eps * np.abs(slope).max())


@pytest.mark.parametrize("spec", CODED)
def test_a_shift_for_each_row_is_added_to_its_row(spec: str) -> None:
    phi, x = get_activation(spec), arguments(np.float64)
    code = coded(phi, np.float64)
    assert code is not None
    shift = generator(0, "shift").standard_normal(x.shape)
    values, slopes = x.copy(), np.empty_like(x)
    activate(values, shift, slopes, *code)
    np.testing.assert_allclose(values, phi(x + shift), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("spec", CODED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_at_a_kink_is_that_of_the_activation(spec: str, dtype: Any) -> None:
    phi = get_activation(spec)
    code = coded(phi, dtype)
    assert code is not None
    kinks = np.array([phi.kinks or (0.0,)]).astype(dtype)
    for x in (kinks, np.nextafter(kinks, dtype(-np.inf)), np.nextafter(kinks, dtype(np.inf))):
        values, slopes = x.copy(), np.empty_like(x)
        activate(values, np.zeros_like(x), slopes, *code)
        np.testing.assert_allclose(slopes, phi.derivative(x), rtol=1e-6)


def test_tanh_in_single_precision_is_right_to_five_units_in_the_last_place() -> None:
    x = np.linspace(-10, 10, 40001, dtype=np.float32)
    code = coded(get_activation("tanh"), np.float32)
    assert code is not None
    assert code.kind == TANH
    values = x[None].copy()
    activate(values, np.zeros_like(values), np.empty_like(values), *code)
    exact = np.tanh(x.astype(np.float64))
    assert np.max(np.abs(values[0] - exact) / np.spacing(np.abs(exact).astype(np.float32))) <= 5
    assert np.all(np.abs(values) <= 1)


def test_what_is_not_a_number_stays_so() -> None:
    assert np.isnan(tanh_single(np.float32(np.nan)))
    for spec in CODED:
        code = coded(get_activation(spec), np.float32)
        assert code is not None
        values = np.full((1, 3), np.nan, dtype=np.float32)
        activate(values, np.zeros_like(values), np.empty_like(values), *code)
        assert np.isnan(values).all()


@pytest.mark.parametrize("spec", ["erf", "silu", "sine"])
def test_other_activations_have_no_code(spec: str) -> None:
    assert coded(get_activation(spec), np.float32) is None
