"""Activations: values, derivatives, kinks, conventions, texts; numpy and torch agree."""

from __future__ import annotations

import itertools
import math
import pickle
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.special import erf

from fisher_spectra.activations.catalogue import Activation, activation_specs, get_activation
from fisher_spectra.activations.operations import operations_for
from fisher_spectra.common.errors import UserError

SPECS = (
    *activation_specs(),
    "leaky_relu(slope=0.3)",
    "hard_tanh(s=0.3535533905932738,g=1.0013)",
    "shifted_relu(a=1.5,b=0.4)",
    "shifted_relu(a=0.7,b=-0.6)",
    "shifted_leaky_relu(alpha=-0.5)",
    "shifted_leaky_relu(alpha=-1)",
    "normalised_erf(alpha=0.3)",
)

every_activation = pytest.mark.parametrize("activation", [get_activation(spec) for spec in SPECS], ids=SPECS)


def _grid_without_kinks(activation: Activation) -> np.ndarray:
    x = np.linspace(-4.0, 4.0, 401) + 0.00314
    return x[[all(abs(point - kink) > 1e-3 for kink in activation.kinks) for point in x]]


@every_activation
def test_derivative_is_the_central_difference_away_from_kinks(activation: Activation) -> None:
    x, step = _grid_without_kinks(activation), 1e-5
    difference = (activation(x + step) - activation(x - step)) / (2.0 * step)
    np.testing.assert_allclose(activation.derivative(x), difference, rtol=1e-8, atol=1e-9)


@every_activation
def test_value_and_derivative_equals_the_two_calls(activation: Activation) -> None:
    x = np.linspace(-3.0, 3.0, 61)
    value, derivative = activation.value_and_derivative(x)
    np.testing.assert_allclose(value, activation(x), rtol=1e-15, atol=0)
    np.testing.assert_allclose(derivative, activation.derivative(x), rtol=1e-15, atol=0)


@every_activation
def test_is_odd_states_whether_the_function_is_odd(activation: Activation) -> None:
    x = np.linspace(0.0, 5.0, 101)
    assert activation.is_odd == bool(np.allclose(activation(-x), -activation(x), rtol=0, atol=1e-12))


@every_activation
def test_the_function_is_continuous_and_the_derivative_jumps_exactly_at_the_kinks(activation: Activation) -> None:
    for kink in activation.kinks:
        below, above = np.array([kink - 1e-9]), np.array([kink + 1e-9])
        assert abs(activation(above) - activation(below))[0] < 1e-8
        assert abs(activation.derivative(above) - activation.derivative(below))[0] > 1e-2
    x = _grid_without_kinks(activation)
    changes = np.abs(np.diff(activation.derivative(x)))
    has_kink = np.array(
        [any(left < kink < right for kink in activation.kinks) for left, right in itertools.pairwise(x)]
    )
    # No second derivative here exceeds 3, and the grid is finer than 0.03.
    assert np.all(changes[~has_kink] < 0.1)


@every_activation
def test_slopes_are_the_derivatives_between_the_kinks(activation: Activation) -> None:
    if activation.slopes is None:
        assert np.ptp(activation.derivative(np.linspace(-2.0, 2.0, 9))) > 0.01
        return
    ends = [-50.0, *activation.kinks, 50.0]
    middles = np.array([0.5 * (left + right) for left, right in itertools.pairwise(ends)])
    np.testing.assert_allclose(activation.derivative(middles), activation.slopes, rtol=1e-14)


@every_activation
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_and_torch_agree_and_keep_shape_and_dtype(activation: Activation, dtype: str) -> None:
    x = np.linspace(-6.0, 6.0, 60, dtype=dtype).reshape(4, 15)
    tensor = torch.from_numpy(x)
    tolerance = 2e-6 if dtype == "float32" else 1e-14
    for function in (activation, activation.derivative):
        ours, theirs = function(x), function(tensor)
        assert ours.dtype == x.dtype
        assert theirs.dtype == tensor.dtype
        assert ours.shape == x.shape
        assert tuple(theirs.shape) == x.shape
        np.testing.assert_allclose(theirs.numpy(), ours, rtol=tolerance, atol=tolerance)


@every_activation
def test_derivative_is_torchs_autograd_of_the_value_also_at_kinks(activation: Activation) -> None:
    x = torch.tensor([-2.5, -0.7, 0.0, 0.3, 2.2, *activation.kinks], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(activation(x).sum(), x)
    derivative = activation.derivative(x.detach())
    torch.testing.assert_close(derivative, gradient, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(activation.derivative(x.detach().numpy()), derivative.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("spec", "reference"),
    [
        ("relu", torch.nn.functional.relu),
        ("leaky_relu(slope=0.3)", lambda x: torch.nn.functional.leaky_relu(x, 0.3)),
        ("hard_tanh", torch.nn.functional.hardtanh),
        ("gelu", torch.nn.functional.gelu),
        ("silu", torch.nn.functional.silu),
        ("softplus", lambda x: torch.nn.functional.softplus(x, threshold=100.0)),
        ("tanh", torch.tanh),
        ("erf", torch.erf),
        ("sine", torch.sin),
    ],
)
def test_values_and_derivatives_are_those_of_torchs_own_function(
    spec: str, reference: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    x = torch.tensor([-30.0, -1.0, -0.2, 0.0, 0.5, 1.0, 30.0], dtype=torch.float64, requires_grad=True)
    expected = reference(x)
    (gradient,) = torch.autograd.grad(expected.sum(), x)
    activation = get_activation(spec)
    torch.testing.assert_close(activation(x.detach()), expected.detach(), rtol=1e-13, atol=1e-15)
    torch.testing.assert_close(activation.derivative(x.detach()), gradient, rtol=1e-12, atol=1e-15)


@every_activation
def test_not_a_number_stays_not_a_number(activation: Activation) -> None:
    assert np.isnan(activation(np.array([np.nan])))[0]
    assert torch.isnan(activation(torch.tensor([torch.nan])))[0]


@pytest.mark.parametrize(("left", "right"), [(0.0, 1.0), (-0.3, 1.7), (2.0, 0.5), (0.7, 0.7)])
def test_a_function_bent_at_the_origin_is_one_of_two_products_by_the_sign_of_its_argument(left, right) -> None:
    x = np.array([-np.inf, -3.0, -1e-320, -0.0, 0.0, 1e-320, 2.5, np.inf, np.nan])
    ops, _ = operations_for(x)
    with np.errstate(invalid="ignore"):  # of an infinite x and a slope 0 the other product would be none
        expected = np.where(x > 0, right * x, left * x)
        bent = ops.bent_at_origin(x, left, right)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(bent[known], expected[known])
    assert np.isnan(bent[-1])
    assert (known.sum(), np.isfinite(bent[1:-2]).all()) == (7 if left == 0.0 else 8, True)


@pytest.mark.parametrize("spec", ["tanh", "erf", "gelu", "silu", "softplus", "hard_tanh", "relu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_arguments_neither_overflow_nor_warn(spec: str, dtype: str) -> None:
    activation = get_activation(spec)
    x = np.array([-1e4, -800.0, 800.0, 1e4], dtype=dtype)
    saturates = spec in ("tanh", "erf", "hard_tanh")
    expected = np.sign(x) if saturates else np.maximum(x, 0.0)
    slope = np.zeros_like(x) if saturates else (x > 0).astype(dtype)
    for argument, convert in ((x, np.asarray), (torch.from_numpy(x), lambda tensor: tensor.numpy())):
        np.testing.assert_allclose(convert(activation(argument)), expected, rtol=1e-6, atol=1e-30)
        np.testing.assert_allclose(convert(activation.derivative(argument)), slope, rtol=1e-6, atol=1e-30)


def test_softplus_and_silu_keep_double_precision_in_the_tails() -> None:
    x = 25.0
    softplus, silu = get_activation("softplus"), get_activation("silu")
    for argument in (x, torch.tensor(x, dtype=torch.float64)):
        assert float(softplus(argument)) - x == pytest.approx(math.exp(-x), rel=1e-3)
    assert float(softplus(-x)) == pytest.approx(math.log1p(math.exp(-x)), rel=1e-14)
    assert float(silu(-x)) == pytest.approx(-x * math.exp(-x) / (1.0 + math.exp(-x)), rel=1e-14)


def test_numbers_and_integer_arrays_are_evaluated_in_double_precision() -> None:
    tanh = get_activation("tanh")
    assert tanh(0.5) == math.tanh(0.5)
    np.testing.assert_array_equal(tanh(np.array([0, 1])), np.tanh([0.0, 1.0]))


def test_hard_tanh_is_continuous_with_limits_one_over_s() -> None:
    s, g = 0.35, 1.2
    activation = get_activation(f"hard_tanh(s={s},g={g})")
    x = np.linspace(-5.0, 5.0, 101)
    np.testing.assert_allclose(activation(x), np.clip(s * g * x, -1.0, 1.0) / s, rtol=1e-14)
    assert activation.kinks == pytest.approx((-1.0 / (s * g), 1.0 / (s * g)))


def test_shifted_relu_is_a_x_above_b_and_a_b_below() -> None:
    x = np.linspace(-3.0, 3.0, 61)
    expected = np.where(x > 0.4, 1.5 * x, 1.5 * 0.4)
    np.testing.assert_allclose(get_activation("shifted_relu(a=1.5,b=0.4)")(x), expected, rtol=1e-14)


@pytest.mark.parametrize("alpha", [-1.0, -0.3, 0.0, 0.5, 1.0])
def test_shifted_leaky_relu_is_pennington_worah_30(alpha: float) -> None:
    x = np.linspace(-3.0, 3.0, 61)
    numerator = np.maximum(x, 0) + alpha * np.maximum(-x, 0) - (1 + alpha) / math.sqrt(2 * math.pi)
    denominator = math.sqrt((1 + alpha**2) / 2 - (1 + alpha) ** 2 / (2 * math.pi))
    activation = get_activation(f"shifted_leaky_relu(alpha={alpha})")
    np.testing.assert_allclose(activation(x), numerator / denominator, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("alpha", [0.2, 1.0, -1.0, 3.0])
def test_normalised_erf_is_pennington_worah_30(alpha: float) -> None:
    x = np.linspace(-3.0, 3.0, 61)
    printed = erf(alpha**2 * x) / math.sqrt(4 / math.pi * math.atan(math.sqrt(1 + 4 * alpha**4)) - 1)
    np.testing.assert_allclose(get_activation(f"normalised_erf(alpha={alpha})")(x), printed, rtol=1e-12)


def test_optimal_quadratic_is_pennington_worah_28() -> None:
    x = np.linspace(-3.0, 3.0, 61)
    printed = (x + math.sqrt(6) * (x**2 - 1)) / math.sqrt(13)
    np.testing.assert_allclose(get_activation("optimal_quadratic")(x), printed, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("spec", SPECS)
def test_the_canonical_text_gives_the_same_activation_back(spec: str) -> None:
    activation = get_activation(spec)
    assert activation.spec == spec
    assert get_activation(activation.spec) == activation
    assert pickle.loads(pickle.dumps(activation)) == activation
    assert len({activation, get_activation(f"  {spec} ")}) == 1


def test_defaults_and_spelling_of_numbers_do_not_matter() -> None:
    assert get_activation("hard_tanh( g = 1.0 )") == get_activation("hard_tanh")
    assert get_activation("leaky_relu(slope=1e-1)").spec == "leaky_relu(slope=0.1)"
    assert get_activation("leaky_relu(slope=-0)").spec == "leaky_relu(slope=0)"
    assert get_activation("leaky_relu(slope=0.1)").parameters == {"slope": 0.1}
    assert get_activation("leaky_relu(slope=0.1)") != get_activation("leaky_relu(slope=0.2)")


@pytest.mark.parametrize(
    ("spec", "fragments"),
    [
        ("rleu", ("'rleu'", "known are tanh, erf, relu")),
        ("", ("''", "name(key=value, ...)")),
        ("leaky_relu(0.1)", ("leaky_relu(0.1)", "slope=...")),
        ("leaky_relu(slope)", ("leaky_relu(slope)", "slope=...")),
        ("leaky_relu(slop=0.1)", ("slop=0.1", "slope=...")),
        ("leaky_relu(slope=steep)", ("slope=steep", "must be a number between -1e6 and 1e6")),
        ("leaky_relu(slope=nan)", ("slope=nan", "must be a number between -1e6 and 1e6")),
        ("leaky_relu(slope=inf)", ("slope=inf", "must be a number between -1e6 and 1e6")),
        ("leaky_relu(slope=1,slope=2)", ("slope=2", "given twice")),
        ("leaky_relu(slope=0.1", ("'leaky_relu(slope=0.1'", "cannot be read")),
        ("hard_tanh(s=0)", ("hard_tanh(s=0)", "must be a number between 1e-6 and 1e6")),
        ("hard_tanh(g=-1)", ("hard_tanh(g=-1)", "must be a number between 1e-6 and 1e6")),
        ("shifted_relu(a=0)", ("a=0", "must be a number between 1e-6 and 1e6")),
        ("normalised_erf(alpha=0)", ("alpha=0", "must be between 0.001 and 1000 in absolute value")),
        ("tanh(slope=1)", ("tanh(slope=1)", "takes no parameter")),
        (3, ("3", "must be a text")),
    ],
)
def test_a_wrong_text_is_refused_in_one_line_that_says_what_is_allowed(spec: str, fragments: tuple[str, ...]) -> None:
    with pytest.raises(UserError) as caught:
        get_activation(spec)
    message = str(caught.value)
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


def test_theory_modules_do_not_import_torch() -> None:
    code = (
        "import sys, fisher_spectra.activations.catalogue as a, fisher_spectra.karakida.mean_field, "
        "fisher_spectra.karakida.fisher_rao_norm, "
        "fisher_spectra.karakida.mean_field_of_data; a.get_activation('tanh')(0.3); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
