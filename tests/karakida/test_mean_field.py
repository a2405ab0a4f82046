"""Mean-field theory of the Fisher matrix: check values, printed special cases, bounds, and sampled networks."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.karakida.ensemble import Architecture
from fisher_spectra.karakida.mean_field import (
    MeanField,
    corollary_2_bound,
    critical_learning_rate,
    eigenvalue_maximum,
    eigenvalue_mean,
    eigenvalue_second_moment,
    many_outputs_bounds,
    mean_field,
)

# The settings of Figure 1: activation, sigma_w^2, sigma_b^2.
SETTINGS = (("tanh", 3.0, 0.64), ("relu", 2.0, 0.1), ("linear", 1.0, 0.1))


def theory(name: str, depth: int, **options: Any) -> MeanField:
    sigma_w2, sigma_b2 = {spec: variances for spec, *variances in SETTINGS}[name]
    return mean_field(get_activation(name), sigma_w2, sigma_b2, depth, **options)


def sampled_dual_fisher(
    rng: np.random.Generator,
    phi: Callable,
    dphi: Callable,
    sigma_w2: float,
    sigma_b2: float,
    widths: list[int],
    inputs: np.ndarray,
    outputs: int = 1,
) -> np.ndarray:
    """Dual Fisher matrix (C T, C T) of one random network, by the layer formula, biases included."""
    sizes = [*widths, outputs]
    weights = [
        rng.normal(0.0, math.sqrt(sigma_w2 / below), (above, below)) for below, above in itertools.pairwise(sizes)
    ]
    activities, slopes = [inputs], []
    for layer, w in enumerate(weights):
        u = activities[-1] @ w.T + rng.normal(0.0, math.sqrt(sigma_b2), w.shape[0])
        if layer < len(weights) - 1:
            activities.append(phi(u))
            slopes.append(dphi(u))
    samples = inputs.shape[0]
    delta = np.broadcast_to(np.eye(outputs)[:, None, :], (outputs, samples, outputs))
    dual = np.zeros((outputs, samples, outputs, samples))
    for layer in range(len(weights) - 1, -1, -1):
        below = activities[layer] @ activities[layer].T + 1.0
        dual += np.einsum("ksi,mti,st->ksmt", delta, delta, below, optimize=True)
        if layer > 0:
            delta = (delta @ weights[layer]) * slopes[layer - 1]
    return dual.reshape(outputs * samples, outputs * samples) / samples


@pytest.mark.parametrize(
    ("name", "depth", "kappa_1", "kappa_2"),
    [
        ("tanh", 3, "0.95552", "0.11862"),
        ("relu", 3, "1.57500", "0.40149"),
        ("linear", 3, "1.65", "0.15"),
        ("tanh", 4, "0.80828", "0.13675"),
        ("relu", 4, "1.43333", "0.42891"),
        ("linear", 4, "1.53333", "0.20"),
    ],
)
def test_kappa_1_and_kappa_2_have_all_digits_of_the_check_values(
    name: str, depth: int, kappa_1: str, kappa_2: str
) -> None:
    mf = theory(name, depth)
    for ours, expected in ((mf.kappa_1, kappa_1), (mf.kappa_2, kappa_2)):
        digits = len(expected.split(".")[1])
        assert f"{ours:.{digits}f}" == expected


def test_gauss_hermite_with_20_and_25_nodes_misses_kappa_1_of_tanh_by_5_to_9_percent() -> None:
    exact = theory("tanh", 3).kappa_1
    errors = []
    for count in (20, 25):
        nodes, weights = np.polynomial.hermite_e.hermegauss(count)
        weights = weights / math.sqrt(2.0 * math.pi)
        q_1 = 3.0 + 0.64
        hidden_1 = weights @ np.tanh(math.sqrt(q_1) * nodes) ** 2
        q_2 = 3.0 * hidden_1 + 0.64
        hidden_2 = weights @ np.tanh(math.sqrt(q_2) * nodes) ** 2
        back_2 = 3.0 * (weights @ (1.0 - np.tanh(math.sqrt(q_2) * nodes) ** 2) ** 2)
        back_1 = 3.0 * back_2 * (weights @ (1.0 - np.tanh(math.sqrt(q_1) * nodes) ** 2) ** 2)
        errors.append(abs((back_1 + back_2 * hidden_1 + hidden_2) / 2.0 / exact - 1.0))
    assert all(0.04 < error < 0.09 for error in errors)
    assert max(errors) > 0.08


def test_small_overlaps_of_small_inputs_are_no_rounding() -> None:
    """A ReLU network without biases is homogeneous: kappa_2 scales with the moments."""
    small, large = (
        mean_field(get_activation("relu"), 2.0, 0.0, 3, input_moment=scale, input_overlap=1e-6 * scale).kappa_2
        for scale in (1e-12, 1.0)
    )
    assert small == pytest.approx(1e-12 * large, rel=1e-6, abs=0)
    assert large > 0


def test_statements_are_of_one_output_unless_said_otherwise() -> None:
    mf = theory("tanh", 3)
    assert eigenvalue_mean(mf, 50) == eigenvalue_mean(mf, 50, outputs=1) == eigenvalue_mean(mf, 50, outputs=2) / 2
    assert corollary_2_bound(mf, 50, 0.5) == corollary_2_bound(mf, 50, 0.5, outputs=1)
    assert eigenvalue_second_moment(mf, 50) == eigenvalue_second_moment(mf, 50, outputs=1)


@pytest.mark.parametrize("depth", [2, 3, 7])
@pytest.mark.parametrize("alphas", [None, (3.0, 0.5, 1.0, 2.0, 1.5, 0.7, 1.1)])
def test_linear_network_has_the_recursions_of_appendix_B3(depth: int, alphas: tuple[float, ...] | None) -> None:
    sigma_w2, sigma_b2, moment, overlap = 0.9, 0.2, 1.3, -0.4
    widths = (1.0,) * depth if alphas is None else alphas[:depth]
    mf = mean_field(
        get_activation("linear"), sigma_w2, sigma_b2, depth, alphas and widths, moment, input_overlap=overlap
    )
    alpha = sum(widths[layer] * widths[layer - 1] for layer in range(1, depth))
    kappas = []
    for start in (moment, overlap):
        total, hidden = 0.0, start
        for layer in range(1, depth + 1):
            total += widths[layer - 1] * sigma_w2 ** (depth - layer) * hidden
            hidden = sigma_w2 * hidden + sigma_b2
        kappas.append(total / alpha)
    assert mf.alpha == pytest.approx(alpha, rel=1e-14)
    assert (mf.kappa_1, mf.kappa_2) == pytest.approx(tuple(kappas), rel=1e-13)


def test_relu_network_has_the_recursions_of_appendix_B2_with_q_tilde_L_equal_to_1() -> None:
    sigma_w2, sigma_b2, depth = 2.0, 0.1, 5
    mf = mean_field(get_activation("relu"), sigma_w2, sigma_b2, depth)
    for layer in range(depth - 1):
        assert mf.q_hat[layer + 1] == pytest.approx(mf.q_hat[layer] * sigma_w2 / 2 + sigma_b2 / 2, rel=1e-14)
    for layer in range(1, depth):
        assert mf.q_tilde[layer] == pytest.approx(mf.q_tilde[layer + 1] * sigma_w2 / 2, rel=1e-14)
        c = mf.q_st[layer] / mf.q[layer]
        # (B.12) without its factor a.
        gain = (math.pi / 2 + math.asin(c)) / (2 * math.pi)
        assert mf.q_tilde_st[layer] == pytest.approx(mf.q_tilde_st[layer + 1] * sigma_w2 * gain, rel=1e-13)
    assert mf.q_tilde[depth] == mf.q_tilde_st[depth] == 1.0


def test_erf_network_has_the_recursions_of_appendix_B1() -> None:
    sigma_w2, sigma_b2, depth = 1.5, 0.3, 4
    mf = mean_field(get_activation("erf"), sigma_w2, sigma_b2, depth)
    for layer in range(1, depth):
        q, b = mf.q[layer], mf.q_st[layer]
        assert mf.q_hat[layer] == pytest.approx(2 / math.pi * math.atan(q / math.sqrt(q + 0.25)), rel=1e-13)
        back = 2 * mf.q_tilde[layer + 1] * sigma_w2 / (math.pi * math.sqrt(q + 0.25))
        assert mf.q_tilde[layer] == pytest.approx(back, rel=1e-13)
        root = math.sqrt((1 + 2 * q) ** 2 - (2 * b) ** 2)
        assert mf.q_hat_st[layer] == pytest.approx(2 / math.pi * math.atan(2 * b / root), rel=1e-13)


def test_identical_samples_have_equal_variables_and_equal_kappas() -> None:
    for name, _, _ in SETTINGS:
        mf = theory(name, 4, input_moment=0.8, input_overlap=0.8)
        assert mf.kappa_2 == pytest.approx(mf.kappa_1, rel=1e-13)
        assert mf.q_hat_st == pytest.approx(mf.q_hat, rel=1e-13)


def test_an_odd_network_without_biases_on_uncorrelated_inputs_has_kappa_2_zero() -> None:
    for name in ("tanh", "erf", "hard_tanh", "linear"):
        mf = mean_field(get_activation(name), 2.0, 0.0, 4)
        assert mf.kappa_2 == 0.0
        assert mf.kappa_1 > 0.1


def test_kappa_2_is_not_lost_where_kappa_1_grows_much_faster_with_depth() -> None:
    """Slopes at two samples shrink beside those at one; in (15) with (B.7) and (B.8) nothing cancels."""
    w, b, depth = 4.0, 0.05, 100
    q_hat, q_hat_st, slopes, activities = 1.0, 0.0, [], [0.0]
    for _ in range(1, depth):
        q, q_st = w * q_hat + b, w * q_hat_st + b
        slopes.append(w * 4 / math.pi / math.sqrt((1 + 2 * q) ** 2 - 4 * q_st**2))
        q_hat, q_hat_st = (2 / math.pi * math.asin(2 * x / (1 + 2 * q)) for x in (q, q_st))
        activities.append(q_hat_st)
    expected = math.fsum(math.prod(slopes[layer:]) * activities[layer] for layer in range(depth)) / (depth - 1)
    mf = mean_field(get_activation("erf"), 4.0, 0.05, depth)
    assert 0.0 < mf.kappa_2 < 1e-16 * mf.kappa_1
    assert mf.kappa_2 == pytest.approx(float(expected), rel=1e-12)
    assert math.isfinite(critical_learning_rate(mf, 100, math.inf))


def test_the_smallest_overlap_of_an_odd_network_is_seen() -> None:
    for name in ("tanh", "erf", "hard_tanh", "linear"):
        for overlap in (1e-20, -1e-20):
            exact = mean_field(get_activation(name), 1.0, 0.0, 3, input_overlap=overlap)
            larger = mean_field(get_activation(name), 1.0, 0.0, 3, input_overlap=1e8 * overlap)
            assert exact.kappa_2 == pytest.approx(1e-8 * larger.kappa_2, rel=1e-12)
            assert exact.kappa_2 * overlap > 0.0


def test_what_is_rounding_in_kappa_2_of_an_even_or_mixed_function_is_zero() -> None:
    assert mean_field(get_activation("optimal_quadratic"), 1.0, 0.0, 4).kappa_2 == 0.0


@pytest.mark.parametrize("excess", [4e-16, 1e-7])
def test_a_sample_and_its_duplicate_may_have_an_overlap_above_their_moment_by_rounding(excess: float) -> None:
    for sign in (1.0, -1.0):
        rounded = theory("tanh", 4, input_moment=0.8, input_overlap=sign * 0.8 * (1.0 + excess))
        assert rounded == theory("tanh", 4, input_moment=0.8, input_overlap=sign * 0.8)
    with pytest.raises(ValueError, match=r"input_overlap = 0\.80001: must be between -0\.8 and 0\.8"):
        theory("tanh", 4, input_moment=0.8, input_overlap=0.80001)


@pytest.mark.parametrize("name", ["silu", "softplus"])
def test_fifty_growing_layers_of_a_smooth_activation_cost_little_and_equal_the_slow_rules(name: str) -> None:
    """Each layer at which the plane rule was needed evaluated the function a million times."""
    activation = get_activation(name)
    evaluated = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def count(ops: Any, x: Any) -> Any:
            nonlocal evaluated
            evaluated += np.size(x)
            return function(ops, x)

        return count

    definition = activation._definition
    watched = dataclasses.replace(
        definition, value=counted(definition.value), derivative=counted(definition.derivative)
    )
    deep = mean_field(dataclasses.replace(activation, _definition=watched), 4.0, 0.1, 50)
    assert evaluated < 1e6
    assert 0.98 < deep.q_st[50] / deep.q[50] < 0.99
    slow = dataclasses.replace(definition, tails=None, derivative_tails=None)
    expected = mean_field(dataclasses.replace(activation, _definition=slow), 4.0, 0.1, 12)
    found = mean_field(activation, 4.0, 0.1, 12)
    for variable in ("q", "q_st", "q_hat", "q_hat_st", "q_tilde", "q_tilde_st", "kappa_1", "kappa_2"):
        np.testing.assert_allclose(getattr(found, variable), getattr(expected, variable), rtol=1e-10)


@pytest.mark.parametrize("name", ["tanh", "erf"])
def test_a_critical_learning_rate_that_footnote_4_leaves_out_is_refused(name: str) -> None:
    mf = mean_field(get_activation(name), 2.0, 0.0, 4)
    with pytest.raises(ValueError, match=r"footnote 4 of Karakida et al\. 2019") as caught:
        critical_learning_rate(mf, 100, math.inf)
    assert "\n" not in str(caught.value)
    assert critical_learning_rate(mf, 100, 50) == pytest.approx(2 * 50 / (mf.alpha * mf.kappa_1 * 100), rel=1e-14)


@pytest.mark.filterwarnings("error")
def test_growing_moments_are_right_until_they_overflow_at_a_layer_that_is_named() -> None:
    gelu = get_activation("gelu")
    deep = mean_field(gelu, 16.0, 0.0, 300)
    # At large variance GELU is ReLU: from layer to layer a factor sigma_w^2 / 2, and the correlation tends to 1.
    assert deep.q[300] / deep.q[299] == pytest.approx(8.0, rel=1e-13)
    assert deep.q[200] > 1e160
    assert 0.99 < deep.q_st[300] / deep.q[300] <= 1.0
    with pytest.raises(ValueError, match=r"layer 342 of 400: the second moment of the pre-activations overflows; with"):
        mean_field(gelu, 16.0, 0.0, 400)
    with pytest.raises(ValueError, match="kappa_1 of depth 4 overflows; with linear and sigma_w2 = 1e\\+70"):
        mean_field(get_activation("linear"), 1e70, 0.0, 4, (1e100, 1.0, 1.0, 1.0))


def test_statistics_are_the_formulas_of_theorems_1_3_4_and_7() -> None:
    mf = theory("tanh", 3, alphas=(2.0, 0.5, 1.5))
    width, samples, outputs = 400, 50, 3
    alpha = 0.5 * 2.0 + 1.5 * 0.5
    assert mf.alpha == alpha
    assert eigenvalue_mean(mf, width, outputs) == pytest.approx(outputs * mf.kappa_1 / width, rel=1e-14)
    second = outputs * alpha * (49 / 50 * mf.kappa_2**2 + mf.kappa_1**2 / 50)
    assert eigenvalue_second_moment(mf, samples, outputs) == pytest.approx(second, rel=1e-14)
    maximum = alpha * (49 / 50 * mf.kappa_2 + mf.kappa_1 / 50) * width
    assert eigenvalue_maximum(mf, width, samples) == pytest.approx(maximum, rel=1e-14)
    assert critical_learning_rate(mf, width, samples, 0.9) == pytest.approx(2 * 1.9 / maximum, rel=1e-14)
    assert corollary_2_bound(mf, width, 0.01, outputs) == pytest.approx(
        alpha * mf.kappa_1 * outputs * width / 0.01, rel=1e-14
    )
    bounds = many_outputs_bounds(mf, width, samples, outputs, printed=True)
    assert bounds.mean == eigenvalue_mean(mf, width, outputs)
    assert bounds.second_moment_lower == pytest.approx(second, rel=1e-14)
    assert bounds.second_moment_upper == pytest.approx(outputs * second, rel=1e-14)
    assert bounds.maximum_lower == pytest.approx(maximum, rel=1e-14)
    assert bounds.maximum_upper == pytest.approx(math.sqrt(alpha * outputs * second) * width, rel=1e-14)
    one = many_outputs_bounds(mf, width, samples, 1, printed=True)
    assert one.mean == pytest.approx(eigenvalue_mean(mf, width), rel=1e-14)
    assert one.second_moment_lower == pytest.approx(eigenvalue_second_moment(mf, samples), rel=1e-14)
    assert one.second_moment_upper == pytest.approx(one.second_moment_lower, rel=1e-14)


@pytest.mark.parametrize("per_width", [0.25, 1.0])
def test_mean_of_many_outputs_is_that_of_sampled_networks_only_if_output_weights_are_counted(per_width: float) -> None:
    width, samples, alphas = 120, 8, (1.0, 1.5, 0.5)
    outputs = round(per_width * width)
    rng = np.random.default_rng(5)
    mf = theory("tanh", 3, alphas=alphas)
    widths = [round(alpha * width) for alpha in alphas]
    inputs = rng.standard_normal((samples, widths[0]))
    sizes = [*widths, outputs]
    parameters = sum(a * b for a, b in itertools.pairwise(sizes)) + sum(sizes[1:])
    tanh = get_activation("tanh")
    traces = [
        np.trace(sampled_dual_fisher(rng, tanh, tanh.derivative, 3.0, 0.64, widths, inputs, outputs)) for _ in range(6)
    ]
    sampled = np.mean(traces) / parameters
    # six networks of width 120: 3 % scatter and biases, measured; the printed mean is 14 % and 50 % too high
    assert sampled == pytest.approx(many_outputs_bounds(mf, width, samples, outputs).mean, rel=0.06)
    printed = many_outputs_bounds(mf, width, samples, outputs, printed=True).mean
    assert printed / many_outputs_bounds(mf, width, samples, outputs).mean == pytest.approx(
        1 + 0.5 * per_width / mf.alpha, rel=1e-12
    )


def test_one_sample_and_infinitely_many_are_the_limits_of_the_statistics() -> None:
    mf = theory("relu", 3)
    assert eigenvalue_maximum(mf, 100, 1) == pytest.approx(mf.alpha * mf.kappa_1 * 100, rel=1e-14)
    assert eigenvalue_maximum(mf, 100, math.inf) == pytest.approx(mf.alpha * mf.kappa_2 * 100, rel=1e-14)
    assert eigenvalue_second_moment(mf, math.inf) == pytest.approx(mf.alpha * mf.kappa_2**2, rel=1e-14)


@pytest.mark.parametrize("overlap", [0.5, -0.15])
def test_maximum_and_second_moment_are_those_of_the_limiting_dual_matrix(overlap: float) -> None:
    mf = mean_field(get_activation("linear"), 1.0, 0.0, 3, input_overlap=overlap)
    samples, width = 6, 50
    dual = np.full((samples, samples), mf.kappa_2) + (mf.kappa_1 - mf.kappa_2) * np.eye(samples)
    eigenvalues = np.linalg.eigvalsh(dual * mf.alpha * width / samples)
    assert eigenvalue_maximum(mf, width, samples) == pytest.approx(eigenvalues[-1], rel=1e-12)
    parameters = mf.alpha * width**2
    assert eigenvalue_second_moment(mf, samples) == pytest.approx(np.sum(eigenvalues**2) / parameters, rel=1e-12)
    assert eigenvalue_mean(mf, width) == pytest.approx(np.sum(eigenvalues) / parameters, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: mean_field(a, 0.0, 0.1, 3), "sigma_w2 = 0.0: must be a finite number > 0"),
        (lambda a: mean_field(a, math.nan, 0.1, 3), "sigma_w2 = nan: must be a finite number > 0"),
        (lambda a: mean_field(a, 1.0, -0.1, 3), "sigma_b2 = -0.1: must be a finite number >= 0"),
        (lambda a: mean_field(a, 1.0, 0.1, 1), "depth = 1: must be a whole number >= 2"),
        (lambda a: mean_field(a, 1.0, 0.1, 3.0), "depth = 3.0: must be a whole number >= 2"),
        (lambda a: mean_field(a, 1.0, 0.1, 3, (1.0, 1.0)), "alphas = .*must be depth = 3 numbers"),
        (lambda a: mean_field(a, 1.0, 0.1, 2, (1.0, 0.0)), "alphas = 0.0: must be a finite number > 0"),
        (lambda a: mean_field(a, 1.0, 0.1, 3, None, 0.0), "input_moment = 0.0: must be a finite number > 0"),
        (lambda a: mean_field(a, 1.0, 0.1, 3, None, 1.0, -1.1), "input_overlap = -1.1: must be between -1 and 1"),
        (lambda a: eigenvalue_mean(mean_field(a, 1.0, 0.1, 3), 0), "width = 0: must be a finite number > 0"),
        (lambda a: eigenvalue_mean(mean_field(a, 1.0, 0.1, 3), 9, 0), "outputs = 0: must be a whole number >= 1"),
        (lambda a: eigenvalue_maximum(mean_field(a, 1.0, 0.1, 3), 9, 0), "samples = 0: must be a number >= 1"),
        (lambda a: critical_learning_rate(mean_field(a, 1.0, 0.1, 3), 9, 9, 1.0), "momentum = 1.0: must be"),
        (lambda a: corollary_2_bound(mean_field(a, 1.0, 0.1, 3), 9, 0.0), "threshold = 0.0: must be"),
        (lambda a: many_outputs_bounds(mean_field(a, 1.0, 0.1, 3), 0, 9, 2), "width = 0: must be a finite number > 0"),
        (lambda a: many_outputs_bounds(mean_field(a, 1.0, 0.1, 3), 9, 9, 0), "outputs = 0: must be a whole number"),
        (lambda a: Architecture(2, (1.0, 1.0), 0), "outputs = 0: must be a whole number >= 1"),
        (lambda a: Architecture(2, (1.0, 1.0), True), "outputs = True: must be a whole number >= 1"),
    ],
)
def test_values_out_of_range_are_refused_in_one_line(call: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        call(get_activation("linear"))
    assert "\n" not in str(caught.value)


NUMPY_FUNCTIONS = {
    "tanh": (np.tanh, lambda u: 1.0 - np.tanh(u) ** 2),
    "relu": (lambda u: np.maximum(u, 0.0), lambda u: (u > 0).astype(float)),
    "linear": (lambda u: u, np.ones_like),
    "erf": (erf, lambda u: 2.0 / math.sqrt(math.pi) * np.exp(-(u**2))),
}


@pytest.mark.parametrize("name", ["tanh", "relu", "linear"])
@pytest.mark.parametrize("alphas", [(1.0, 1.0, 1.0), (2.0, 0.5, 1.5)])
def test_sampled_networks_have_the_predicted_mean_second_moment_and_maximum(
    name: str, alphas: tuple[float, ...]
) -> None:
    """12 networks at M = 500, T = 30. Standard errors are 1.6 %, 3.7 % and 2 %, and the finite-width excess, of order
    1/M, is largest in the linear network: about 8 % in the second moment and 5 % in the maximum."""
    width, samples = 500, 30
    sigma_w2, sigma_b2 = {spec: variances for spec, *variances in SETTINGS}[name]
    widths = [round(alpha * width) for alpha in alphas]
    mf = theory(name, 3, alphas=alphas)
    rng = np.random.default_rng(11)
    statistics = []
    for _ in range(12):
        inputs = rng.standard_normal((samples, widths[0]))
        dual = sampled_dual_fisher(rng, *NUMPY_FUNCTIONS[name], sigma_w2, sigma_b2, widths, inputs)
        statistics.append((np.trace(dual), np.sum(dual**2), np.linalg.eigvalsh(dual)[-1]))
    trace, squares, maximum = np.mean(statistics, axis=0)
    parameters = mf.alpha * width**2
    assert trace / parameters == pytest.approx(eigenvalue_mean(mf, width), rel=0.06)
    assert squares / parameters == pytest.approx(eigenvalue_second_moment(mf, samples), rel=0.18)
    assert maximum == pytest.approx(eigenvalue_maximum(mf, width, samples), rel=0.10)
    # (A.37) and the line below it lack the factor alpha (2 and 1.75 here).
    assert maximum > 1.5 * eigenvalue_maximum(mf, width, samples) / mf.alpha


def test_backpropagated_norms_start_at_1_at_a_linear_output_and_not_at_one_half() -> None:
    """(B.10) prints q_tilde^L = 1/2 for ReLU. The trace of F would then be half as large; 6 networks at M = 600."""
    width, samples = 600, 20
    mf = theory("relu", 3)
    rng = np.random.default_rng(3)
    traces = []
    for _ in range(6):
        inputs = rng.standard_normal((samples, width))
        traces.append(np.trace(sampled_dual_fisher(rng, *NUMPY_FUNCTIONS["relu"], 2.0, 0.1, [width] * 3, inputs)))
    ratio = np.mean(traces) / (mf.alpha * width**2) / eigenvalue_mean(mf, width)
    assert ratio == pytest.approx(1.0, abs=0.1)


def test_several_outputs_give_as_many_eigenvalues_of_the_order_of_the_maximum() -> None:
    """Theorem 4 speaks of one. C = 4, M = 600: four outliers within 25 % of (16), the next below a tenth of it."""
    width, samples, outputs = 600, 20, 4
    mf = theory("tanh", 3)
    rng = np.random.default_rng(8)
    inputs = rng.standard_normal((samples, width))
    dual = sampled_dual_fisher(rng, *NUMPY_FUNCTIONS["tanh"], 3.0, 0.64, [width] * 3, inputs, outputs)
    eigenvalues = np.linalg.eigvalsh(dual)[::-1]
    predicted = eigenvalue_maximum(mf, width, samples)
    np.testing.assert_allclose(eigenvalues[:outputs], predicted, rtol=0.25)
    others = mf.alpha * (mf.kappa_1 - mf.kappa_2) * width / samples
    assert eigenvalues[outputs] < 2.0 * others < 0.6 * predicted
