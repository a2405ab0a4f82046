"""Activations inside compiled loops against the activations themselves."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
import scipy

from fisher_spectra.activations.catalogue import activation_specs, get_activation
from fisher_spectra.activations.compiled import activate
from fisher_spectra.activations.compiled_codes import TANH, coded
from fisher_spectra.activations.compiled_functions import (
    erf_double,
    erf_single,
    exp_double,
    exp_single,
    logistic_single,
    normal_distribution_double,
    normal_distribution_single,
    tanh_double,
    tanh_single,
)
from fisher_spectra.common.seeds import generator

PIECEWISE_LINEAR = [spec for spec in activation_specs() if get_activation(spec).slopes is not None]
CODED = [
    "tanh",
    "erf",
    "normalised_erf(alpha=0.7)",
    "normalised_erf(alpha=1.3)",
    "gelu",
    "silu",
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
    expected, slope = phi.value_and_derivative((x + shift).astype(np.float64))
    # Smooth ones to 5 units in the last place; a sum of two products where the activation clips one or subtracts a
    # number; x times a distribution that is right to 5 units in the last place of 1
    scale = np.maximum(np.abs(expected), 1.0 if phi.slopes else 0.0)
    if phi.slopes or spec == "gelu":
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


def in_a_loop(function: Any, x: np.ndarray) -> np.ndarray:
    """The function in a compiled loop, as it is used: processors do several at a time."""

    @numba.njit(error_model="numpy", fastmath={"contract"})
    def loop(values: np.ndarray) -> None:
        for i in range(values.size):
            values[i] = function(values[i])

    found = x.copy()
    loop(found)
    return found


@pytest.mark.parametrize(
    ("function", "dtype", "exact", "arguments", "units"),
    [
        (exp_single, np.float32, np.exp, (-87, 88), 2),
        (logistic_single, np.float32, scipy.special.expit, (-87, 30), 3),
        (erf_single, np.float32, scipy.special.erf, (-5, 5), 5),
        (erf_single, np.float32, scipy.special.erf, (-1e-3, 1e-3), 5),
        (erf_single, np.float32, scipy.special.erf, (1.99, 2.01), 5),
        (exp_double, np.float64, np.exp, (-708, 709), 2),
        (exp_double, np.float64, np.exp, (-1, 1), 2),
        (tanh_double, np.float64, np.tanh, (-25, 25), 3),
        (tanh_double, np.float64, np.tanh, (-1e-3, 1e-3), 3),
        (tanh_double, np.float64, np.tanh, (0.5, 0.6), 3),
        (erf_double, np.float64, scipy.special.erf, (-7, 7), 5),  # 4, and SciPy's own
        (erf_double, np.float64, scipy.special.erf, (-1e-3, 1e-3), 5),
        (erf_double, np.float64, scipy.special.erf, (0.4, 0.5), 5),
    ],
)
def test_functions_are_right_to_the_stated_units_in_the_last_place(
    function: Any, dtype: type, exact: Any, arguments: tuple[float, float], units: int
) -> None:
    x = np.linspace(*arguments, 200_001, dtype=dtype)
    # of functions in double precision the exact values are those of the wider numbers of the processor, where they are
    wider = np.float64 if dtype is np.float32 or exact is scipy.special.erf else np.longdouble
    expected = exact(x.astype(wider))
    found = in_a_loop(function, x)
    assert found.dtype == dtype
    assert np.max(np.abs(found - expected) / np.spacing(np.abs(expected).astype(dtype))) <= units


def test_the_normal_distribution_is_right_to_2e_7_and_far_below_zero_to_5e_5_of_itself() -> None:
    x = np.linspace(-13, 13, 400_001, dtype=np.float32)
    expected = scipy.special.ndtr(x.astype(np.float64))
    error = np.abs(in_a_loop(normal_distribution_single, x) - expected)
    assert error.max() <= 2e-7
    assert np.max((error / expected)[expected > 1e-37]) <= 5e-5


def test_the_normal_distribution_in_double_is_right_to_3e_16_and_far_below_zero_to_3e_13_of_itself() -> None:
    x = np.linspace(-37, 37, 200_001)
    expected = scipy.special.ndtr(x)
    error = np.abs(in_a_loop(normal_distribution_double, x) - expected)
    assert error.max() <= 3e-16
    assert np.max((error / expected)[expected > 1e-300]) <= 3e-13


@pytest.mark.parametrize(
    ("function", "at_minus_infinity", "at_infinity"),
    [
        (tanh_single, -1.0, 1.0),
        (erf_single, -1.0, 1.0),
        (logistic_single, 0.0, 1.0),
        (normal_distribution_single, 0.0, 1.0),
        (exp_single, 0.0, np.inf),
        (exp_double, 0.0, np.inf),
        (tanh_double, -1.0, 1.0),
        (erf_double, -1.0, 1.0),
        (normal_distribution_double, 0.0, 1.0),
    ],
)
def test_functions_at_infinity_and_of_what_is_not_a_number(
    function: Any, at_minus_infinity: float, at_infinity: float
) -> None:
    x = np.array([-np.inf, np.inf, np.nan], dtype=np.float64 if "double" in function.__name__ else np.float32)
    found = in_a_loop(function, x)
    np.testing.assert_allclose(found, [at_minus_infinity, at_infinity, np.nan], rtol=1e-6)


def test_what_is_not_a_number_stays_so() -> None:
    for spec in CODED:
        code = coded(get_activation(spec), np.float32)
        assert code is not None
        values = np.full((1, 3), np.nan, dtype=np.float32)
        activate(values, np.zeros_like(values), np.empty_like(values), *code)
        assert np.isnan(values).all()


@pytest.mark.parametrize("spec", ["softplus", "sine"])
def test_other_activations_have_no_code(spec: str) -> None:
    assert coded(get_activation(spec), np.float32) is None
